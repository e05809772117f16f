"""Estimates as QuickBooks has them: new ones become quotes, known ones and their quotes follow."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import Draft, emit_many
from core.models import Origin
from core.money import ZERO, rounded
from crm.enums import QuoteStatus
from crm.models import Quote
from crm.services import quotes_from_sync
from crm.services.lines import LineValues
from crm.services.quotes_from_sync import SyncedQuote
from invoices.enums import EstimateStatus, LineKind, TaxMode
from invoices.models import Estimate, EstimateLine
from invoices.ports import accounting
from invoices.services.estimates import event_data, wanted_status
from invoices.synced import SyncedEstimate, SyncedInvoiceLine
from invoices.totals import stored_money, stored_rate

LOCAL = {
    EstimateStatus.PENDING: QuoteStatus.PUBLISHED,
    EstimateStatus.ACCEPTED: QuoteStatus.ACCEPTED,
    EstimateStatus.CLOSED: QuoteStatus.CLOSED,
    EstimateStatus.REJECTED: QuoteStatus.DECLINED,
}
SHARED = (
    "number", "customer_external_id", "customer_name", "recipient", "billing_address", "shipping_address", "issued_on",
    "message", "private_note", "class_external_id", "class_name", "location_external_id", "location_name", "currency",
    "exchange_rate", "tax_mode", "tax_after_discount", "shipping_total", "shipping_tax_code_external_id", "tax_total",
    "total", "remote_updated_at",
)  # fmt: skip
CONTENT = ("subtotal", "discount_percent", "discount_total")
LINE = (
    "kind", "external_id", "product_id", "item_external_id", "item_name", "description", "quantity", "unit_price",
    "discount_percent", "discount_amount", "amount", "class_external_id", "class_name", "service_on",
    "tax_code_external_id", "tax_code_name",
)  # fmt: skip


@transaction.atomic
def apply_estimates(connection_id: int, rows: Sequence[SyncedEstimate], *, quiet: bool) -> dict[str, int]:
    """Bring the estimates of one company to the state of ``rows``; the ids by external id. Older rows are skipped."""
    newest = {row.document.external_id: row for row in rows}
    stored = {
        estimate.external_id: estimate
        for estimate in Estimate.objects.select_for_update(of=("self",))
        .filter(connection_id=connection_id, external_id__in=list(newest))
        .select_related("quote")
        .prefetch_related("lines")
        .defer("quote__search")
        .order_by("pk")
    }
    fresh = [row for external_id, row in newest.items() if external_id not in stored]
    ids = {estimate.external_id: estimate.pk for estimate in _create(connection_id, fresh, quiet=quiet)}
    for external_id, estimate in stored.items():
        _change(estimate, newest[external_id], quiet=quiet)
        ids[external_id] = estimate.pk
    return ids


@transaction.atomic
def mark_removed(connection_id: int, external_ids: Sequence[str], *, quiet: bool) -> None:
    """QuickBooks deleted these; their quotes stay."""
    gone = list(
        Estimate.objects.select_related("quote")
        .defer("quote__search")
        .filter(connection_id=connection_id, external_id__in=list(external_ids), removed_at=None)
    )
    Estimate.objects.filter(pk__in=[estimate.pk for estimate in gone]).update(removed_at=timezone.now())
    if not quiet:
        drafts = [
            Draft("estimate.removed", "estimate", estimate.pk, _about(estimate), event_data(estimate))
            for estimate in gone
        ]
        emit_many(drafts, origin=Origin.SYNC)


def quote_of(row: SyncedEstimate, rates: Mapping[str, Decimal | None]) -> SyncedQuote:
    """An estimate in a quote's words. ``rates`` are the percentages of tax codes by their id."""
    document = row.document
    known = rates if document.tax_mode == TaxMode.EXCLUSIVE else {}
    noon = datetime.time(12, tzinfo=datetime.UTC)
    return SyncedQuote(
        title=_("Estimate %s") % document.number if document.number else _("Estimate of %s") % document.customer_name,
        number=document.number,
        currency=document.currency,
        status=LOCAL[EstimateStatus(row.status)],
        lines=[
            values for line in document.lines if (values := line_values(line, document.currency, known)) is not None
        ],
        discount_percent=document.discount_percent or ZERO,
        discount_amount=ZERO if document.discount_percent else document.discount_total,
        expires_on=row.expires_on,
        issued_at=datetime.datetime.combine(document.issued_on, noon),
        notes=document.message,
        contact_id=next(iter(document.contact_ids), None),
        company_id=next(iter(document.company_ids), None),
    )


