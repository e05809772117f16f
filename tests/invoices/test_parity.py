"""HubSpot's word on invoices beside QuickBooks': what matches, what does not and why, and what follows from it."""

import csv
import io
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from crm.models import Deal, DealBilling, HubspotClaim, HubspotImport, HubspotRecord, Import
from invoices.enums import InvoiceStatus
from invoices.models import HubspotMatch, KeptApart
from invoices.services import links, parity
from invoices.tasks import compare_hubspot
from tests.invoices.fakes import TODAY

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(admin):
    return HubspotImport.objects.create(owner=admin, state=HubspotImport.State.DONE)


@pytest.fixture
def claim(batch, deal):
    """A function that lets HubSpot say something of an invoice; of ``deal`` unless another one is named."""
    job = Import.objects.create(batch=batch, object_type="deal", owner=batch.owner, name="deals.csv", kind="csv")
    count = iter(range(1, 1000))

    def said(of: Deal | None = deal, **values):
        hubspot_id = f"7{next(count)}"
        if of is not None:
            HubspotRecord.objects.create(object_type="deal", hubspot_id=hubspot_id, record_id=of.pk)
        return HubspotClaim.objects.create(
            **{"source": "deal", "hubspot_id": hubspot_id, "deal_ids": [hubspot_id], "job": job, **values}
        )

    return said


def outcome_of(said):
    match = HubspotMatch.objects.get(claim=said)
    return match.outcome, match.why


def test_an_invoice_that_matches_is_put_on_the_deal(batch, claim, deal, make_invoice):
    invoice = make_invoice(number="1037", customer_name="Cool Cars", recipient="grace@coolcars.example",
                           total=Decimal("362.07"), status=InvoiceStatus.OVERDUE, due_on=TODAY)  # fmt: skip
    said = claim(number="1037", amount=Decimal("362.07"), status="Overdue", recipient="Grace@CoolCars.example",
                 due_on=TODAY)  # fmt: skip

    assert parity.compare(batch) == 1

    assert outcome_of(said) == ("matched", "")
    invoice.refresh_from_db()
    assert invoice.deal == deal
    assert DealBilling.objects.get(deal=deal).invoice_number == "1037"
    assert Event.objects.get(name="invoice.linked").origin == "import"
    # Comparing again finds the same, and does nothing more.
    parity.compare(batch)
    assert (outcome_of(said), Event.objects.filter(name="invoice.linked").count()) == (("matched", ""), 1)


@pytest.mark.parametrize(
    ("said", "outcome", "why"),
    [
        ({"number": "9999"}, "unknown", "QuickBooks has no invoice 9999."),
        ({"number": ""}, "unknown", "HubSpot names no invoice number."),
        ({"number": "1037", "recipient": "nina@nowhere.example"}, "customer",
         "In QuickBooks 1037 is an invoice to Berger, in HubSpot to nina@nowhere.example."),
        ({"number": "1037", "recipient": "otto@berger.example", "amount": Decimal(90)}, "amount",
         "Amount: $90.00 in HubSpot, $100.00 in QuickBooks."),
        ({"number": "1037", "recipient": "otto@berger.example", "status": "Paid in full"}, "status",
         "Status: Paid in full in HubSpot, Sent to customer in QuickBooks."),
        ({"number": "1038", "customer": "berger"}, "several", "2 invoices to this customer have the number 1038."),
        ({"number": "1037", "customer": "BERGER", "status": "Open"}, "matched", ""),
    ],
)  # fmt: skip
def test_what_differs_is_told_in_words(batch, claim, make_invoice, said, outcome, why):
    for number in ("1037", "1038", "1038"):
        make_invoice(number=number, customer_name="Berger", recipient="otto@berger.example", total=Decimal(100),
                     status=InvoiceStatus.SENT)  # fmt: skip

    made = claim(None, **said)
    parity.compare(batch)

    assert outcome_of(made) == (outcome, why)


