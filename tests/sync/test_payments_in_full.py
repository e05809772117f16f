"""Payments over several invoices, credit, voiding and deleting, as QuickBooks has them in the end."""

import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from core.models import Event
from invoices.models import CreditDocument, CreditUse, Invoice, Payment
from invoices.services import credit_memos, credits, payment_endings, payments
from invoices.services.payments import BadPayment, Received
from qbo_connector.models import Connection, Operation
from sync.enums import Outcome
from sync.models import Link
from sync.publish import credits as credit_publishing
from sync.publish import payment_changes
from sync.publish import payments as publishing
from sync.services.connections import add_default_mappings
from sync.services.retries import send_again
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    enable(us_company)
    add_default_mappings(us_company.pk)
    sync_company(us_company)
    return us_company


def invoices_of_one(company: Connection, count: int = 2) -> list[Invoice]:
    """Open invoices of one customer."""
    found: dict[str, list[Invoice]] = {}
    for invoice in Invoice.objects.filter(connection=company, balance__gt=20).order_by("issued_on", "pk"):
        found.setdefault(invoice.customer_external_id, []).append(invoice)
    return next(rows for rows in found.values() if len(rows) >= count)[:count]


def carry_over(company: Connection) -> None:
    """What the workers and the sweep do until nothing is left, and the next read."""
    for _round in range(3):
        for pk in publishing.unplanned():
            publishing.publish(pk)
        for pk in payment_changes.unplanned_changes():
            payment_changes.plan_wish(pk)
        for pk in credit_publishing.unplanned():
            credit_publishing.publish(pk)
        drain_until_settled(company)
    sync_company(company)


def record(amount: str, *parts: tuple[Invoice, str], by: User, **more: Any) -> Payment:
    wanted = Received(Decimal(amount), timezone.localdate(), [(i, Decimal(part)) for i, part in parts], **more)
    return payments.record(wanted, request_id=uuid.uuid4(), by=by)


def there(quickbooks: QuickBooks, company: Connection, entity: str, qbo_id: str) -> dict[str, Any] | None:
    return next((row for row in quickbooks.objects(company.realm_id, entity) if row["Id"] == qbo_id), None)


def told(object_type: str, pk: int) -> list[str]:
    rows = Event.objects.filter(object_type=object_type, object_id=pk).order_by("pk")
    return list(rows.values_list("name", flat=True))


