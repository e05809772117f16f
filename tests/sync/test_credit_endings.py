"""Credit memos are deleted, sales receipts voided or deleted, as QuickBooks has them in the end."""

import uuid
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from invoices.enums import Ending
from invoices.models import CreditDocument, Invoice
from invoices.services import credit_endings, credit_memos, credits
from qbo_connector.models import Connection
from sync.enums import Outcome
from sync.models import Link
from sync.publish import credits as publishing
from tests import makers
from tests.quickbooks import QuickBooks
from tests.sync.test_payments_in_full import carry_over, company, there, told

__all__ = ["company"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def admin(db: None) -> User:
    return makers.user("Admin", "admin@example.com")


def credited(company: Connection, by: User, amount: int = 20) -> tuple[Invoice, CreditDocument]:
    """A credit memo that QuickBooks has, and the invoice that it was made from."""
    open_ones = Invoice.objects.filter(connection=company, balance__gt=30).order_by("pk")
    invoice = next(i for i in open_ones if any(c.amount >= amount for c in credit_memos.creditable(i)))
    line = next(c.line for c in credit_memos.creditable(invoice) if c.amount >= amount)
    memo = credit_memos.create_from_invoice(
        invoice, {line.pk: Decimal(amount)}, issued_on=timezone.localdate(), request_id=uuid.uuid4(), by=by
    )
    carry_over(company)
    memo.refresh_from_db()
    return invoice, memo


def test_a_credit_memo_is_deleted_and_its_lines_can_be_credited_again(
    quickbooks: QuickBooks, company: Connection, admin: User
) -> None:
    invoice, memo = credited(company, admin)
    left = sum(each.amount for each in credit_memos.creditable(invoice))
    with pytest.raises(credit_endings.NotPossible, match="not void"):
        credit_endings.end(memo, Ending.VOID, by=admin)

    credit_endings.end(memo, Ending.DELETE, by=admin)
    credit_endings.end(memo, Ending.DELETE, by=admin)
    carry_over(company)

    memo.refresh_from_db()
    assert there(quickbooks, company, "CreditMemo", memo.external_id) is None
    assert (memo.ending, memo.removed_at is not None) == ("", True)
    assert told("creditmemo", memo.pk)[-2:] == ["creditmemo.delete_requested", "creditmemo.removed"]
    assert sum(each.amount for each in credit_memos.creditable(invoice)) == left + 20
    assert publishing.unplanned() == []


def test_one_that_is_used_for_an_invoice_is_left_alone(
    quickbooks: QuickBooks, company: Connection, admin: User
) -> None:
    invoice, memo = credited(company, admin)
    credits.apply_credits(invoice, memos=[(memo, Decimal(5))], request_id=uuid.uuid4(), by=admin)

    with pytest.raises(credit_endings.NotPossible, match="used for invoices"):
        credit_endings.end(memo, Ending.DELETE, by=admin)

    memo.refresh_from_db()
    assert memo.ending == ""
    assert there(quickbooks, company, "CreditMemo", memo.external_id) is not None


def test_a_refusal_is_told_tried_again_and_given_up(
    quickbooks: QuickBooks, company: Connection, admin: User, client: Client
) -> None:
    _invoice, memo = credited(company, admin)
    fault = {
        "method": "POST", "path": "/creditmemo", "action": "fault", "code": "6210", "message": "Account Period Closed",
        "detail": "The period is closed.", "status": 400, "times": 1,
    }  # fmt: skip
    quickbooks.fault(**fault)
    credit_endings.end(memo, Ending.DELETE, by=admin)
    carry_over(company)

    link = Link.objects.get(object_type="creditmemo", object_id=memo.pk)
    assert (link.outcome, told("creditmemo", memo.pk)[-1]) == (Outcome.FAILING, "creditmemo.change_refused")
    assert publishing.unplanned() == []
    client.force_login(admin)
    page = client.get(reverse("invoices:credit-detail", args=[memo.pk])).text
    assert "Leave it as it is" in page
    client.post(reverse("invoices:credit-keep", args=[memo.pk]))
    memo.refresh_from_db()
    link.refresh_from_db()
    assert (memo.ending, link.outcome) == ("", Outcome.IN_SYNC)

    client.post(reverse("invoices:credit-delete", args=[memo.pk]))
    carry_over(company)
    memo.refresh_from_db()
    assert memo.removed_at is not None


@pytest.mark.parametrize("ending", [Ending.VOID, Ending.DELETE])
def test_a_sales_receipt_is_voided_or_deleted(
    quickbooks: QuickBooks, company: Connection, admin: User, client: Client, ending: Ending
) -> None:
    receipt = CreditDocument.objects.filter(connection=company, kind="salesreceipt", deposited=False)[0]
    client.force_login(admin)
    address = reverse(f"invoices:credit-{ending}", args=[receipt.pk])
    assert address in client.get(reverse("invoices:credit-detail", args=[receipt.pk])).text

    client.post(address)
    # Nobody has planned it yet, and the page waits for it all the same.
    assert 'hx-trigger="every 2s"' in client.get(reverse("invoices:credit-detail", args=[receipt.pk])).text
    carry_over(company)

    receipt.refresh_from_db()
    body = there(quickbooks, company, "SalesReceipt", receipt.external_id)
    if ending == Ending.VOID:
        assert receipt.voided
        assert body is not None
        assert body["TotalAmt"] == 0
    else:
        assert receipt.removed_at is not None
        assert body is None
    assert receipt.ending == ""
