"""R9: what we wrote comes back as nothing new, whenever it comes back, and equal values are no change."""

import random

import pytest

from core.models import Event
from crm.models import Company, Product
from crm.services import companies
from qbo_connector.models import Operation
from tests.agreement import assert_agreement
from tests.faults.seeds import seeds
from tests.faults.steps_here import HERE
from tests.faults.steps_there import THERE
from tests.faults.test_r10_both_sides_converge import assert_idle
from tests.faults.trouble import WORK

EDITS = [
    "here: edit_record", "here: edit_record", "here: edit_invoice", "there: edit_customer", "there: edit_item",
    "there: edit_invoice", "there: edit_same_customer", "there: edit_same_invoice",
]  # fmt: skip
DOERS = {**HERE, **THERE, **WORK}


def settled_edits() -> int:
    """How many changes people made here."""
    return Event.objects.exclude(origin="sync").filter(name__endswith=".changed").count()


@pytest.mark.parametrize("seed", seeds(found=(30,)))  # 30: each side removed the line that the other kept
def test_edits_on_both_sides_echo_nothing(seed, world):
    """Twenty edits a seed: 1,000 with 50 seeds."""
    dice = random.Random(seed)
    for _number in range(20):
        world.run([(dice.choice(EDITS), dice.randrange(10**9))], DOERS)
        if dice.random() < 0.3:
            world.run([("work: half", dice.randrange(10**9))], DOERS)
    for _cycle in range(2):
        world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    # At most one write for each edit here, and one more where the accountant was faster.
    assert world.writes() <= 2 * settled_edits(), world.done
    assert_idle(world)


@pytest.mark.parametrize("lost", [False, True], ids=["after our commit", "before our commit"])
@pytest.mark.parametrize("times", [1, 3])
def test_our_write_that_comes_back_by_reads_and_webhooks_is_no_news(lost, times, world):
    company = Company.objects.get(name="Bright Gardens")
    companies.update(company, by=world.rep, phone="555 2", website="https://bright.example")
    world.messages()
    if lost:
        world.quickbooks.fault(method="POST", entity="Customer", when="after", action="drop", times=1)
    world.send()
    events = Event.objects.filter(origin="sync", name__startswith="company.").count()
    for _time in range(times):
        world.read()
        world.messages()
    world.quiet()
    world.cycle()

    assert Operation.objects.get().state == "done"
    assert Event.objects.filter(origin="sync", name__startswith="company.").count() == events
    company.refresh_from_db()
    assert company.phone == "555 2"
    assert next(row for row in world.there("Customer") if row["Id"] == "1")["SyncToken"] == "1"
    assert_idle(world)


@pytest.mark.parametrize(
    ("fields", "column", "known"),
    [
        ({"UnitPrice": 75}, "unit_price", "75"),
        ({"UnitPrice": 75.0}, "unit_price", "75"),
        ({"UnitPrice": "75.00"}, "unit_price", "75"),
        ({"UnitPrice": "7.5e1"}, "unit_price", "75"),
        ({"Description": ""}, "description", ""),
    ],
)
def test_an_equal_value_in_another_form_is_no_change(fields, column, known, world):
    """The object has a new version all the same; nothing of it is new."""
    product = Product.objects.get(name="Design")
    item = next(row for row in world.there("Item") if row["Name"] == "Design")
    world.act(f"Item/{item['Id']}", operation="corrupt", set=fields)
    world.act(f"Item/{item['Id']}", Sku="D-1")
    events = Event.objects.filter(object_type="product").count()

    world.cycle()

    product.refresh_from_db()
    assert str(getattr(product, column)).startswith(known)
    assert Event.objects.filter(object_type="product").count() == events
    assert world.writes() == 0


@pytest.mark.parametrize("phone", ["(555) 555-0100", "+1 555 555 0100", "555.555.0100"])
def test_a_value_in_the_accountants_form_comes_once_and_never_goes_back(phone, world):
    company = Company.objects.get(name="Bright Gardens")
    companies.update(company, by=world.rep, phone="5555550100", email="HELLO0@start.example")
    world.cycle()
    written = world.writes()
    world.act(
        "Customer/1", PrimaryPhone={"FreeFormNumber": phone}, PrimaryEmailAddr={"Address": "Hello0@Start.Example"}
    )
    world.cycle()
    world.cycle()

    company.refresh_from_db()
    assert (company.phone, company.email) == (phone, "Hello0@Start.Example")
    assert world.writes() == written
    assert_idle(world)
