"""Deals: stages, contacts, lines, billing."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.models import Event
from crm.models import Contact, Deal, DealBilling, StageChange
from crm.services import deal_contacts, deal_lines, deals, lines, pipelines, records
from crm.services.deals import DealBillingValues
from crm.services.lines import LineValues

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(db):
    """A function that lists the events since the last time it was asked."""
    seen = 0

    def since() -> list[str]:
        nonlocal seen
        found = list(Event.objects.filter(pk__gt=seen).order_by("pk"))
        seen = found[-1].pk if found else seen
        return [event.name for event in found]

    return since


def test_a_deal_starts_in_the_first_stage(rep, stages, company, contact):
    deal = deals.create(by=rep, name="Roof", company=company, contacts=[contact, contact])

    assert (deal.stage, deal.status, deal.owner, deal.closed_at) == (stages["New"], "open", rep, None)
    assert [(link.contact, link.primary) for link in deal.deal_contacts.all()] == [(contact, True)]
    assert StageChange.objects.filter(deal=deal).count() == 1
    event = Event.objects.get(name="deal.created")
    shown_on = set(event.links.values_list("object_type", "object_id"))
    assert shown_on == {("deal", deal.pk), ("company", company.pk), ("contact", contact.pk)}


def test_a_pipeline_is_there_when_the_first_deal_is_made(rep):
    deals.Stage.objects.all().delete()
    pipelines.Pipeline.objects.all().delete()

    assert deals.create(by=rep, name="Roof").stage.name == "New"


def test_winning_losing_and_reopening(rep, deal, stages, told):
    told()
    won = deals.move_to_stage(deal, stages["Won"], by=rep)
    assert (won.status, won.closed_at is not None, told()) == ("won", True, ["deal.stage_changed", "deal.won"])

    lost = deals.move_to_stage(deal, stages["Lost"], by=rep)
    assert (lost.status, lost.closed_at > won.closed_at, told()) == ("lost", True, ["deal.stage_changed", "deal.lost"])

    back = deals.move_to_stage(deal, stages["New"], by=rep)
    assert (back.status, back.closed_at, told()) == ("open", None, ["deal.stage_changed", "deal.reopened"])

    deals.move_to_stage(deal, stages["New"], by=rep)
    assert told() == []
    assert StageChange.objects.filter(deal=deal).count() == 4


def test_moving_says_from_where_to_where(rep, deal, stages):
    deals.move_to_stage(deal, stages["Proposal"], by=rep)

    event = Event.objects.get(name="deal.stage_changed")
    assert event.data == {
        "title": "Garden redesign",
        "from": "New",
        "to": "Proposal",
        "from_id": stages["New"].pk,
        "to_id": stages["Proposal"].pk,
    }


def test_an_archived_deal_does_not_move(rep, deal, stages):
    deals.archive(deal, by=rep)

    with pytest.raises(records.Archived):
        deals.move_to_stage(deal, stages["Won"], by=rep)
    assert Deal.objects.get(pk=deal.pk).stage == stages["New"]


def test_the_amount_follows_the_lines(rep, deal, product, told):
    told()
    wanted = [
        LineValues("Design", Decimal("2.5"), Decimal("75"), product_id=product.pk),
        LineValues("Rock Fountain", Decimal(1), Decimal("275"), discount_percent=Decimal(10)),
        LineValues("A third", Decimal(1) / 3, Decimal("0.10")),
    ]

    changed = deal_lines.set_lines(deal, wanted, by=rep)

    assert changed.amount == Decimal("187.50") + Decimal("247.50") + Decimal("0.03")
    assert [(line.name, line.product_id) for line in deal.lines.all()] == [
        ("Design", product.pk), ("Rock Fountain", None), ("A third", None),
    ]  # fmt: skip
    assert told() == ["deal.lines_changed"]
    stored = [lines.values_of(line) for line in deal.lines.all()]
    deal_lines.set_lines(deal, stored, by=rep)
    assert told() == []

    kept = deal_lines.set_lines(deal, [], by=rep)
    assert (kept.amount, kept.lines.count(), told()) == (changed.amount, 0, ["deal.lines_changed"])


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (LineValues(" "), "name"),
        (LineValues("x" * 201), "name"),
        (LineValues("Design", quantity=Decimal(0)), "quantity"),
        (LineValues("Design", quantity=Decimal(-1)), "quantity"),
        (LineValues("Design", quantity=Decimal(10) ** 9), "quantity"),
        (LineValues("Design", unit_price=Decimal(10) ** 12), "unit_price"),
        (LineValues("Design", discount_percent=Decimal(101)), "discount_percent"),
        (LineValues("Design", product_id=999_999), "product"),
    ],
)
def test_a_bad_line_is_refused_and_nothing_is_written(rep, deal, line, field):
    deal_lines.set_lines(deal, [LineValues("Good")], by=rep)

    with pytest.raises(lines.BadLine) as refusal:
        deal_lines.set_lines(deal, [LineValues("Other"), line], by=rep)

    assert (refusal.value.position, refusal.value.field) == (1, field)
    assert [line.name for line in deal.lines.all()] == ["Good"]


def test_too_much_is_refused(rep, deal):
    with pytest.raises(lines.TooMuch):
        deal_lines.set_lines(deal, [LineValues("x")] * 751, by=rep)
    with pytest.raises(lines.TooMuch):
        deal_lines.set_lines(deal, [LineValues("x", Decimal(10) ** 8, Decimal(10) ** 8)], by=rep)


def test_one_contact_is_the_primary_one(rep, deal, contact, told):
    other = Contact.objects.create(first_name="Amy")
    told()

    deal_contacts.add(deal, other, by=rep)
    deal_contacts.add(deal, other, by=rep)
    assert told() == ["deal.contact_added"]
    deal_contacts.make_primary(deal, other, by=rep)
    deal_contacts.make_primary(deal, other, by=rep)
    assert told() == ["deal.primary_contact_changed"]
    assert deal.deal_contacts.get(primary=True).contact == other

    deal_contacts.remove(deal, other, by=rep)
    deal_contacts.remove(deal, other, by=rep)
    assert told() == ["deal.contact_removed"]
    assert deal.deal_contacts.get(primary=True).contact == contact


def test_billing_is_written_where_it_differs(deal, rep):
    other = deals.create(by=rep, name="Second")
    first = DealBillingValues(
        deal.pk,
        invoice_amount_billed=Decimal("362.07"),
        invoice_recipient="Cool Cars",
        invoice_number="1004",
        invoice_status="sent",
        currency="USD",
        billed=Decimal("362.07"),
        outstanding=Decimal("362.07"),
        next_due_on=datetime.date(2026, 12, 1),
        invoices=1,
    )

    assert deals.set_billing([first, DealBillingValues(other.pk), DealBillingValues(999_999)]) == [deal.pk, other.pk]
    before = DealBilling.objects.get(pk=deal.pk).updated_at
    assert deals.set_billing([first, DealBillingValues(other.pk, invoices=1, billed=Decimal(5))]) == [other.pk]

    billing = DealBilling.objects.get(pk=deal.pk)
    assert (billing.invoice_amount_billed, billing.invoice_number, billing.next_due_on, billing.updated_at) == (
        Decimal("362.07"), "1004", datetime.date(2026, 12, 1), before,
    )  # fmt: skip
    assert deals.set_billing([]) == []


def test_billing_of_any_number_of_deals_is_one_statement(rep, stages):
    made = Deal.objects.bulk_create(Deal(name=f"D{n}", stage=stages["New"]) for n in range(300))

    with CaptureQueriesContext(connection) as captured:
        changed = deals.set_billing(DealBillingValues(deal.pk, invoices=1) for deal in made)

    assert len(changed) == 300
    assert len(captured) == 1
