"""The step that makes a QuickBooks sales receipt from a deal or quote: a sale that is paid for already."""

import uuid
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoices.enums import SyncState
from invoices.models import SalesReceipt
from invoices.ports import accounting
from invoices.services import sales_receipts
from workflows.steps.drafting import draft_for
from workflows.steps.quickbooks import (
    BILLING,
    CANT_BILL,
    GROUP,
    NAMESPACE,
    NO_OWNER,
    answer_words,
    cant_bill,
    wait_for_answer,
    what_is_billed,
)
from workflows.steps.registry import Done, Failed, Outcome, Settings, StepContext, StepType, add_step_types


def preview_receipt(settings: Settings, run: StepContext) -> str:
    """What sales receipt would be made for whom, and where."""
    words = what_is_billed(settings, run)
    return _("Creates a sales receipt in %(company)s for %(customer)s from the %(lines)d lines of %(record)s.") % words


def run_receipt(settings: Settings, run: StepContext) -> Outcome:
    """Make the sales receipt of a deal or quote; done when QuickBooks has it."""
    if run.waiting.get("receipt"):
        return _answer(run)
    if run.owner is None:
        return Failed(str(NO_OWNER))
    try:
        draft = draft_for(run.record, settings, by=run.owner)
        draft.request_id = uuid.uuid5(NAMESPACE, run.key)
        receipt = sales_receipts.create_from_draft(draft, by=run.owner)
    except CANT_BILL as refused:
        return cant_bill(refused)
    # Nobody goes on with it: the receipt holds all that it said.
    draft.delete()
    run.note(receipt)
    return wait_for_answer(run, {"receipt": receipt.pk})


def _answer(run: StepContext) -> Outcome:
    receipt = SalesReceipt.objects.defer("search").filter(pk=run.waiting["receipt"]).first()
    if receipt is None or (receipt.removed_at is not None and not receipt.external_id):
        return Failed(_("The sales receipt was discarded before QuickBooks had it."))
    data: dict[str, Any] = {"receipt": receipt.pk, "number": receipt.number, "external_id": receipt.external_id}
    if receipt.external_id:
        words = {"number": receipt, "customer": receipt.customer_name}
        return Done(_("Created sales receipt %(number)s for %(customer)s.") % words, data)
    kind = sales_receipts.KIND
    mark = accounting().document_marks(kind, [receipt.pk]).get(receipt.pk)
    if mark is not None and mark.state == SyncState.FAILED:
        if run.again and accounting().retry_document(kind, receipt.pk):
            return wait_for_answer(run, {"receipt": receipt.pk})
        return Failed(answer_words(mark.reason, mark.detail), data=data, keep=True)
    return wait_for_answer(run, {"receipt": receipt.pk})


def register() -> None:
    """Add the step."""
    add_step_types(
        StepType(
            "create_sales_receipt",
            gettext_lazy("Create a QuickBooks sales receipt"),
            gettext_lazy(
                "Makes a sales receipt from the deal’s or the quote’s lines: a sale that is paid for already."
            ),
            GROUP,
            "receipt",
            preview_receipt,
            run_receipt,
            objects=("deal", "quote"),
            fields=BILLING,
            permission="invoices.record_payment",
        ),
    )
