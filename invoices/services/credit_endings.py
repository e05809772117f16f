"""Void or delete a credit memo or sales receipt that QuickBooks has. The wish is kept here; `sync` carries it over."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from invoices.enums import CreditKind, Ending
from invoices.models import CreditDocument
from invoices.ports import accounting
from invoices.services.credit_memos import tell

# QuickBooks' interface deletes both, and voids sales receipts only.
ENDINGS = {
    CreditKind.CREDIT_MEMO: (Ending.DELETE,),
    CreditKind.SALES_RECEIPT: (Ending.VOID, Ending.DELETE),
}


class NotPossible(Exception):
    """The document can't be voided or deleted now; the message says why."""


@needs("invoices.void")
@transaction.atomic
def end(document: CreditDocument, ending: Ending, *, by: Any) -> CreditDocument:
    """Ask QuickBooks to void or delete the document, once. Emits ``<kind>.void_requested`` or ``…delete_requested``.

    Raises NotPossible with a sentence.
    """
    locked = _locked(document)
    if locked.ending == ending:
        return locked
    if ending not in ENDINGS.get(CreditKind(locked.kind), ()):
        raise NotPossible(_("QuickBooks lets other programs delete credit memos, not void them."))
    if refusal := refusal_of(locked):
        raise NotPossible(refusal)
    locked.ending, locked.ending_by = ending, by
    locked.save(update_fields=["ending", "ending_by"])
    tell(f"{locked.kind}.{ending}_requested", locked, by=by)
    return locked


@needs("invoices.void")
@transaction.atomic
def withdraw(document: CreditDocument, *, by: Any) -> CreditDocument:
    """Take a wish back that QuickBooks refused. Does nothing when there is none; raises NotPossible under way."""
    locked = _locked(document)
    if locked.ending:
        if refusal := accounting().give_up_credit(locked):
            raise NotPossible(refusal)
        locked.ending, locked.ending_by = Ending.NONE, None
        locked.save(update_fields=["ending", "ending_by"])
        tell(f"{locked.kind}.ending_withdrawn", locked, by=by)
    return locked


def refusal_of(document: CreditDocument) -> str:
    """Why a document can't be voided or deleted, in words; empty when it can."""
    if not document.living:
        return _("QuickBooks does not have it, or it is voided or deleted already.")
    if document.ending:
        return _("It is just being voided or deleted.")
    if document.deposited:
        return _("It is part of a bank deposit. Take it out of the deposit in QuickBooks first.")
    if document.applications.filter(payment__removed_at=None, payment__voided=False).exists():
        return _("It is used for invoices. Delete the payments that use it first.")
    return accounting().writing_refusal(document.connection_id)


def _locked(document: CreditDocument) -> CreditDocument:
    rows = CreditDocument.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    return rows.get(pk=document.pk)
