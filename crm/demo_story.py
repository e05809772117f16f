"""The CRM's part of the demo story, as data: who buys what from a small garden company.

Companies, people and products carry the names that QuickBooks' sample company gives them, so that the sync finds
them again.
"""

from dataclasses import dataclass
from decimal import Decimal

# Why deals of the story may be lost, and after how many days in a stage they are marked.
LOST_REASONS = ("Price", "Timing", "Went to somebody else", "No budget")
ROTTING_DAYS = {"New": 14, "Qualified": 21, "Proposal": 30, "Negotiation": 30}


@dataclass(frozen=True)
class Person:
    """A contact and the company that they belong to (empty for private people)."""

    first_name: str
    last_name: str
    email: str
    company: str = ""
    phone: str = ""
    job_title: str = ""


@dataclass(frozen=True)
class Sale:
    """A deal: how many days ago it began, in how many days it should close, and what is on it."""

    key: str
    name: str
    person: str
    stage: str
    age: int
    closes_in: int
    lines: str = ""  # such as "2 Design, 4 Soil"
    amount: str = ""
    quote: str = ""  # draft or published
    note: str = ""


PEOPLE = {
    "amy": Person("Amy", "Lauterbach", "Birds@Intuit.com", "Amy's Bird Sanctuary", "(650) 555-3311", "Founder"),
    "bill": Person("Bill", "Lucchini", "Surf@Intuit.com", "Bill's Windsurf Shop", "(415) 444-6538", "Owner"),
    "grace": Person("Grace", "Pariente", "Cool_Cars@intuit.com", "Cool Cars", "(415) 555-9933", "General manager"),
    "diego": Person("Diego", "Rodriguez", "Diego@Rodriguez.com", "", "(650) 555-4477"),
    "peter": Person("Peter", "Dukes", "Dukes_bball@intuit.com", "Dukes Basketball Camp", "(520) 420-5638", "Director"),
    "kirby": Person(
        "Kirby", "Freeman", "Sporting_goods@intuit.com", "Freeman Sporting Goods", "(650) 555-0987", "Owner"
    ),
    "geeta": Person("Geeta", "Kalapatapu", "Geeta@Kalapatapu.com", "", "(650) 555-0022"),
    "lisa": Person(
        "Lisa", "Gevelber", "Photography@intuit.com", "Gevelber Photography", "(415) 222-4345", "Photographer"
    ),
    "jeffc": Person("Jeff", "Chin", "Jalopies@intuit.com", "Jeff's Jalopies", "(650) 555-8989", "Owner"),
    "john": Person("John", "Melton", "John@Melton.com", "", "(650) 555-5879"),
    "karen": Person("Karen", "Pye", "pyescakes@intuit.com", "Pye's Cakes", "(973) 555-2652", "Baker"),
    "mark": Person("Mark", "Cho", "Mark@Cho.com", "", "(650) 554-1479"),
    "kathy": Person(
        "Kathy", "Paulsen", "Medical@intuit.com", "Paulsen Medical Supplies", "(650) 557-8569", "Facilities"
    ),
    "rago": Person("Jeff", "Rago", "Rago_Travel@intuit.com", "Rago Travel Agency", "(520) 454-6321", "Owner"),
    "stephanie": Person(
        "Stephanie", "Martini", "qbwebsamplecompany@yahoo.com", "Red Rock Diner", "(973) 555-2652", "Manager"
    ),
    "russ": Person(
        "Russ", "Sonnenschein", "Familiystore@intuit.com", "Sonnenschein Family Store", "(650) 557-8463", "Owner"
    ),
    "katsuyuki": Person("Katsuyuki", "Yanagawa", "Sushi@intuit.com", "Sushi by Katsuyuki", "(505) 570-0147", "Chef"),
    "travis": Person("Travis", "Waldron", "Travis@Waldron.com", "", "(650) 557-9977"),
    "dan": Person("Dan", "Wilks", "Videogames@intuit.com", "Video Games by Dan", "(650) 555-3456", "Owner"),
    "whitney": Person(
        "Whitney", "Brewer", "Dream_Wedding@intuit.com", "Wedding Planning by Whitney", "(650) 557-2473", "Planner"
    ),
    "nicola": Person("Nicola", "Weiskopf", "Consulting@intuit.com", "Weiskopf Consulting", "(650) 555-1423", "Partner"),
}

# Name -> (price, description). The names are those of QuickBooks' sample items.
PRODUCTS: dict[str, tuple[Decimal, str]] = {
    "Design": (Decimal(75), "Custom design, per hour"),
    "Hours": (Decimal(60), "Work on site, per hour"),
    "Rock Fountain": (Decimal(275), "Rock fountain"),
    "Pump": (Decimal(15), "Fountain pump"),
    "Rocks": (Decimal(48), "Garden rocks, per load"),
    "Sod": (Decimal("4.5"), "Sod, per square yard"),
    "Soil": (Decimal(10), "Two cubic feet of soil"),
    "Sprinkler Heads": (Decimal(2), "Sprinkler head"),
    "Sprinkler Pipes": (Decimal(4), "Sprinkler pipe"),
    "Gardening": (Decimal(30), "Weekly gardening service"),
    "Installation": (Decimal(50), "Installation of landscape design"),
    "Lighting": (Decimal(45), "Garden lighting, per lamp"),
    "Trimming": (Decimal(35), "Tree and shrub trimming"),
    "Pest Control": (Decimal(35), "Pest control service"),
    "Concrete": (Decimal(120), "Concrete for fountain installation"),
    "Maintenance & Repair": (Decimal(65), "Maintenance and repair, per hour"),
}

