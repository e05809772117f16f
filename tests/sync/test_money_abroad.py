"""Payments and credit memos of companies outside the US: other currencies, and the tax that goes back."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from invoices.models import CreditDocument, Payment
from invoices.services import credit_memos, credits, payments
from invoices.services.payments import Received
from sync.publish import credits as credit_publishing
from sync.publish import payment_changes
from sync.publish import payments as publishing
from tests.makers import changed
from tests.quickbooks import drain_until_settled, sync_company
from tests.sync.test_money_round_trip import UK_LINES, draft_for, posted, ready

pytestmark = pytest.mark.django_db(transaction=True)


def carried(connection, record):
    for _round in range(3):
        for pk in credit_publishing.unplanned():
            credit_publishing.publish(pk)
        for pk in publishing.unplanned():
            publishing.publish(pk)
        for pk in payment_changes.unplanned_changes():
            payment_changes.plan_wish(pk)
        drain_until_settled(connection)
    sync_company(connection)
    record.refresh_from_db()
    return record


def credited(invoice, by):
    amounts = {each.line.pk: each.amount for each in credit_memos.creditable(invoice)}
    return credit_memos.create_from_invoice(
        invoice, amounts, issued_on=timezone.localdate(), request_id=uuid.uuid4(), by=by
    )


@pytest.mark.parametrize("mode", ["exclusive", "inclusive", "none"])
def test_a_british_invoice_is_given_back_with_its_tax(mode, quickbooks):
    uk = ready(quickbooks, "uk")
    draft, rep = draft_for(quickbooks, uk, UK_LINES, tax_mode=mode)
    invoice, _document = posted(quickbooks, uk, draft, rep)

    memo = carried(uk, credited(invoice, rep))

    sent = next(row for row in quickbooks.objects(uk.realm_id, "CreditMemo") if row["Id"] == memo.external_id)
    assert (memo.total, memo.tax_total) == (invoice.total, invoice.tax_total)
    assert Decimal(str(sent["TotalAmt"])) == invoice.total
    assert sent["GlobalTaxCalculation"] == {
        "exclusive": "TaxExcluded", "inclusive": "TaxInclusive", "none": "NotApplicable",
    }[mode]  # fmt: skip
    credits.apply_credits(invoice, memos=[(memo, memo.remaining)], request_id=uuid.uuid4(), by=rep)
    assert carried(uk, invoice).balance == 0
    assert CreditDocument.objects.get(pk=memo.pk).remaining == 0


def abroad(quickbooks):
    """A Canadian invoice in a currency that is not Canada's, at a typed rate."""
    ca = ready(quickbooks, "ca")
    rows = quickbooks.objects(ca.realm_id, "Customer")
    customer = next(row for row in rows if row["CurrencyRef"]["value"] not in ("CAD", None))
    codes = quickbooks.objects(ca.realm_id, "TaxCode")
    code = next(row["Id"] for row in codes if row["Name"] == "Zero-rated")
    lines = [("2", "10.05", {"tax_code": code})]
    currency = customer["CurrencyRef"]["value"]
    draft, rep = draft_for(quickbooks, ca, lines, currency=currency, exchange_rate="1.4321")
    changed(draft, customer={"mode": "existing", "external_id": customer["Id"], "name": customer["DisplayName"]})
    return ca, *posted(quickbooks, ca, draft, rep), rep


def test_a_payment_in_another_currency_has_its_own_rate_and_its_rest_pays_another_time(quickbooks):
    ca, invoice, _document, rep = abroad(quickbooks)
    wanted = Received(Decimal(30), timezone.localdate(), [(invoice, Decimal("12.10"))], exchange_rate=Decimal("1.3999"))

    payment = carried(ca, payments.record(wanted, request_id=uuid.uuid4(), by=rep))

    sent = next(row for row in quickbooks.objects(ca.realm_id, "Payment") if row["Id"] == payment.external_id)
    assert (sent["CurrencyRef"]["value"], Decimal(str(sent["ExchangeRate"]))) == (invoice.currency, Decimal("1.3999"))
    assert (payment.currency, payment.exchange_rate) == (invoice.currency, Decimal("1.3999"))
    invoice.refresh_from_db()
    assert (invoice.balance, payment.unapplied) == (8, Decimal("17.90"))
    credits.apply_credits(invoice, payments=[(payment, Decimal(8))], request_id=uuid.uuid4(), by=rep)
    assert carried(ca, invoice).balance == 0
    assert Payment.objects.get(pk=payment.pk).unapplied == Decimal("9.90")


def test_a_canadian_invoice_in_another_currency_is_given_back_at_its_rate(quickbooks):
    ca, invoice, _document, rep = abroad(quickbooks)

    memo = carried(ca, credited(invoice, rep))

    assert (memo.total, memo.currency, memo.exchange_rate) == (invoice.total, invoice.currency, Decimal("1.4321"))
