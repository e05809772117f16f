"""Many records in one call: found by a key, changed or made, each row with its own result."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.models import Event, Origin
from core.services import properties
from crm.models import Company, Contact, Product
from crm.services import companies, contacts
from tests.api.programs import program_of


def statuses(answer):
    return [row["status"] for row in answer.json()["data"]]


def test_contacts_are_changed_by_their_address_or_made(program):
    ann = contacts.create(by=program.user, first_name="Ann", email="Ann@example.com", job_title="Boss")
    size = properties.create(by=program.user, object_type="contact", label="Size", kind="number")

    answer = program.post(
        "contacts/upsert",
        {
            "by": "email",
            "rows": [
                {"email": "ann@EXAMPLE.com", "last_name": "Lee", "properties": {str(size.pk): "7"}},
                {"email": "bea@example.com", "first_name": "Bea"},
                {"email": "ann@example.com", "last_name": "Other"},
                {"first_name": "Nobody"},
                {"email": "cleo@example.com", "phone": 5},
                {"email": "nonsense", "first_name": "Dora"},
                {"email": "emil@example.com", "company": 999},
            ],
        },
    )

    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert statuses(answer) == ["changed", "created", *["failed"] * 5]
    assert (body["created"], body["changed"], body["unchanged"], body["failed"]) == (1, 1, 0, 5)
    assert [row["errors"][0]["pointer"] for row in body["data"][2:]] == [
        "/email", "/email", "/phone", "/email", "/company",
    ]  # fmt: skip
    ann.refresh_from_db()
    assert (ann.last_name, ann.job_title, ann.properties) == ("Lee", "Boss", {str(size.pk): "7"})
    made = Contact.objects.get(email="bea@example.com")
    assert (made.pk, made.owner_id) == (body["data"][1]["id"], program.user.pk)
    assert Contact.objects.count() == 2
    told = Event.objects.get(name="contact.changed")
    assert (told.object_id, told.actor_id, told.origin) == (ann.pk, program.user.pk, Origin.API)
    again = program.post("contacts/upsert", {"by": "email", "rows": [{"email": "bea@example.com"}]})
    assert statuses(again) == ["unchanged"]


def test_companies_by_domain_and_products_by_sku_or_id(program):
    acme = companies.create(by=program.user, name="Acme", domain="acme.example")
    companies.create(by=program.user, name="Twin", domain="twin.example")
    companies.create(by=program.user, name="Twin too", domain="twin.example")

    by_domain = program.post(
        "companies/upsert",
        {
            "by": "domain",
            "rows": [
                {"domain": "https://ACME.example/", "phone": "1"},
                {"domain": "twin.example", "phone": "1"},
                {"domain": "new.example"},
            ],
        },
    )
    by_sku = program.post("products/upsert", {"by": "sku", "rows": [{"sku": "S1", "name": "Stone", "unit_price": "5"}]})
    by_id = program.post(
        "products/upsert",
        {"by": "id", "rows": [{"id": by_sku.json()["data"][0]["id"], "unit_price": "6"}, {"id": 999_999}]},
    )

    assert statuses(by_domain) == ["changed", "failed", "failed"]
    assert [row["errors"][0]["pointer"] for row in by_domain.json()["data"][1:]] == ["/domain", "/name"]
    acme.refresh_from_db()
    assert acme.phone == "1"
    assert statuses(by_id) == ["changed", "failed"]
    assert str(Product.objects.get().unit_price.normalize()) == "6"


def test_a_thousand_rows_take_few_statements_and_no_more_are_taken(program):
    rows = [{"name": f"Company {number}", "domain": f"c{number}.example"} for number in range(1_001)]

    assert program.get("me").status_code == 200
    counts = []
    for part in (rows[:2], rows[2:40]):
        with CaptureQueriesContext(connection) as queries:
            assert set(statuses(program.post("companies/upsert", {"by": "domain", "rows": part}))) == {"created"}
        counts.append(len(queries))

    assert counts[0] == counts[1], counts
    refused = program.post("companies/upsert", {"by": "domain", "rows": rows})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rows")
    assert Company.objects.count() == 40


def test_rows_that_name_other_records_take_no_statements_of_their_own(program):
    firms = [companies.create(by=program.user, name=name) for name in ("Acme", "Other")]
    other = program_of("Sales rep").user

    def counted(numbers, **more):
        rows = [{"email": f"p{number}@example.com", **more} for number in numbers]
        with CaptureQueriesContext(connection) as queries:
            answer = program.post("contacts/upsert", {"by": "email", "rows": rows})
        return len(queries), {*statuses(answer)}

    assert program.get("me").status_code == 200
    made = [counted(part, first_name="P", company=firms[0].pk) for part in (range(2), range(2, 20))]
    moved = [counted(part, company=firms[1].pk, owner=other.pk) for part in (range(2), range(2, 20))]

    assert (made[0], moved[0]) == (made[1], moved[1])
    assert (made[0][1], moved[0][1]) == ({"created"}, {"changed"})
    assert Contact.objects.filter(company=firms[1], owner=other).count() == 20


def test_rows_of_others_are_not_found(db):
    boss, rep = program_of(), program_of("Sales rep")
    theirs = companies.create(by=boss.user, name="Acme", domain="acme.example")
    role = rep.user.role
    role.sees = "own"
    role.save()
    assert User.objects.get(pk=rep.user.pk).role.sees == "own"

    by_id = rep.post("companies/upsert", {"by": "id", "rows": [{"id": theirs.pk, "name": "Mine"}]})

    assert statuses(by_id) == ["failed"]
    theirs.refresh_from_db()
    assert theirs.name == "Acme"