def line_values(line: SyncedInvoiceLine, currency: str, rates: Mapping[str, Decimal | None]) -> LineValues | None:
    """A line of an estimate as a quote's line; None for a discount of the whole and for the head of a bundle."""
    if line.kind in (LineKind.DISCOUNT, LineKind.BUNDLE):
        return None
    name = (line.item_name or line.description or _("Item"))[:200]
    quantity = line.quantity if line.quantity and line.quantity > 0 else Decimal(1)
    price = line.unit_price if line.unit_price is not None else line.amount / quantity
    if rounded(quantity * price, currency) != line.amount:
        price = line.amount / quantity
    description = "" if line.description == name else line.description
    return LineValues(
        name=name,
        quantity=stored_rate(quantity),
        unit_price=stored_rate(price),
        description=description,
        product_id=line.product_id,
        tax_code=line.tax_code_name,
        tax_rate=rates.get(line.tax_code_external_id) if line.tax_code_name else None,
    )


def _rates(connection_id: int, rows: Sequence[SyncedEstimate]) -> dict[str, Decimal | None]:
    """The percentages of tax codes by id, where amounts are before tax and each line carries its code."""
    if not any(row.document.tax_mode == TaxMode.EXCLUSIVE for row in rows):
        return {}
    return {code.external_id: code.percent for code in accounting().tax_codes(connection_id)}


def _create(connection_id: int, rows: Sequence[SyncedEstimate], *, quiet: bool) -> list[Estimate]:
    if not rows:
        return []
    rates = _rates(connection_id, rows)
    made = quotes_from_sync.create([quote_of(row, rates) for row in rows], quiet=quiet)
    now = timezone.now()
    estimates = [
        Estimate(
            connection_id=connection_id,
            quote=quote,
            external_id=row.document.external_id,
            status=row.status,
            expires_on=row.expires_on,
            synced_at=now,
            **{name: getattr(row.document, name) for name in (*SHARED, *CONTENT)},
        )
        for quote, row in zip(made, rows, strict=True)
    ]
    Estimate.objects.bulk_create(estimates, batch_size=500)
    lines = [line for estimate, row in zip(estimates, rows, strict=True) for line in _lines(estimate, row)]
    EstimateLine.objects.bulk_create(lines, batch_size=1000)
    return estimates


def _lines(estimate: Estimate, row: SyncedEstimate) -> list[EstimateLine]:
    kept = [line for line in row.document.lines if line.kind != LineKind.DISCOUNT]
    return [
        EstimateLine(estimate=estimate, position=position, **{name: getattr(line, name) for name in LINE})
        for position, line in enumerate(kept)
    ]


