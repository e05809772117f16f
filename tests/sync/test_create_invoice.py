"""From a deal to an invoice in QuickBooks, and back to the deal."""

from decimal import Decimal

import pytest

from core.models import Event, EventLink
from crm.models import DealBilling
from invoices.enums import SyncState
from invoices.models import Invoice
from invoices.ports import accounting
from invoices.reading import DraftProblems
from invoices.services import create as creating
from qbo_connector.models import Operation, PullSchedule
from sync.models import Link
from tests.checker import assert_at_rest, marked
from tests.makers import changed, deal_of, draft_of, new_deal, requested_invoice, user
from tests.quickbooks import connect, drain_until_settled, enable, sync_company


def test_a_deal_becomes_an_invoice_with_number_and_status(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)

    invoice = requested_invoice(deal, rep)
    assert accounting().sync_marks([invoice.pk])[invoice.pk].state == SyncState.CREATING
    drain_until_settled(us_company)

    invoice.refresh_from_db()
    document = next(
        row for row in quickbooks.objects(us_company.realm_id, "Invoice") if row["Id"] == invoice.external_id
    )
    assert invoice.number == document["DocNumber"] != ""
    assert invoice.status == "waiting"
    assert invoice.total == Decimal(str(document["TotalAmt"]))
    assert document["CustomerRef"]["name"] == "Cool Cars"
    assert [line["Amount"] for line in document["Line"][:2]] == [150, 275]
    assert document["EmailStatus"] == "NotSet"
    assert all("TaxCodeRef" in line["SalesItemLineDetail"] for line in document["Line"][:2])
    assert accounting().sync_marks([invoice.pk])[invoice.pk].state == SyncState.IN_SYNC
    billing = DealBilling.objects.get(deal=deal)
    assert (billing.invoice_number, billing.invoice_status) == (invoice.number, "waiting")
    assert billing.billed == billing.outstanding == invoice.total
    assert_at_rest(quickbooks, us_company)


def test_no_tax_code_is_sent_by_a_us_company(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    requested_invoice(deal_of("Cool Cars", rep), rep)
    drain_until_settled(us_company)

    sent = Operation.objects.get(entity="Invoice").intent
    assert all("TaxCodeRef" not in line["SalesItemLineDetail"] for line in sent["Line"])
    assert "EmailStatus" not in sent
    assert "DocNumber" not in sent


def test_a_payment_shows_on_the_deal_within_a_cycle(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)
    invoice = requested_invoice(deal, rep)
    drain_until_settled(us_company)
    invoice.refresh_from_db()

    quickbooks.call(
        "POST", f"objects/{us_company.realm_id}/Invoice/{invoice.external_id}", {"operation": "pay", "amount": 100}
    )
    sync_company(us_company)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.total - invoice.balance) == ("partial", 100)
    billing = DealBilling.objects.get(deal=deal)
    assert (billing.paid, billing.invoice_status) == (100, "partial")
    on_deal = EventLink.objects.filter(object_type="deal", object_id=deal.pk).values_list("event_id", flat=True)
    received = Event.objects.get(pk__in=on_deal, name="payment.received")
    assert Decimal(received.data["amount"]) == 100

    quickbooks.call("POST", f"objects/{us_company.realm_id}/Invoice/{invoice.external_id}", {"operation": "pay"})
    sync_company(us_company)

    invoice.refresh_from_db()
    assert (invoice.status, invoice.balance) == ("paid", 0)
    assert DealBilling.objects.get(deal=deal).outstanding == 0
    assert_at_rest(quickbooks, us_company)


def test_a_new_customer_and_a_new_product_are_created_on_the_way(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep, ("Moon garden", "3", "40.50"), ("Design", "1", "75"))
    draft = draft_of(deal, rep)
    lines = draft.data["lines"]
    lines[0]["item"] = {"mode": "create", "name": "Moon garden", "sku": "MG-1", "unit_price": "40.50"}
    customer = {
        "mode": "create", "name": "Brand New Gardens", "email": "nora@brandnew.example",
        "company_name": "Brand New Gardens", "given_name": "Nora", "family_name": "New",
    }  # fmt: skip
    invoice = creating.create_invoice(changed(draft, lines=lines, customer=customer), by=rep)
    drain_until_settled(us_company)

    invoice.refresh_from_db()
    customers = {row["DisplayName"]: row["Id"] for row in quickbooks.objects(us_company.realm_id, "Customer")}
    items = {row["Name"]: row["Id"] for row in quickbooks.objects(us_company.realm_id, "Item")}
    assert invoice.customer_external_id == customers["Brand New Gardens"]
    assert invoice.lines.first().item_external_id == items["Moon garden"]
    link = Link.objects.get(entity="Customer", object_type="company", object_id=deal.company_id)
    assert link.qbo_id == customers["Brand New Gardens"]
    assert deal.company.contacts.count() == 1, "the customer coming back made a second contact"
    assert_at_rest(quickbooks, us_company)


