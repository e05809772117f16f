"""Many deals in one call, found by a unique property: changed, moved or made, each row with its own result."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Event
from core.services import properties
from crm.models import Deal, DealLine, Stage
from crm.services import companies, contacts, deals, pipelines
from tests.api.programs import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def number(program):
    """The property that holds a shop's own number."""
    pipelines.ensure_default()
    return properties.create("deal", by=program.user, label="Shop number", kind="text", unique=True)


def number_name(number):
    return f"property:{number.pk}"


def upsert(program, number, *rows):
    told = [{"properties": {str(number.pk): shop}, **more} for shop, more in rows]
    answer = program.post("deals/upsert", {"by": number_name(number), "rows": told})
    assert answer.status_code == 200, answer.content
    return answer.json()


def statuses(body):
    return [row["status"] for row in body["data"]]


def test_deals_are_made_changed_and_moved_by_a_number_of_ones_own(program, number):
    ann = contacts.create(by=program.user, first_name="Ann")
    later = pipelines.ensure_default().stages.all()[1]
    first = ("A-1", {"name": "Garden", "amount": "100", "currency": "USD", "contacts": [ann.pk]})

    made = upsert(program, number, first, ("A-2", {"name": "Roof"}))
    same = upsert(program, number, first)
    moved = upsert(program, number, ("A-1", {"amount": "120", "stage": later.pk}), ("A-3", {"name": "Wall"}))

    assert (statuses(made), statuses(same), statuses(moved)) == (
        ["created", "created"], ["unchanged"], ["changed", "created"],
    )  # fmt: skip
    garden = Deal.objects.get(pk=made["data"][0]["id"])
    assert (moved["data"][0]["id"], format(garden.amount, ".2f"), garden.stage_id) == (garden.pk, "120.00", later.pk)
    assert list(garden.deal_contacts.values_list("contact", flat=True)) == [ann.pk]
    assert (garden.owner_id, Deal.objects.count()) == (program.user.pk, 3)
    assert Event.objects.filter(name="deal.stage_changed").count() == 1


def test_a_row_that_can_not_be_taken_leaves_nothing_and_stops_no_other(program, number):
    needy = pipelines.ensure_default().stages.all()[1]
    Stage.objects.filter(pk=needy.pk).update(required=["amount"])
    [there] = upsert(program, number, ("A-1", {"name": "Garden"}))["data"]
    archived = deals.create(by=program.user, name="Old", currency="USD", properties={str(number.pk): "A-9"})
    deals.archive(archived, by=program.user)

    body = upsert(
        program,
        number,
        ("A-1", {"name": "Half", "stage": needy.pk}),
        ("A-2", {}),
        ("A-3", {"name": "Roof"}),
        ("A-3", {"name": "Twin"}),
        ("", {"name": "Nobody"}),
        ("A-4", {"name": "Odd", "stage": 999_999}),
        ("A-5", {"name": "Odd", "contacts": [999_999]}),
        ("A-6", {"name": 5}),
        ("A-7", {"id": there["id"]}),
        ("A-9", {"name": "Copy"}),
    )

    assert statuses(body) == ["failed", "failed", "created", *["failed"] * 7]
    own = f"/properties/{number.pk}"
    assert [row["errors"][0]["pointer"] for row in body["data"] if row["status"] == "failed"] == [
        "/stage", "/name", own, own, "/stage", "/contacts/0", "/name", "/id", own,
    ]  # fmt: skip
    assert (body["created"], body["failed"], body["data"][0]["id"]) == (1, 9, there["id"])
    assert sorted(Deal.objects.values_list("name", flat=True)) == ["Garden", "Old", "Roof"]
    assert set(Deal.objects.values_list("stage__position", flat=True)) == {0}


def test_what_is_not_unique_finds_no_deal(program, number):
    colour = properties.create("deal", by=program.user, label="Colour", kind="text")
    rows = [{"name": "Garden"}]

    answers = [program.post("deals/upsert", {"by": f"property:{pk}", "rows": rows}) for pk in (colour.pk, 999_999)]

    assert [(answer.status_code, answer.json()["errors"][0]["pointer"]) for answer in answers] == [(422, "/by")] * 2
    assert not Deal.objects.exists()


def test_deals_are_found_by_their_id_too(program, number):
    [there] = upsert(program, number, ("A-1", {"name": "Garden"}))["data"]
    rows = [{"id": there["id"], "name": "Yard"}, {"id": 999_999, "name": "None"}]

    body = program.post("deals/upsert", {"by": "id", "rows": rows}).json()

    assert statuses(body) == ["changed", "failed"]
    assert Deal.objects.get().name == "Yard"


