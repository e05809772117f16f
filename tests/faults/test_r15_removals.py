"""R15: deleted, voided, inactive and merged: tombstones, links that follow, figures that are right, no resurrection."""

import random

import pytest

from crm.models import Company, DealBilling
from invoices.models import Invoice, Payment, PaymentApplication
from qbo_connector.models import MirrorObject, ParkedRecord
from sync.enums import Outcome, Removal
from sync.models import Link, ObjectSettings
from tests.agreement import assert_agreement
from tests.faults.seeds import seeds
from tests.faults.steps_here import HERE
from tests.faults.steps_there import THERE
from tests.faults.test_r10_both_sides_converge import assert_idle
from tests.faults.trouble import WORK
from tests.makers import deal_of, requested_invoice

REMOVALS = [
    "there: deactivate", "there: reactivate", "there: merge_customers", "there: void_invoice", "there: delete_invoice",
    "there: reverse_payment", "there: pay", "there: add_invoice", "here: archive", "here: restore",
    "here: void_invoice", "here: delete_invoice", "here: record_payment", "work: cycle", "work: half",
]  # fmt: skip
DOERS = {**HERE, **THERE, **WORK}


def old_page(world, entity, rows):
    """The next change data answers with objects as they were before."""
    answer = {"CDCResponse": [{"QueryResponse": [{entity: rows, "startPosition": 1, "maxResults": len(rows)}]}]}
    now = world.there("CompanyInfo")[0]["MetaData"]["LastUpdatedTime"]
    world.quickbooks.fault(kind="cdc", times=1, action="body", status=200, body={**answer, "time": now})


@pytest.mark.parametrize("seed", seeds(10))
def test_random_removals_end_in_agreement(seed, world):
    dice = random.Random(seed)
    stale = world.there("Invoice")
    steps = [(dice.choice(REMOVALS), dice.randrange(10**9)) for _number in range(22)]
    world.run(steps[:11], DOERS)
    old_page(world, "Invoice", stale)
    world.read()
    world.run(steps[11:], DOERS)
    world.quiet()
    world.cycle()
    world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    held = Link.objects.exclude(qbo_id="").values_list("entity", "qbo_id", "object_type")
    assert len(set(held)) == len(held)
    assert_idle(world)


def test_what_came_and_went_between_two_reads_leaves_no_trace(world):
    customer = world.books.customer("Short Story", "short@there.example")
    line = world.there("Invoice")[0]["Line"][0]
    invoice = world.books.make("Invoice", CustomerRef={"value": customer}, Line=[line])
    payment = world.books.make("Payment", CustomerRef={"value": customer}, TotalAmt=5)
    world.act(f"Payment/{payment}", operation="delete")
    world.act(f"Invoice/{invoice}", operation="delete")
    world.act(f"Customer/{customer}", operation="merge", into="1")
    world.cycle()

    assert not Invoice.objects.filter(external_id=invoice).exists()
    assert not Payment.objects.filter(external_id=payment).exists()
    assert not Company.objects.filter(name="Short Story").exists()
    assert not ParkedRecord.objects.exists()
    assert_agreement(world.quickbooks, world.connection)


@pytest.mark.parametrize("times", [1, 2])
def test_a_deleted_invoice_is_not_resurrected_by_an_older_page(times, world):
    invoice = Invoice.objects.order_by("pk")[0]
    stale = [row for row in world.there("Invoice") if row["Id"] == invoice.external_id]
    world.act(f"Invoice/{invoice.external_id}", operation="delete")
    world.cycle()
    for _time in range(times):
        old_page(world, "Invoice", stale)
        world.read()
        world.messages()
        invoice.refresh_from_db()
        assert invoice.removed_at is not None
        assert MirrorObject.objects.get(entity="Invoice", qbo_id=invoice.external_id).deleted
    world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    link = Link.objects.get(object_type="invoice", object_id=invoice.pk)
    assert link.outcome == Outcome.BROKEN


def test_a_void_invoice_counts_nothing_and_is_not_deleted(world):
    deal = deal_of("Cool Cars", world.rep)
    invoice = requested_invoice(deal, world.rep)
    world.cycle()
    invoice.refresh_from_db()
    world.act(f"Invoice/{invoice.external_id}", operation="void")
    world.cycle()

    invoice.refresh_from_db()
    assert (invoice.voided, invoice.status, invoice.total, invoice.balance) == (True, "voided", 0, 0)
    assert invoice.removed_at is None
    assert DealBilling.objects.get(deal=deal).invoice_status == "voided"
    assert_agreement(world.quickbooks, world.connection)


@pytest.mark.parametrize("how", ["refuse", "unlink"])
def test_an_invoice_with_payments_is_deleted(how, world):
    """QuickBooks refuses it, or takes the payment off; either way both sides say the same."""
    world.quickbooks.call("POST", "switches", {"delete_paid_invoice": how})
    invoice = Invoice.objects.order_by("pk")[0]
    world.act(f"Invoice/{invoice.external_id}", operation="pay", amount=50)
    world.cycle()
    assert PaymentApplication.objects.get().amount == 50
    deleted = world.act(f"Invoice/{invoice.external_id}", operation="delete")
    assert (deleted is None) == (how == "refuse")
    world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    invoice.refresh_from_db()
    assert (invoice.removed_at is not None) == (how == "unlink")


@pytest.mark.parametrize("removal", Removal.values)
def test_inactive_and_active_again_under_each_policy(removal, world):
    ObjectSettings.objects.filter(sync_object="contact").update(removal=removal)
    company = Company.objects.get(name="Cool Cars")
    link = Link.objects.get(object_type="company", object_id=company.pk)
    world.act(f"Customer/{link.qbo_id}", operation="deactivate")
    world.cycle()
    assert not Company.objects.filter(name__contains="(deleted)").exists()
    world.act(f"Customer/{link.qbo_id}", operation="reactivate")
    world.cycle()
    world.cycle()

    living = Company.objects.filter(name="Cool Cars", archived_at=None)
    assert living.count() == 1
    assert Link.objects.filter(object_type="company", qbo_id=link.qbo_id).count() == 1
    assert world.writes() == 0
    assert_idle(world)


def test_merged_twice_in_a_row_ends_with_the_last_winner(world):
    invoices = Invoice.objects.filter(customer_external_id__in=["1", "2"])
    assert invoices.count() == 3
    ids = list(invoices.values_list("pk", flat=True))
    world.act("Customer/1", operation="merge", into="2")
    world.act("Customer/2", operation="merge", into="3")
    world.cycle()
    world.cycle()

    assert set(Invoice.objects.filter(pk__in=ids).values_list("customer_external_id", flat=True)) == {"3"}
    winner = Link.objects.get(object_type="company", qbo_id="3")
    assert {company.pk for pk in ids for company in Invoice.objects.get(pk=pk).companies.all()} == {winner.object_id}
    assert_agreement(world.quickbooks, world.connection)
    assert_idle(world)