def test_what_quickbooks_does_not_know_is_taken_over_until_an_invoice_fills_it(batch, claim, deal, make_invoice):
    claim(number="77", amount=Decimal(50), status="Paid in full", recipient="x@example.com", due_on=TODAY)

    parity.compare(batch)

    billing = DealBilling.objects.get(deal=deal)
    assert (billing.invoice_number, billing.invoice_amount_billed, billing.invoice_status, billing.billed) == (
        "77", 50, "paid", 0)  # fmt: skip
    assert (billing.invoice_recipient, billing.invoice_due_on) == ("x@example.com", TODAY)

    links.add([make_invoice(number="1037").pk], deal, by=batch.owner)
    parity.compare(batch)
    assert DealBilling.objects.get(deal=deal).invoice_number == "1037"


def test_an_invoice_on_another_deal_or_taken_off_stays_where_it_is(batch, claim, deal, make_invoice, admin):
    other = Deal.objects.create(name="Another", stage=deal.stage)
    elsewhere = make_invoice(number="1", recipient="a@b.example", deal=other)
    apart = make_invoice(number="2", recipient="a@b.example")
    KeptApart.objects.create(invoice=apart, object_type="deal", object_id=deal.pk, by=admin)
    first = claim(number="1", recipient="a@b.example")
    second = claim(number="2", recipient="a@b.example")

    parity.compare(batch)

    assert outcome_of(first) == ("matched", "It is on the deal “Another”.")
    assert outcome_of(second) == ("matched", "")
    elsewhere.refresh_from_db()
    apart.refresh_from_db()
    assert (elsewhere.deal, apart.deal) == (other, None)


def test_undoing_takes_the_invoices_off_and_forgets_what_was_said(batch, claim, deal, make_invoice):
    other = Deal.objects.create(name="Another", stage=deal.stage)
    invoice = make_invoice(number="1037", recipient="a@b.example")
    claim(number="1037", recipient="a@b.example")
    claim(other, number="77", amount=Decimal(50))
    parity.compare(batch)
    event = Event.objects.create(name="hubspot_import.undone", object_type="hubspotimport", object_id=batch.pk)

    compare_hubspot([event.pk])

    invoice.refresh_from_db()
    assert (invoice.deal, KeptApart.objects.count(), HubspotMatch.objects.count()) == (None, 0, 0)
    assert DealBilling.objects.get(deal=other).invoice_number == ""


def test_the_page_shows_filters_and_the_file_has_the_same(batch, claim, deal, make_invoice, client, admin, rep):
    make_invoice(number="1037", recipient="a@b.example", total=Decimal(90), customer_name="=Berger")
    claim(number="1037", recipient="a@b.example", amount=Decimal(80), currency="USD")
    claim(None, number="9999", recipient="c@d.example")
    parity.compare(batch)
    client.force_login(admin)
    url = reverse("invoices:hubspot-parity", args=[batch.pk])

    page = client.get(url).content.decode()
    for part in ("Amount: $80.00 in HubSpot, $90.00 in QuickBooks.", "QuickBooks has no invoice 9999.", deal.name):
        assert part in page
    assert "9999" not in client.get(url, {"outcome": "amount"}).content.decode()
    assert "Nothing fits these filters" in client.get(url, {"q": "nobody"}).content.decode()
    file = b"".join(
        client.get(reverse("invoices:hubspot-parity-file", args=[batch.pk]), {"q": "a@b"}).streaming_content
    )
    heads, row = csv.reader(io.StringIO(file.decode("utf-8-sig")))
    assert (row[0], row[4], row[5], row[10]) == ("Amount differs", "1037", "80", "90")
    assert row[heads.index("QuickBooks: customer")] == "'=Berger"

    answer = client.post(reverse("invoices:hubspot-compare", args=[batch.pk]))
    assert (answer.url, Event.objects.filter(name="hubspot_import.finished").count()) == (url, 1)
    client.force_login(rep)
    assert client.get(url).status_code == 403


def test_the_page_costs_the_same_for_one_and_for_thirty(
    batch, claim, make_invoice, client, admin, django_assert_max_num_queries
):
    client.force_login(admin)
    for number in range(30):
        make_invoice(number=str(number), recipient="a@b.example")
        claim(None, number=str(number), recipient="a@b.example")
    parity.compare(batch)

    with django_assert_max_num_queries(12):
        client.get(reverse("invoices:hubspot-parity", args=[batch.pk]))