def _change(estimate: Estimate, row: SyncedEstimate, *, quiet: bool) -> None:
    document = row.document
    before, now = estimate.remote_updated_at, document.remote_updated_at
    if before and now and now < before:
        return
    different = differs(estimate, row)
    values: dict[str, Any] = {name: getattr(document, name) for name in SHARED}
    values |= {"removed_at": None, "new_customer": None}
    if not different and row.status == estimate.status and _columns_of(estimate) == _columns_of(document):
        named = all(line.external_id for line in estimate.lines.all())
        if named and estimate.removed_at is None and not _place(estimate.quote, row):
            return
    values["synced_at"] = timezone.now()
    _place(estimate.quote, row)
    if not estimate.lines_waiting:
        # What was sent comes back with QuickBooks' ids; only what differs from it was changed there.
        values |= {name: getattr(document, name) for name in CONTENT} | {"expires_on": row.expires_on}
        if different:
            estimate.lines.all().delete()
            EstimateLine.objects.bulk_create(_lines(estimate, row))
            rates = _rates(estimate.connection_id, [row])
            values["quote"] = quotes_from_sync.change(estimate.quote, quote_of(row, rates), quiet=quiet)
            estimate.quote = values["quote"]
        else:
            _name_lines(estimate, row)
    if row.status != estimate.status:
        ours_waits = wanted_status(estimate) != estimate.status
        if not ours_waits or row.status == EstimateStatus.CLOSED:
            quotes_from_sync.answer(estimate.quote, LOCAL[EstimateStatus(row.status)], quiet=quiet)
        values["status"] = row.status
    Estimate.objects.filter(pk=estimate.pk).update(**values)


def _columns_of(document: Any) -> dict[str, Any]:
    """What both sides say of an estimate besides its lines, in the form of the columns."""
    values = {name: getattr(document, name) for name in SHARED}
    for name in ("shipping_total", "tax_total", "total"):
        values[name] = stored_money(values[name])
    values["exchange_rate"] = stored_rate(values["exchange_rate"])
    return values


def _place(quote: Quote, row: SyncedEstimate) -> bool:
    """Give a quote that belongs to nobody the records of its customer, once there are some."""
    contact, company = next(iter(row.document.contact_ids), None), next(iter(row.document.company_ids), None)
    if quote.deal_id or quote.contact_id or quote.company_id or not (contact or company):
        return False
    quote.contact_id, quote.company_id = contact, company
    Quote.objects.filter(pk=quote.pk).update(contact_id=contact, company_id=company)
    return True


def _name_lines(estimate: Estimate, row: SyncedEstimate) -> None:
    """Note QuickBooks' ids on lines that are the same on both sides."""
    names = ("external_id", "item_external_id", "item_name", "tax_code_external_id", "tax_code_name")
    changed = []
    there = [line for line in row.document.lines if line.kind != LineKind.DISCOUNT]
    for ours, theirs in zip(estimate.lines.all(), there, strict=True):
        if ours.new_item is not None or any(getattr(ours, name) != getattr(theirs, name) for name in names):
            for name in names:
                setattr(ours, name, getattr(theirs, name))
            ours.new_item = None
            changed.append(ours)
    EstimateLine.objects.bulk_update(changed, [*names, "new_item"])


def differs(estimate: Estimate, row: SyncedEstimate) -> bool:
    """Whether QuickBooks has other lines, discount or expiry than the estimate that is here."""
    document = row.document
    here = [line for line in estimate.lines.all() if line.kind != LineKind.DISCOUNT]
    there = [line for line in document.lines if line.kind != LineKind.DISCOUNT]
    if len(here) != len(there) or stored_money(document.discount_total) != estimate.discount_total:
        return True
    if row.expires_on != estimate.expires_on:
        return True
    return any(_line_differs(ours, theirs) for ours, theirs in zip(here, there, strict=True))


def _line_differs(ours: EstimateLine, theirs: SyncedInvoiceLine) -> bool:
    quantity = None if theirs.quantity is None else stored_rate(theirs.quantity)
    if (ours.quantity, ours.amount) != (quantity, stored_money(theirs.amount)):
        return True
    if ours.item_external_id and ours.item_external_id != theirs.item_external_id:
        return True
    # A discount is written behind the description when it is sent; letters may have been made plain.
    return (
        not ours.discount_amount
        and ours.description.isascii()
        and ours.description.strip() != theirs.description.strip()
    )


def _about(estimate: Estimate) -> list[tuple[str, int]]:
    quote = estimate.quote
    places = (
        ("quote", quote.pk),
        ("deal", quote.deal_id),
        ("contact", quote.contact_id),
        ("company", quote.company_id),
    )
    return [(kind, pk) for kind, pk in places if pk is not None]