# From the oldest to the latest, so that timelines read in the order in which they were written.
SALES: tuple[Sale, ...] = (
    Sale("windsurf", "Shop front planting", "bill", "Won", 84, -60, "2 Design, 4 Soil"),
    Sale("dukes", "Court-side hedges", "peter", "Won", 78, -55, "6 Trimming, 5 Gardening"),
    Sale("cool-cars", "Showroom courtyard", "grace", "Won", 72, -50, "8 Design, 3 Rock Fountain"),
    Sale("amy", "Bird garden with fountain", "amy", "Won", 66, -44, "1 Rock Fountain, 2 Pump, 2 Design"),
    Sale(
        "pye",
        "Terrace for the café",
        "karen",
        "Lost",
        61,
        -30,
        "6 Concrete, 8 Installation",
        note="They went with a cheaper builder; call again in spring.",
    ),
    Sale("melton", "Back yard overhaul", "john", "Won", 57, -35, "10 Design"),
    Sale("diner", "Patio lights and planters", "stephanie", "Won", 52, -28, "2 Lighting, 2 Gardening"),
    Sale(
        "waldron",
        "Irrigation for the lawn",
        "travis",
        "Won",
        47,
        -25,
        "25 Sprinkler Heads, 37 Sprinkler Pipes, 4 Installation",
    ),
    Sale("jalopies", "Lot trimming", "jeffc", "Won", 43, -20, "2 Trimming"),
    Sale("paulsen", "Healing garden", "kathy", "Won", 39, -14, "5 Design, 2 Rock Fountain", quote="published"),
    Sale("sonnenschein", "Roof terrace greens", "russ", "Won", 34, -10, "30 Sod, 12 Soil, 2 Hours"),
    Sale("weiskopf", "Office atrium", "nicola", "Won", 30, -6, "5 Design", quote="published"),
    Sale("rago", "Travel agency window garden", "rago", "Lost", 28, -3, amount="640"),
    Sale(
        "freeman",
        "Training field drainage",
        "kirby",
        "Negotiation",
        25,
        9,
        "12 Installation, 6 Rocks, 8 Hours",
        quote="published",
        note="Kirby wants the work done before the season opens.",
    ),
    Sale(
        "whitney",
        "Wedding garden, June package",
        "whitney",
        "Negotiation",
        22,
        14,
        "12 Design, 20 Lighting, 10 Installation",
        quote="published",
        note="Asked for a second lighting variant; decision next week.",
    ),
    Sale(
        "katsuyuki",
        "Zen garden behind the kitchen",
        "katsuyuki",
        "Proposal",
        19,
        21,
        "8 Rocks, 6 Design, 1 Rock Fountain",
        quote="draft",
    ),
    Sale("lisa", "Outdoor studio backdrop", "lisa", "Proposal", 17, 25, "4 Design, 3 Trimming"),
    Sale("diego", "Drought-proof front yard", "diego", "Proposal", 15, 30, "5 Rocks, 10 Soil, 3 Design", quote="draft"),
    Sale(
        "geeta", "Second phase of the garden", "geeta", "Negotiation", 13, 7, "2 Rock Fountain, 2 Pump, 3 Installation"
    ),
    Sale("dan", "Arcade green wall", "dan", "Qualified", 11, 40, amount="2800"),
    Sale("mark", "Pest control, yearly", "mark", "Qualified", 9, 18, "12 Pest Control"),
    Sale("amy-2", "Aviary extension", "amy", "Qualified", 7, 45, "6 Design, 4 Concrete"),
    Sale("bill-2", "Car park hedge", "bill", "New", 5, 50, amount="900"),
    Sale("dukes-2", "Camp lawn renewal", "peter", "New", 4, 60, "220 Sod, 6 Installation"),
    Sale("karen-2", "Herb garden", "karen", "New", 2, 35, amount="450", note="Karen called: only herbs this time."),
    Sale(
        "ready",
        "Garden redesign for Cool Cars",
        "grace",
        "Negotiation",
        1,
        5,
        "6 Design, 10 Hours, 2 Rock Fountain",
        quote="published",
        note="Grace accepted by phone. Ready to be invoiced.",
    ),
)

# Deals with an invoice that the sample company already holds: key of the deal -> number of the invoice.
INVOICED = {
    "cool-cars": "1004",
    "amy": "1021",
    "melton": "1007",
    "diner": "1024",
    "windsurf": "1002",
    "dukes": "1029",
    "waldron": "1032",
    "jalopies": "1022",
    "paulsen": "1015",
    "sonnenschein": "1037",
    "weiskopf": "1010",
    "geeta": "1033",
}
