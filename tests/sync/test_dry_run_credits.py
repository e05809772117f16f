"""A dry run tells new and changed estimates, credit memos and receipts, both ways, and does nothing."""

import uuid
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import User
from crm.models import Quote
from crm.services import quote_life
from invoices.models import CreditDocument, Estimate, Invoice
from invoices.services import credit_memos, estimates
from invoices.services.estimates import Wanted, keep_up
from qbo_connector.models import Connection
from sync.dry_run import CRM, QUICKBOOKS
from sync.enums import Outcome
from sync.models import Link, ObjectSettings
from tests.quickbooks import QuickBooks
from tests.sync import test_estimates
from tests.sync.test_dry_run_invoices import fields, look
from tests.sync.test_estimates import changed_there, sent

pytestmark = pytest.mark.django_db(transaction=True)
# The fixtures of a published quote.
rep, company = test_estimates.rep, test_estimates.company
deal, quote = test_estimates.deal, test_estimates.quote


def test_what_quickbooks_has_and_nobody_brought_yet_is_told(company: Connection) -> None:
    assert look(company) == {}, "both sides agree"
    estimate = Estimate.objects.exclude(external_id="").order_by("pk")[0]
    CreditDocument.objects.all().delete()
    Estimate.objects.filter(pk=estimate.pk).delete()

    found = look(company)

    (brought,) = found.pop((CRM, "create", "estimate"))
    told = fields(brought)
    assert told["number"] == (None, estimate.number)
    assert told["status"] == (None, estimate.status)
    assert Decimal(told["total"][1]) == estimate.total
    assert told["lines"][1]
    assert set(found) <= {(CRM, "create", kind) for kind in ("creditmemo", "refund", "salesreceipt")}
    assert found, "the sample company has a credit memo or a receipt"


def test_what_changed_there_is_told_field_by_field(
    quickbooks: QuickBooks,
    company: Connection,
    quote: Quote,
    rep: User,
) -> None:
    estimate = sent(company, quote, rep)
    changed_there(quickbooks, company, estimate.external_id, TxnStatus="Rejected", CustomerMemo={"value": "Maybe"})
    # As it was before it was applied.
    Estimate.objects.filter(pk=estimate.pk).update(status="Pending", message="")
    Quote.objects.filter(pk=estimate.quote_id).update(status="published")

    (changed,) = look(company)[CRM, "update", "estimate"]

    assert fields(changed) == {"status": ("Pending", "Rejected"), "message": (None, "Maybe")}


def test_what_was_made_here_and_is_not_there_yet_is_told(
    company: Connection,
    quote: Quote,
    rep: User,
) -> None:
    customer = Invoice.objects.exclude(customer_external_id="")[0].customer_external_id
    estimate = estimates.request(quote, Wanted(company.pk, customer), by=rep)
    invoice = next(i for i in Invoice.objects.filter(connection=company).order_by("pk") if credit_memos.creditable(i))
    line = credit_memos.creditable(invoice)[0].line
    memo = credit_memos.create_from_invoice(
        invoice, {line.pk: Decimal(2)}, issued_on=timezone.localdate(), request_id=uuid.uuid4(), by=rep
    )

    found = look(company)

    (offered,) = found[QUICKBOOKS, "create", "estimate"]
    assert (offered.record_id, "Wonder pump" in fields(offered)["lines"][1]) == (estimate.pk, True)
    (credited,) = found[QUICKBOOKS, "create", "creditmemo"]
    assert (credited.record_id, fields(credited)["total"][1]) == (memo.pk, "2")

    Link.objects.update_or_create(
        connection=company,
        entity="CreditMemo",
        object_type="creditmemo",
        object_id=memo.pk,
        defaults={"outcome": Outcome.FAILING, "reason": "The books are closed."},
    )
    (refused,) = look(company)[QUICKBOOKS, "stay_out", "creditmemo"]
    assert refused.reason == "The books are closed."


def test_an_answer_that_waits_goes_out_unless_invoices_only_come_in(
    company: Connection,
    quote: Quote,
    rep: User,
) -> None:
    estimate = sent(company, quote, rep)
    quote.refresh_from_db()
    quote_life.accept(quote, name="Grace Pariente", ip=None)
    keep_up(quote.pk)

    (going,) = look(company)[QUICKBOOKS, "update", "estimate"]

    assert (going.record_id, fields(going)) == (estimate.pk, {"status": ("Pending", "Accepted")})
    ObjectSettings.objects.filter(connection=company, sync_object="invoice").update(direction="in")
    assert (QUICKBOOKS, "update", "estimate") not in look(company)
