"""Sales receipts that workflows make, over the simulator: from a deal or a quote, once, with what is missing."""

from decimal import Decimal

import pytest

from core.models import Event
from crm.models import Deal
from crm.services import quotes
from invoices.models import Invoice, InvoiceDraft, SalesReceipt
from qbo_connector.models import Operation
from sync.models import Link
from sync.publish import credits
from tests.makers import deal_of, new_deal, user
from tests.quickbooks import connect, drain_until_settled, enable, sync_company
from tests.workflows.makers import carry_on, enrolment, step, tell, workflow_of
from workflows.models import Enrolment
from workflows.services import enrolments, workflows
from workflows.steps import sales_receipts as steps


@pytest.fixture
def boss(us_company):
    sync_company(us_company)
    return user("Admin", "boss@example.com")


def enrol(boss, record, *, about="deal", **settings):
    Enrolment.objects.all().delete()
    workflow = workflow_of(boss, step("a", "create_sales_receipt", **settings), about=about)
    enrolments.enrol_by_hand(workflow, about, [record.pk], by=boss)
    carry_on()
    return workflow


def answered(connection):
    for pk in credits.unplanned():
        credits.publish(pk)
    drain_until_settled(connection)
    tell()
    carry_on()


def told():
    return [(each.state, each.reason) for each in enrolment().steps.order_by("pk")]


def ours(quickbooks, connection):
    """The sales receipts in QuickBooks that carry our marker."""
    found = quickbooks.objects(connection.realm_id, "SalesReceipt")
    return [each for each in found if "CRM " in each.get("PrivateNote", "")]


def test_a_deal_becomes_a_sales_receipt_with_the_customer_that_was_missing(us_company, quickbooks, boss):
    deal = new_deal(boss, ("Rock Fountain", "2", "275"), ("Something new", "1", "40"))
    workflow = enrol(boss, deal)
    [before] = workflows.dry_run(workflow.draft, deal)
    assert (before.would, "Brand New Gardens" in before.text) == ("done", True)
    assert told() == [("waiting", "Waits for QuickBooks.")]
    assert (InvoiceDraft.objects.count(), Invoice.objects.filter(deal=deal).count()) == (0, 0)

    answered(us_company)

    [document] = ours(quickbooks, us_company)
    [receipt] = SalesReceipt.objects.filter(deal=deal)
    assert (receipt.external_id, receipt.number) == (document["Id"], document["DocNumber"])
    assert (receipt.total, receipt.settled, receipt.created_by) == (Decimal(str(document["TotalAmt"])), True, boss)
    sold = [line["Amount"] for line in document["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    assert (document["CustomerRef"]["name"], sold) == ("Brand New Gardens", [550, 40])
    assert told() == [("done", f"Created sales receipt {receipt} for Brand New Gardens.")]
    assert enrolment().state == "finished"
    shown = Event.objects.filter(links__object_type="deal", links__object_id=deal.pk, name__startswith="salesreceipt.")
    assert sorted(shown.values_list("name", flat=True)) == ["salesreceipt.created", "salesreceipt.requested"]


def test_a_quote_keeps_its_discounts(us_company, quickbooks, boss):
    deal = deal_of("Cool Cars", boss, ("Rock Fountain", "3", "100"))
    deal.lines.update(discount_percent=10)
    quote = quotes.publish(quotes.create_from_deal(Deal.objects.get(pk=deal.pk), by=boss), by=boss)
    quote.refresh_from_db()

    enrol(boss, quote, about="quote")
    answered(us_company)

    [document] = ours(quickbooks, us_company)
    assert document["Line"][0]["Amount"] == 270
    assert document["Line"][0]["SalesItemLineDetail"]["UnitPrice"] == 90
    assert Link.objects.get(object_type="salesreceipt").outcome == "in_sync"


def test_planning_and_running_again_makes_no_second_one(us_company, quickbooks, boss):
    deal = deal_of("Cool Cars", boss)
    enrol(boss, deal)
    [receipt] = SalesReceipt.objects.filter(deal=deal)

    assert credits.publish(receipt.pk) is not None
    assert credits.publish(receipt.pk) is None
    quickbooks.fault(method="POST", entity="SalesReceipt", when="after", times=1, action="drop")
    for _round in range(3):
        Operation.objects.update(due_at="2020-01-01T00:00:00Z")
        answered(us_company)

    assert len(ours(quickbooks, us_company)) == 1
    assert [state for state, _reason in told()] == ["done"]


def test_where_the_customer_may_not_be_made_nothing_is_written(us_company, boss):
    enrol(boss, new_deal(boss), customer="fail")

    assert told() == [("failed", "QuickBooks has no customer that is linked to Brand New Gardens.")]
    assert SalesReceipt.objects.filter(created_by=boss).count() == 0


def test_a_refusal_is_the_reason_and_trying_again_sends_the_same_receipt(us_company, quickbooks, boss):
    quickbooks.fault(
        method="POST", entity="SalesReceipt", times=1, action="fault", code="6000", message="Error",
        detail="Not today.", status=400,
    )  # fmt: skip
    enrol(boss, deal_of("Cool Cars", boss))
    answered(us_company)
    [(state, reason)] = told()
    assert (state, "Not today." in reason, enrolment().state) == ("failed", True, "failed")
    assert ours(quickbooks, us_company) == []

    enrolments.retry(enrolment(), by=boss)
    carry_on()
    answered(us_company)

    assert [(state, enrolment().state) for state, _reason in told()] == [("done", "finished")]
    assert len(ours(quickbooks, us_company)) == SalesReceipt.objects.filter(created_by=boss).count() == 1


def test_a_british_receipt_has_the_tax_code_that_the_step_names(quickbooks, transactional_db):
    company = connect(quickbooks, "uk")
    enable(company)
    sync_company(company)
    boss = user("Admin", "boss@example.com")
    deal = new_deal(boss, ("Advice", "1", "100"))
    Deal.objects.filter(pk=deal.pk).update(currency="GBP")
    enrol(boss, deal, tax_code="20.0% S")
    answered(company)

    assert [state for state, _reason in told()] == ["done"], told()
    [document] = ours(quickbooks, company)
    assert (document["GlobalTaxCalculation"], document["TotalAmt"]) == ("TaxExcluded", 120)


def test_a_workflow_without_owner_makes_no_receipt(us_company, boss):
    deal = deal_of("Cool Cars", boss)
    workflow = workflow_of(boss, step("a", "create_sales_receipt"), about="deal")
    workflow.owner = None
    workflow.save()
    enrolments.enrol_by_hand(workflow, "deal", [deal.pk], by=boss)
    carry_on()

    assert told() == [("failed", str(steps.NO_OWNER))]
