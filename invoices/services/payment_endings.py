"""Void or delete a payment that QuickBooks has. The wish is kept here first; `sync` carries it over."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.events import Draft, emit_many
from core.models import Origin
from invoices.enums import Ending
from invoices.models import Payment
from invoices.ports import accounting
from invoices.services.payments_from_sync import event_data, shown_so_far

_EVENTS = {Ending.VOID: "payment.void_requested", Ending.DELETE: "payment.delete_requested"}


class NotPossible(Exception):
    """The payment can't be voided or deleted now; the message says why."""


@needs("invoices.void")
def void(payment: Payment, *, by: Any) -> Payment:
    """Ask QuickBooks to void the payment: its amount becomes zero and its invoices are open again.

    Raises NotPossible with a sentence.
    """
    return _end(payment, Ending.VOID, by=by)


@needs("invoices.void")
def delete(payment: Payment, *, by: Any) -> Payment:
    """Ask QuickBooks to delete the payment. Raises NotPossible with a sentence."""
    return _end(payment, Ending.DELETE, by=by)


@needs("invoices.void")
@transaction.atomic
def withdraw(payment: Payment, *, by: Any) -> Payment:
    """Take a wish back that QuickBooks refused. Does nothing when there is none; raises NotPossible under way."""
    locked = _locked(payment)
    if locked.ending:
        if refusal := accounting().give_up_payment_ending(locked):
            raise NotPossible(refusal)
        locked.ending, locked.ending_by = Ending.NONE, None
        locked.save(update_fields=["ending", "ending_by"])
        tell("payment.ending_withdrawn", locked, by=by)
    return locked


@transaction.atomic
def _end(payment: Payment, ending: Ending, *, by: Any) -> Payment:
    locked = _locked(payment)
    if locked.ending == ending:
        return locked
    if refusal := refusal_of(locked, ending):
        raise NotPossible(refusal)
    locked.ending, locked.ending_by = ending, by
    locked.save(update_fields=["ending", "ending_by"])
    tell(_EVENTS[ending], locked, by=by)
    return locked


def refusal_of(payment: Payment, ending: Ending) -> str:
    """Why a payment can't be voided or deleted, in words; empty when it can."""
    if not payment.external_id:
        return _("QuickBooks does not have this payment yet. Discard it instead.")
    if payment.removed_at is not None:
        return _("This payment was deleted in QuickBooks already.")
    if payment.voided and ending == Ending.VOID:
        return _("This payment is voided already.")
    if payment.ending:
        return _("This payment is just being voided or deleted.")
    if payment.deposited:
        return _("This payment is part of a bank deposit. Take it out of the deposit in QuickBooks first.")
    return accounting().writing_refusal(payment.connection_id)


def tell(name: str, payment: Payment, *, by: Any, **data: Any) -> None:
    """Write an event about a payment, shown wherever the payment is."""
    places, numbers = shown_so_far([payment.pk])
    told = {**event_data(payment), "invoices": numbers[payment.pk], **data}
    origin = Origin.PERSON if by is not None else Origin.SYNC
    emit_many([Draft(name, "payment", payment.pk, places[payment.pk], told)], by=by, origin=origin)


def _locked(payment: Payment) -> Payment:
    rows = Payment.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    return rows.get(pk=payment.pk)