def test_a_deal_of_somebody_else_is_not_found_and_not_made_twice(program, number):
    upsert(program, number, ("A-1", {"name": "Garden"}))
    rep = program_of("Sales rep")
    rep.user.role.sees = "own"
    rep.user.role.save()

    body = upsert(rep, number, ("A-1", {"name": "Mine"}))

    assert (statuses(body), body["data"][0]["id"]) == (["failed"], None)
    assert Deal.objects.get().name == "Garden"


def test_contacts_stages_and_what_is_asked_for_go_together_as_for_single_deals(program, number):
    ann, bea, old = (contacts.create(by=program.user, first_name=name) for name in ("Ann", "Bea", "Old"))
    firm = companies.create(by=program.user, name="Acme")
    stages = {stage.status: stage for stage in pipelines.ensure_default().stages.all()}
    won = stages["won"]
    Stage.objects.filter(pk=won.pk).update(required=["amount", "contacts", "company", number_name(number)])
    upsert(program, number, ("A-1", {"name": "Garden", "contacts": [ann.pk, old.pk]}))
    contacts.archive(old, by=program.user)
    full = {"amount": "9.5", "company": firm.pk, "stage": won.pk, "reason": "Price", "note": "At last"}

    body = upsert(
        program,
        number,
        ("A-1", {**full, "contacts": [bea.pk, old.pk]}),
        ("A-2", {**full, "name": "Roof", "contacts": [ann.pk]}),
        ("A-3", {**full, "name": "Wall"}),
    )

    assert statuses(body) == ["changed", "created", "failed"], body
    garden, roof = Deal.objects.order_by("pk")
    for deal in (garden, roof):
        assert (deal.status, deal.won_reason, deal.close_note, deal.company_id) == ("won", "Price", "At last", firm.pk)
        assert deal.closed_at is not None
        assert deal.stage_changes.last().reason == "Price"
    links = garden.deal_contacts.order_by("-primary").values_list("contact", "primary")
    assert list(links) == [(bea.pk, True), (old.pk, False)]
    told = Event.objects.filter(object_type="deal", object_id=garden.pk).order_by("pk").values_list("name", flat=True)
    assert list(told) == [
        "deal.created", "deal.changed", "deal.contact_added", "deal.contact_removed", "deal.primary_contact_changed",
        "deal.stage_changed", "deal.won",
    ]  # fmt: skip
    about = Event.objects.get(name="deal.won", object_id=roof.pk).links.values_list("object_type", "object_id")
    assert set(about) == {("deal", roof.pk), ("company", firm.pk), ("contact", ann.pk)}


def test_many_rows_take_as_many_statements_as_few(program, number):
    ann, bea = (contacts.create(by=program.user, first_name=name) for name in ("Ann", "Bea"))
    firm = companies.create(by=program.user, name="Acme")
    first, later = pipelines.ensure_default().stages.all()[:2]
    Stage.objects.filter(pk=later.pk).update(required=["amount", "contacts", "lines"])

    def rows(numbers, **more):
        return [(f"A-{each}", {"company": firm.pk, "owner": program.user.pk, **more}) for each in numbers]

    def counted(*given):
        with CaptureQueriesContext(connection) as queries:
            body = upsert(program, number, *given)
        return len(queries), statuses(body)

    assert program.get("me").status_code == 200
    few, many = range(2), range(2, 22)
    made = [counted(*rows(part, name="Deal", stage=first.pk, contacts=[ann.pk])) for part in (few, many)]
    DealLine.objects.bulk_create(DealLine(deal=deal, name="Work", unit_price=5) for deal in Deal.objects.all())
    moved = [counted(*rows(part, amount="7", stage=later.pk, contacts=[bea.pk])) for part in (few, many)]

    for (small, _two), (large, all_of_them) in (made, moved):
        assert small == large
        assert len(all_of_them) == 20
    assert ({*made[1][1]}, {*moved[1][1]}) == ({"created"}, {"changed"})
    assert Deal.objects.filter(stage=later, amount=7, contacts=bea).exclude(contacts=ann).count() == 22


def test_the_same_call_with_one_key_happens_once(program, number):
    body = {"by": number_name(number), "rows": [{"properties": {str(number.pk): "A-1"}, "name": "Garden"}]}

    first, again = (program.post("deals/upsert", body, Idempotency_Key="one") for _time in range(2))

    assert (first.json(), again["Idempotency-Replayed"]) == (again.json(), "true")
    assert first.json()["data"][0]["status"] == "created"
