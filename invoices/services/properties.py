"""Writing the custom properties of invoices and payments. They are the CRM's own: QuickBooks keeps their figures."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import Draft, emit, emit_many
from core.models import Origin
from core.properties import PREFIX, BadValues, changes_between, clean_many, clean_values, told_change
from invoices.editing import base_of
from invoices.models import CreditDocument, Invoice, InvoiceEdit, Payment
from invoices.services import credits_from_sync
from invoices.services.associations import About, about_of
from invoices.services.changes import event_data
from invoices.totals import plain


@needs("invoices.create")
@transaction.atomic
def change_invoice(
    invoice: Invoice, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None
) -> Invoice:  # fmt: skip
    """Write custom values of an invoice with the event ``invoice.changed``; nothing where nothing differs.

    Raises core.properties.BadValues.
    """
    fresh = Invoice.objects.select_for_update(of=("self",)).defer("search").select_related("deal").get(pk=invoice.pk)
    before = dict(fresh.properties)
    told = _written(fresh, "invoice", values, origin)
    if told:
        if fresh.external_id and fresh.removed_at is None:
            _note_edit(fresh, before, told["changes"], by=by)
        about = [fresh.deal] if fresh.deal else []
        emit("invoice.changed", fresh, by=by, origin=origin, about=about, **event_data(fresh), **told, lines=False)
    return fresh


def _note_edit(invoice: Invoice, before: Mapping[str, Any], changes: Mapping[str, Any], *, by: Any) -> None:
    """Where a property is mapped to a field of QuickBooks, the change has to get there: what it was is the base."""
    now = timezone.now()
    edit, _created = InvoiceEdit.objects.get_or_create(
        invoice=invoice,
        defaults={"base": base_of(invoice, invoice.lines.all()), "edited_at": now, "edited_by": by},
    )
    fields = edit.base["fields"]
    for name in changes:
        fields.setdefault(name, before.get(name.removeprefix(PREFIX)))
    edit.edited_at, edit.edited_by = now, by
    edit.save(update_fields=["base", "edited_at", "edited_by"])


@transaction.atomic
def take_over(values: Mapping[int, Mapping[str, Any]], *, quiet: bool) -> dict[int, str]:
    """Write custom values that came from QuickBooks, by invoice id, in a handful of statements.

    The invoices whose values can't be taken, each with the reason; the others go on. ``quiet`` emits nothing.
    """
    rows = Invoice.objects.filter(pk__in=values).select_for_update(of=("self",)).defer("search").order_by("pk")
    invoices = list(rows)
    cleaned = clean_many("invoice", [(invoice, values[invoice.pk]) for invoice in invoices], complete=False)
    problems: dict[int, str] = {}
    changed: list[tuple[Invoice, dict[str, list[Any]]]] = []
    for invoice, result in zip(invoices, cleaned, strict=True):
        if isinstance(result, BadValues):
            problems[invoice.pk] = str(result)
            continue
        changes = {name: list(pair) for name, pair in changes_between(invoice.properties, result).items()}
        if changes:
            invoice.properties, invoice.updated_at = result, timezone.now()
            changed.append((invoice, changes))
    Invoice.objects.bulk_update([invoice for invoice, _changes in changed], ["properties", "updated_at"])
    if changed and not quiet:
        about = about_of({invoice.pk: invoice.deal_id for invoice, _changes in changed})
        emit_many(
            [_changed_draft(invoice, changes, about[invoice.pk]) for invoice, changes in changed], origin=Origin.SYNC
        )
    return problems


def _changed_draft(invoice: Invoice, changes: dict[str, list[Any]], about: About) -> Draft:
    told = told_change("invoice", changes, currency=invoice.currency)
    data = {**event_data(invoice), "changes": changes, "told": told, "lines": False}
    return Draft("invoice.changed", "invoice", invoice.pk, about, data)


@needs("invoices.create")
@transaction.atomic
def change_payment(payment: Payment, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None) -> Payment:
    """Write custom values of a payment with the event ``payment.changed``; nothing where nothing differs.

    Raises core.properties.BadValues.
    """
    fresh = Payment.objects.select_for_update(of=("self",)).defer("search").get(pk=payment.pk)
    told = _written(fresh, "payment", values, origin)
    if told:
        paid = [part.invoice for part in fresh.applications.select_related("invoice") if part.invoice is not None]
        words = {"amount": plain(fresh.amount), "currency": fresh.currency}
        emit("payment.changed", fresh, by=by, origin=origin, about=paid, **words, **told)
    return fresh


@needs("invoices.create")
@transaction.atomic
def change_credit(
    document: CreditDocument, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None
) -> CreditDocument:  # fmt: skip
    """Write custom values of a credit memo, refund or receipt; tells ``<kind>.changed`` where something differs.

    Raises core.properties.BadValues.
    """
    rows = CreditDocument.objects.select_for_update(of=("self",)).defer("search")
    fresh = rows.get(pk=document.pk)
    told = _written(fresh, fresh.kind, values, origin)
    if told:
        about = credits_from_sync.places_of([fresh])[fresh.pk]
        data = {**credits_from_sync.event_data(fresh), **told}
        chosen = origin or (Origin.PERSON if by is not None else Origin.SYSTEM)
        emit_many([Draft(f"{fresh.kind}.changed", fresh.kind, fresh.pk, about, data)], by=by, origin=chosen)
    return fresh


def _written(
    record: Invoice | Payment | CreditDocument, object_type: str, values: Mapping[str, Any], origin: Origin | None
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