def test_two_invoices_for_one_new_customer_create_it_once(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = new_deal(rep)
    customer = {"mode": "create", "name": "Brand New Gardens", "email": "nora@brandnew.example"}
    for _invoice in range(2):
        creating.create_invoice(changed(draft_of(deal, rep), customer=customer), by=rep)
    drain_until_settled(us_company)

    named = [
        row for row in quickbooks.objects(us_company.realm_id, "Customer") if row["DisplayName"] == "Brand New Gardens"
    ]
    assert len(named) == 1
    assert len(marked(quickbooks, us_company)) == 2
    assert_at_rest(quickbooks, us_company)


def test_a_uk_company_needs_a_tax_code_on_every_line(quickbooks, transactional_db):
    company = connect(quickbooks, "uk")
    enable(company)
    sync_company(company)
    rep = user("Admin")
    customer = quickbooks.objects(company.realm_id, "Customer")[0]["DisplayName"]
    item = next(row for row in quickbooks.objects(company.realm_id, "Item") if row["Type"] != "Category")
    deal = deal_of(customer, rep, (item["Name"], "2", "100"), currency="GBP")
    draft = draft_of(deal, rep)
    draft.data["lines"][0]["tax_code"] = ""

    with pytest.raises(DraftProblems) as refused:
        creating.create_invoice(changed(draft, lines=draft.data["lines"]), by=rep)
    assert any(problem.field == "tax_code" for problem in refused.value.problems)
    assert not Invoice.objects.filter(origin="crm").exists()

    codes = {code.name: code for code in accounting().tax_codes(company.pk)}
    code = next(choice for choice in codes.values() if choice.percent == 20)
    draft.data["lines"][0]["tax_code"] = code.external_id
    invoice = creating.create_invoice(changed(draft, lines=draft.data["lines"]), by=rep)
    drain_until_settled(company)

    invoice.refresh_from_db()
    assert (invoice.subtotal, invoice.tax_total, invoice.total) == (200, 40, 240)
    assert invoice.currency == "GBP"
    assert_at_rest(quickbooks, company)


def test_a_refusal_comes_back_in_words_and_is_mended(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    deal = deal_of("Cool Cars", rep)
    quickbooks.fault(
        method="POST",
        entity="Invoice",
        times=1,
        action="fault",
        code="6210",
        detail="Business Validation Error: The account period has closed.",
    )
    invoice = requested_invoice(deal, rep)
    drain_until_settled(us_company)

    mark = accounting().sync_marks([invoice.pk])[invoice.pk]
    assert mark.state == SyncState.FAILED
    assert "closed" in mark.reason
    assert "account period has closed" in mark.detail
    plan = PullSchedule.objects.get(connection=us_company)
    assert (plan.cause, plan.read_reference) == ("refusal", True)
    assert Event.objects.filter(name="invoice.refused", links__object_type="deal", links__object_id=deal.pk).exists()
    assert marked(quickbooks, us_company) == {}

    accounting().retry(invoice, by=rep)
    drain_until_settled(us_company)

    assert len(marked(quickbooks, us_company)[str(invoice.request_id)]) == 1
    assert_at_rest(quickbooks, us_company)


def test_an_invoice_waits_while_quickbooks_is_down_and_says_so(us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    quickbooks.fault(method="POST", entity="Invoice", times=2, action="html", status=503)
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    drain_until_settled(us_company)

    mark = accounting().sync_marks([invoice.pk])[invoice.pk]
    assert mark.state == SyncState.WAITING
    assert mark.reason

    for _try in range(2):
        Operation.objects.update(due_at="2000-01-01T00:00:00Z")
        drain_until_settled(us_company)
    assert_at_rest(quickbooks, us_company)
    assert len(marked(quickbooks, us_company)) == 1
