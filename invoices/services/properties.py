"""Writing the custom properties of invoices and payments. They are the CRM's own: QuickBooks keeps their figures."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from core.properties import changes_between, clean_values, told_change
from invoices.models import Invoice, Payment
from invoices.services.changes import event_data
from invoices.totals import plain


@transaction.atomic
def change_invoice(
    invoice: Invoice, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None
) -> Invoice:  # fmt: skip
    """Write custom values of an invoice with the event ``invoice.changed``; nothing where nothing differs.

    Raises core.properties.BadValues.
    """
    fresh = Invoice.objects.select_for_update(of=("self",)).defer("search").select_related("deal").get(pk=invoice.pk)
    told = _written(fresh, "invoice", values, origin)
    if told:
        about = [fresh.deal] if fresh.deal else []
        emit("invoice.changed", fresh, by=by, origin=origin, about=about, **event_data(fresh), **told, lines=False)
    return fresh


@transaction.atomic
def change_payment(payment: Payment, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None) -> Payment:
    """Write custom values of a payment with the event ``payment.changed``; nothing where nothing differs.

    Raises core.properties.BadValues.
    """
    fresh = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    told = _written(fresh, "payment", values, origin)
    if told:
        paid = [part.invoice for part in fresh.applications.select_related("invoice") if part.invoice is not None]
        words = {"amount": plain(fresh.amount), "currency": fresh.currency}
        emit("payment.changed", fresh, by=by, origin=origin, about=paid, **words, **told)
    return fresh


def _written(
    record: Invoice | Payment, object_type: str, values: Mapping[str, Any], origin: Origin | None
) -> dict[str, Any]:
    """Write what differs; for the event what changed and in which words, nothing where nothing differs."""
    before = record.properties
    cleaned = clean_values(object_type, values, record=record, complete=origin != Origin.SYNC)
    changes = {name: list(pair) for name, pair in changes_between(before, cleaned).items()}
    if not changes:
        return {}
    written: dict[str, Any] = {"properties": cleaned}
    if isinstance(record, Invoice):
        written["updated_at"] = timezone.now()
    type(record)._default_manager.filter(pk=record.pk).update(**written)
    record.properties = cleaned
    return {"changes": changes, "told": told_change(object_type, changes, currency=record.currency)}