def test_one_payment_pays_two_invoices_and_the_rest_is_credit_for_a_third_time(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    first, second = invoices_of_one(company)
    balances = first.balance, second.balance
    checking = next(row for row in quickbooks.objects(company.realm_id, "Account") if row["Name"] == "Checking")

    payment = record(
        "35", (first, "10"), (second, "15"), by=rep, reference="M-1", deposit_account_external_id=checking["Id"]
    )
    carry_over(company)

    payment.refresh_from_db()
    sent = there(quickbooks, company, "Payment", payment.external_id)
    assert sent is not None
    assert (sent["TotalAmt"], sent["UnappliedAmt"], sent["DepositToAccountRef"]["value"]) == (35, 10, checking["Id"])
    assert (payment.unapplied, payment.deposit_account_name) == (10, "Checking")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.balance, second.balance) == (balances[0] - 10, balances[1] - 15)

    credits.apply_credits(first, payments=[(payment, Decimal(4))], request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    first.refresh_from_db()
    payment.refresh_from_db()
    assert (first.balance, payment.unapplied) == (balances[0] - 14, 6)
    assert sorted(payment.applications.values_list("amount", flat=True)) == [14, 15]
    assert CreditUse.objects.get().done_at is not None
    assert told("payment", payment.pk) == [
        "payment.requested",
        "payment.received",
        "payment.apply_requested",
        "payment.changed",
    ]
    assert Link.objects.get(object_type="payment", object_id=payment.pk).outcome == Outcome.IN_SYNC


def test_the_same_click_uses_credit_once_also_after_it_was_done(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    first, _second = invoices_of_one(company)
    payment = record("30", (first, "5"), by=rep)
    carry_over(company)
    payment.refresh_from_db()
    click = uuid.uuid4()

    for _each in range(2):
        credits.apply_credits(first, payments=[(payment, Decimal(7))], request_id=click, by=rep)
    carry_over(company)
    credits.apply_credits(first, payments=[(payment, Decimal(7))], request_id=click, by=rep)
    carry_over(company)

    payment.refresh_from_db()
    assert payment.unapplied == 18
    assert Operation.objects.filter(subject=f"payment:{payment.pk}", verb="update").count() == 1


def test_more_credit_than_there_is_and_more_than_is_open_are_refused(company: Connection, rep: User) -> None:
    first, second = invoices_of_one(company)
    payment = record("30", (first, "5"), by=rep)
    carry_over(company)
    payment.refresh_from_db()
    credits.apply_credits(first, payments=[(payment, Decimal(10))], request_id=uuid.uuid4(), by=rep)

    with pytest.raises(BadPayment, match="is left"):
        credits.apply_credits(second, payments=[(payment, Decimal(16))], request_id=uuid.uuid4(), by=rep)
    other = Invoice.objects.filter(connection=company, balance__gt=20).exclude(
        customer_external_id=first.customer_external_id
    )[0]
    with pytest.raises(BadPayment, match="own customer"):
        credits.apply_credits(other, payments=[(payment, Decimal(1))], request_id=uuid.uuid4(), by=rep)
    assert CreditUse.objects.count() == 1


def test_an_invoice_is_credited_and_the_credit_memo_is_applied_to_it(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    invoice = next(
        i
        for i in Invoice.objects.filter(connection=company, balance__gt=50).order_by("pk")
        if i.balance == i.total and credit_memos.creditable(i)
    )
    balance = invoice.balance
    line = credit_memos.creditable(invoice)[0].line

    memo = credit_memos.create_from_invoice(
        invoice, {line.pk: Decimal(20)}, issued_on=timezone.localdate(), request_id=uuid.uuid4(), by=rep
    )
    carry_over(company)

    memo.refresh_from_db()
    sent = there(quickbooks, company, "CreditMemo", memo.external_id)
    assert sent is not None
    assert (memo.number, memo.total, memo.remaining) == (sent["DocNumber"], sent["TotalAmt"], sent["RemainingCredit"])
    assert memo.total >= 20
    assert told("creditmemo", memo.pk) == ["creditmemo.requested", "creditmemo.created"]
    assert CreditDocument.objects.filter(kind="creditmemo", external_id=memo.external_id).count() == 1

    (carrier,) = credits.apply_credits(invoice, memos=[(memo, Decimal(15))], request_id=uuid.uuid4(), by=rep)
    assert [left for _memo, left in credits.available(invoice).memos if _memo.pk == memo.pk] == [memo.remaining - 15]
    carry_over(company)

    invoice.refresh_from_db()
    memo.refresh_from_db()
    carrier.refresh_from_db()
    assert invoice.balance == balance - 15
    assert memo.remaining == memo.total - 15
    assert (carrier.amount, [use.amount for use in memo.applications.all()]) == (0, [15])
    assert told("payment", carrier.pk) == ["creditmemo.apply_requested", "creditmemo.applied"]


def test_no_line_is_credited_twice(company: Connection, rep: User) -> None:
    invoice = next(i for i in Invoice.objects.filter(connection=company).order_by("pk") if credit_memos.creditable(i))
    each = credit_memos.creditable(invoice)[0]
    today = timezone.localdate()
    credit_memos.create_from_invoice(
        invoice, {each.line.pk: each.amount}, issued_on=today, request_id=uuid.uuid4(), by=rep
    )

    with pytest.raises(credit_memos.BadCredit, match="can still be credited"):
        credit_memos.create_from_invoice(
            invoice, {each.line.pk: Decimal(1)}, issued_on=today, request_id=uuid.uuid4(), by=rep
        )
    assert CreditDocument.objects.filter(external_id="").count() == 1


@pytest.mark.parametrize("act", ["void", "delete"])
def test_a_payment_is_voided_or_deleted_and_its_invoice_is_open_again(
    quickbooks: QuickBooks, company: Connection, rep: User, act: str
) -> None:
    first, _second = invoices_of_one(company)
    balance = first.balance
    payment = record("10", (first, "10"), by=rep)
    carry_over(company)
    payment.refresh_from_db()

    getattr(payment_endings, act)(payment, by=rep)
    carry_over(company)

    payment.refresh_from_db()
    first.refresh_from_db()
    assert first.balance == balance
    assert payment.ending == ""
    found = there(quickbooks, company, "Payment", payment.external_id)
    if act == "void":
        assert payment.voided
        assert found is not None
        assert found["TotalAmt"] == 0
        assert told("payment", payment.pk)[-2:] == ["payment.void_requested", "payment.voided"]
    else:
        assert payment.removed_at is not None
        assert found is None
        assert told("payment", payment.pk)[-2:] == ["payment.delete_requested", "payment.removed"]


def test_what_is_in_a_deposit_is_refused_before_and_by_quickbooks(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    deposited = Payment.objects.filter(connection=company, deposited=True)[0]
    with pytest.raises(payment_endings.NotPossible, match="bank deposit"):
        payment_endings.void(deposited, by=rep)
    # The mirror may not know of the deposit yet: then QuickBooks refuses, and the page says why.
    Payment.objects.filter(pk=deposited.pk).update(deposited=False)
    payment_endings.delete(deposited, by=rep)
    carry_over(company)

    deposited.refresh_from_db()
    link = Link.objects.get(object_type="payment", object_id=deposited.pk)
    assert (deposited.ending, deposited.removed_at) == ("delete", None)
    assert link.outcome == Outcome.FAILING
    assert "bank deposit" in link.reason
    assert told("payment", deposited.pk)[-1] == "payment.change_refused"
    payment_endings.withdraw(deposited, by=rep)
    link.refresh_from_db()
    assert link.outcome == Outcome.IN_SYNC


def test_a_use_that_is_refused_says_why_and_is_tried_again_or_given_up(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    first, _second = invoices_of_one(company)
    payment = record("30", (first, "5"), by=rep)
    carry_over(company)
    payment.refresh_from_db()
    fault = {
        "method": "POST", "path": "/payment", "action": "fault", "code": "6000", "message": "Error",
        "detail": "Business Validation Error: Not today.", "status": 400, "times": 1,
    }  # fmt: skip
    quickbooks.fault(**fault)
    credits.apply_credits(first, payments=[(payment, Decimal(7))], request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    use = CreditUse.objects.get()
    assert use.refused_at is not None
    assert "Not today." in use.problem
    link = Link.objects.get(object_type="payment", object_id=payment.pk)
    assert send_again([link], by=rep) == 1
    carry_over(company)
    payment.refresh_from_db()
    assert payment.unapplied == 18

    quickbooks.fault(**fault)
    credits.apply_credits(first, payments=[(payment, Decimal(8))], request_id=uuid.uuid4(), by=rep)
    carry_over(company)
    refused = CreditUse.objects.get(done_at=None)
    assert credits.give_up_use(refused, by=rep)
    payment.refresh_from_db()
    link.refresh_from_db()
    assert (payment.unapplied, link.outcome) == (18, Outcome.IN_SYNC)
    assert not CreditUse.objects.filter(done_at=None).exists()


def test_a_payment_changed_meanwhile_in_quickbooks_is_read_again_and_used(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    first, second = invoices_of_one(company)
    payment = record("40", (first, "5"), by=rep)
    carry_over(company)
    payment.refresh_from_db()
    body = there(quickbooks, company, "Payment", payment.external_id)
    assert body is not None
    line = {"Amount": 6, "LinkedTxn": [{"TxnId": second.external_id, "TxnType": "Invoice"}]}
    lines = [{"Amount": each["Amount"], "LinkedTxn": each["LinkedTxn"]} for each in body["Line"]]
    quickbooks.call("POST", f"objects/{company.realm_id}/Payment/{body['Id']}", {"Line": [*lines, line]})

    credits.apply_credits(first, payments=[(payment, Decimal(7))], request_id=uuid.uuid4(), by=rep)
    carry_over(company)

    payment.refresh_from_db()
    assert payment.unapplied == 22
    assert sorted(payment.applications.values_list("amount", flat=True)) == [6, 12]


def test_what_quickbooks_has_of_credits_refunds_and_receipts_is_here(company: Connection) -> None:
    assert set(CreditDocument.objects.values_list("kind", flat=True)) == {"creditmemo", "refund", "salesreceipt"}
    memo = CreditDocument.objects.get(kind="creditmemo", number="1026")
    assert (memo.total, memo.remaining, memo.lines[0]["name"]) == (100, 0, "Pest Control")
    (use,) = memo.applications.all()
    assert use.payment.amount == 0
    assert use.amount == 100
    refund = CreditDocument.objects.get(kind="refund", number="1020")
    assert (refund.total, refund.account_name, refund.method_name) == (Decimal("87.5"), "Checking", "Check")
    assert not Event.objects.filter(name__startswith="refund.").exists()


def test_shipping_is_given_back_as_well(quickbooks: QuickBooks, company: Connection, rep: User) -> None:
    invoice = Invoice.objects.filter(connection=company, balance__gt=50).order_by("pk")[0]
    Invoice.objects.filter(pk=invoice.pk).update(shipping_total=12)
    invoice.refresh_from_db()
    shipping = next(each for each in credit_memos.creditable(invoice) if each.line.item_name == "Shipping")

    memo = credit_memos.create_from_invoice(
        invoice, {shipping.line.pk: Decimal(12)}, issued_on=timezone.localdate(), request_id=uuid.uuid4(), by=rep
    )
    carry_over(company)

    memo.refresh_from_db()
    sent = there(quickbooks, company, "CreditMemo", memo.external_id)
    assert sent is not None
    items = [line.get("SalesItemLineDetail", {}).get("ItemRef", {}).get("value") for line in sent["Line"]]
    assert "SHIPPING_ITEM_ID" in items
    assert memo.total >= 12
