"""Void or delete an invoice that QuickBooks has. The wish is kept here first; `sync` carries it over."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.plain import plain
from invoices.enums import Ending
from invoices.models import Invoice, InvoiceEdit
from invoices.ports import accounting

_EVENTS = {Ending.VOID: "invoice.void_requested", Ending.DELETE: "invoice.delete_requested"}


class NotPossible(Exception):
    """The invoice can't be voided or deleted now; the message says why."""


@needs("invoices.void")
def void(invoice: Invoice, *, by: Any) -> Invoice:
    """Ask QuickBooks to void the invoice: its amounts become zero, its number stays. Raises NotPossible."""
    return _end(invoice, Ending.VOID, by=by)


@needs("invoices.void")
def delete(invoice: Invoice, *, by: Any) -> Invoice:
    """Ask QuickBooks to delete the invoice. Raises NotPossible, also while payments are applied to it."""
    return _end(invoice, Ending.DELETE, by=by)


@needs("invoices.void")
@transaction.atomic
def withdraw(invoice: Invoice, *, by: Any) -> Invoice:
    """Take a wish back that QuickBooks refused. Does nothing when there is none."""
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").get(pk=invoice.pk)
    if locked.ending:
        Invoice.objects.filter(pk=locked.pk).update(ending=Ending.NONE, ending_by=None, updated_at=timezone.now())
        locked.refresh_from_db(fields=["ending", "ending_by", "updated_at"])
        _tell("invoice.ending_withdrawn", locked, by=by)
    return locked


@transaction.atomic
def _end(invoice: Invoice, ending: Ending, *, by: Any) -> Invoice:
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").get(pk=invoice.pk)
    if locked.ending == ending:
        return locked
    _refuse(locked, ending)
    # What was changed here and is not in QuickBooks yet is given up with the invoice.
    InvoiceEdit.objects.filter(invoice=locked).delete()
    Invoice.objects.filter(pk=locked.pk).update(ending=ending, ending_by=by, tracked=True, updated_at=timezone.now())
    locked.refresh_from_db(fields=["ending", "ending_by", "tracked", "updated_at"])
    _tell(_EVENTS[ending], locked, by=by)
    return locked


def _tell(event: str, invoice: Invoice, *, by: Any) -> None:
    about = [*([invoice.deal] if invoice.deal else []), *invoice.contacts.all(), *invoice.companies.all()]
    emit(
        event,
        invoice,
        by=by,
        about=about,
        number=invoice.number,
        customer=invoice.customer_name,
        currency=invoice.currency,
        total=plain(invoice.total),
        balance=plain(invoice.balance),
    )


def _refuse(invoice: Invoice, ending: Ending) -> None:
    if refusal := accounting().edit_refusal(invoice):
        raise NotPossible(refusal)
    if not invoice.external_id:
        raise NotPossible(_("QuickBooks does not have this invoice yet."))
    if invoice.removed_at is not None:
        raise NotPossible(_("This invoice was deleted in QuickBooks already."))
    if invoice.voided and ending == Ending.VOID:
        raise NotPossible(_("This invoice is voided already."))
    if invoice.ending:
        raise NotPossible(_("This invoice is just being voided or deleted."))
    if ending == Ending.DELETE and invoice.applications.filter(payment__removed_at=None, amount__gt=0).exists():
        raise NotPossible(
            _("Payments are applied to this invoice. Take them off in QuickBooks first, or void the invoice instead.")
        )
