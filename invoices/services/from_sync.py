"""Bring invoices and payments to the state that QuickBooks has: set-based, repeatable, silent when nothing changed."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from core.events import Draft, emit_many
from core.inserting import insert_many
from core.models import Event, EventLink, Origin
from core.properties import put_defaults
from invoices.enums import Ending, InvoiceOrigin
from invoices.models import Invoice, InvoiceEdit, InvoiceLine, PaymentApplication
from invoices.services import billing, payments_from_sync
from invoices.services.associations import About, about_of, add_missing
from invoices.services.changes import Before, columns, differing, event_data, events_of, new_lines, older
from invoices.services.line_changes import line_changes
from invoices.synced import ApplyResult, SyncedInvoice, SyncedPayment

WRITTEN = [
    *("external_id", "number", "customer_external_id", "customer_name", "recipient", "billing_address"),
    *("shipping_address", "issued_on", "due_on", "terms_external_id", "terms_name", "message", "private_note"),
    *("currency", "exchange_rate", "tax_mode", "subtotal", "discount_total", "tax_total", "total", "balance"),
    *("cc", "bcc", "class_external_id", "class_name", "location_external_id", "location_name", "discount_percent"),
    *("tax_after_discount", "shipping_total", "shipping_tax_code_external_id", "deposit", "payment_url"),
    *("emailed", "emailed_at", "voided", "removed_at", "remote_updated_at", "status", "tracked", "deal", "owner"),
    *("synced_at", "updated_at"),
]


class _Batch:
    """One call of ``apply_invoices`` while it works."""

    def __init__(self, connection_id: int, today: datetime.date) -> None:
        self.connection_id = connection_id
        self.today = today
        self.now = timezone.now()
        self.created: list[Invoice] = []
        self.changed: list[Invoice] = []
        self.untouched: dict[str, Invoice] = {}
        self.arrived: list[Invoice] = []  # rows whose QuickBooks id is new here: payments may have come before
        self.before: dict[str, Before] = {}
        self.differences: dict[str, dict[str, tuple[Any, Any]]] = {}
        self.skipped: dict[str, str] = {}
        self.deals: set[int | None] = set()

    def place(self, row: SyncedInvoice, invoice: Invoice | None) -> Invoice | None:
        """Put ``row`` where it belongs; returns the invoice with its new values, or None when it is skipped."""
        values = columns(row, self.today)
        if invoice is None:
            invoice = Invoice(
                connection_id=self.connection_id,
                origin=InvoiceOrigin.QUICKBOOKS,
                tracked=row.tracked,
                deal_id=row.deal_id,
                owner_id=row.owner_id,
                synced_at=self.now,
                **values,
            )
            self.before[row.external_id] = Before()
            self.created.append(invoice)
            self.arrived.append(invoice)
            self.deals.add(row.deal_id)
            return invoice
        if older(invoice, row):
            self.skipped[row.external_id] = "older"
            return None
        self.before[row.external_id] = Before.of(invoice)
        values |= {"tracked": invoice.tracked or row.tracked}
        values |= {"deal_id": invoice.deal_id or row.deal_id, "owner_id": invoice.owner_id or row.owner_id}
        found = differing(invoice, values)
        self.differences[row.external_id] = found
        if not found:
            self.untouched[invoice.external_id] = invoice
            return invoice
        if not invoice.external_id:
            self.arrived.append(invoice)
        for name, (_old, new) in found.items():
            setattr(invoice, name, new)
        invoice.synced_at = invoice.updated_at = self.now
        self.changed.append(invoice)
        self.deals.add(invoice.deal_id)
        return invoice

    def touch(self, invoice: Invoice) -> None:
        """An invoice whose own columns stayed, but whose lines did not."""
        if self.untouched.pop(invoice.external_id, None):
            invoice.synced_at = invoice.updated_at = self.now
            self.changed.append(invoice)


@transaction.atomic
def apply_invoices(
    connection_id: int, rows: Sequence[SyncedInvoice], *, today: datetime.date, quiet: bool
) -> ApplyResult:
    """Bring the invoices of one company to the state of ``rows`` in a constant number of statements.

    Rows that are older than what is here are skipped, unchanged ones write nothing. Events have origin sync; with
    ``quiet`` (first load, back-fill) none is emitted. ``today`` is the company's.
    """
    newest = {row.external_id: row for row in rows}
    if not newest:
        return ApplyResult({})
    by_id, by_external = _locked(connection_id, newest.values())
    batch = _Batch(connection_id, today)
    placed: list[tuple[SyncedInvoice, Invoice]] = []
    for row in newest.values():
        invoice = by_id.get(row.id) if row.id else None
        twin = by_external.get(row.external_id)
        if invoice is not None and twin is not None and invoice.pk != twin.pk:
            _absorb(twin, into=invoice)
        invoice = batch.place(row, invoice or twin)
        if invoice is not None:
            placed.append((row, invoice))
    lines = _lines_of([invoice.pk for _row, invoice in placed if invoice.pk])
    replaced = {row.external_id: new_lines(lines.get(invoice.pk, []), row.lines) for row, invoice in placed}
    for row, invoice in placed:
        if replaced[row.external_id] is not None and invoice.pk:
            batch.touch(invoice)
    put_defaults("invoice", batch.created)
    insert_many(batch.created)
    Invoice.objects.bulk_create(batch.changed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    _replace_lines([(invoice, replaced[row.external_id]) for row, invoice in placed], lines)

    about = about_of({invoice.pk: invoice.deal_id for _row, invoice in placed})
    new = {invoice.pk for invoice in batch.created}
    gained = add_missing({i.pk: (row.contact_ids, row.company_ids) for row, i in placed}, about, new=new)
    paid_before = attach_payments([invoice.pk for invoice in batch.arrived])
    billing.recompute_deals(batch.deals)
    changed = {invoice.external_id for invoice in batch.changed}
    if not quiet:
        told_lines = {invoice.pk: lines.get(invoice.pk, []) for _row, invoice in placed}
        _tell(batch, replaced, about, changed, told_lines)
        _show_earlier_payments(paid_before, about)
    return ApplyResult(
        ids={row.external_id: invoice.pk for row, invoice in placed},
        created=frozenset(invoice.external_id for invoice in batch.created),
        changed=frozenset(changed | {row.external_id for row, invoice in placed if invoice.pk in gained} - _new(batch)),
        skipped=batch.skipped,
    )


def _new(batch: _Batch) -> set[str]:
    return {invoice.external_id for invoice in batch.created}


def _locked(connection_id: int, rows: Iterable[SyncedInvoice]) -> tuple[dict[int, Invoice], dict[str, Invoice]]:
    """The stored invoices that ``rows`` may mean, by id and by external id, locked in the order of their ids."""
    ids = [row.id for row in rows if row.id]
    meant = Q(external_id__in=[row.external_id for row in rows])
    found = list(
        Invoice.objects.filter(meant | Q(pk__in=ids) if ids else meant, connection_id=connection_id)
        .select_for_update()
        .defer("search")
        .order_by("pk")
    )
    return {invoice.pk: invoice for invoice in found}, {i.external_id: i for i in found if i.external_id}


def _absorb(twin: Invoice, *, into: Invoice) -> None:
    """Fold a row that the pull made before the answer to our own create was known into the invoice it is."""
    PaymentApplication.objects.filter(invoice=twin).update(invoice=into)
    EventLink.objects.filter(object_type="invoice", object_id=twin.pk).delete()
    into.deal_id = into.deal_id or twin.deal_id
    twin.delete()


def _lines_of(invoice_ids: list[int]) -> dict[int, list[InvoiceLine]]:
    lines: dict[int, list[InvoiceLine]] = {}
    for line in InvoiceLine.objects.filter(invoice_id__in=invoice_ids).order_by("position", "pk"):
        lines.setdefault(line.invoice_id, []).append(line)
    return lines


def _replace_lines(wanted: list[tuple[Invoice, list[InvoiceLine] | None]], old: dict[int, list[InvoiceLine]]) -> None:
    fresh: list[InvoiceLine] = []
    outdated: list[int] = []
    for invoice, lines in wanted:
        if lines is None:
            continue
        outdated += [line.pk for line in old.get(invoice.pk, [])]
        for line in lines:
            line.invoice_id = invoice.pk
        fresh += lines
    if outdated:
        InvoiceLine.objects.filter(pk__in=outdated).delete()
    insert_many(fresh)


def attach_payments(invoice_ids: list[int]) -> list[tuple[int, int]]:
    """Join invoices that have just arrived with payments that came before them; pairs of payment and invoice id."""
    if not invoice_ids:
        return []
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoices_paymentapplication AS application
            SET invoice_id = invoice.id
            FROM invoices_payment AS payment, invoices_invoice AS invoice
            WHERE application.invoice_id IS NULL AND application.payment_id = payment.id
              AND invoice.id = ANY(%s) AND invoice.external_id = application.invoice_external_id
              AND invoice.connection_id = payment.connection_id
            RETURNING application.payment_id, invoice.id
            """,
            [invoice_ids],
        )
        return [(payment_id, invoice_id) for payment_id, invoice_id in cursor.fetchall()]


def _show_earlier_payments(pairs: list[tuple[int, int]], about: dict[int, About]) -> None:
    """Put payments that came before their invoice on the timelines where they would have been."""
    if not pairs:
        return
    events: dict[int, list[int]] = {}
    told = Event.objects.filter(
        name__in=["payment.received", "creditmemo.applied"],
        links__object_type="payment",
        links__object_id__in=[payment for payment, _i in pairs],
    )
    for event_id, payment_id in told.values_list("pk", "object_id"):
        events.setdefault(payment_id, []).append(event_id)
    EventLink.objects.bulk_create(
        [
            EventLink(event_id=event_id, object_type=kind, object_id=pk)
            for payment_id, invoice_id in pairs
            for event_id in events.get(payment_id, [])
            for kind, pk in [("invoice", invoice_id), *about[invoice_id]]
        ],
        ignore_conflicts=True,
    )


def _tell(
    batch: _Batch,
    replaced: dict[str, Any],
    about: dict[int, About],
    changed: set[str],
    old_lines: dict[int, list[InvoiceLine]],
) -> None:
    drafts: list[Draft] = []
    for invoice in [*batch.created, *batch.changed]:
        new = replaced[invoice.external_id]
        told = events_of(
            batch.before[invoice.external_id],
            invoice,
            batch.differences.get(invoice.external_id, {}),
            about[invoice.pk],
            lines_changed=new is not None,
        )
        for draft in told:
            if draft.name == "invoice.edited" and new is not None:
                draft.data["line_changes"] = line_changes(old_lines.get(invoice.pk, []), new)
        drafts += told
    if drafts:
        emit_many(drafts, origin=Origin.SYNC)


@transaction.atomic
def apply_payments(connection_id: int, rows: Sequence[SyncedPayment], *, quiet: bool) -> ApplyResult:
    """Bring the payments of one company to the state of ``rows``; otherwise like ``apply_invoices``.

    A payment may come before an invoice that it pays: it is joined with it when the invoice arrives.
    """
    return payments_from_sync.apply(connection_id, rows, quiet=quiet)


@transaction.atomic
def mark_removed(connection_id: int, external_ids: Iterable[str], kind: str, *, quiet: bool = False) -> list[int]:
    """Note that QuickBooks deleted invoices (``kind`` "invoice") or payments ("payment"); the ids of those it hit.

    Rows stay, with their history; they no longer count towards deals.
    """
    wanted = list(external_ids)
    if kind == "payment":
        return payments_from_sync.remove(connection_id, wanted, quiet=quiet)
    gone = list(
        Invoice.objects.filter(connection_id=connection_id, external_id__in=wanted, removed_at=None)
        .select_for_update()
        .defer("search")
        .order_by("pk")
    )
    if not gone:
        return []
    now = timezone.now()
    ids = [invoice.pk for invoice in gone]
    Invoice.objects.filter(pk__in=ids).update(removed_at=now, updated_at=now, ending=Ending.NONE)
    # What was changed here and had not reached QuickBooks has nowhere to go any more.
    InvoiceEdit.objects.filter(invoice__in=ids).delete()
    about = about_of({invoice.pk: invoice.deal_id for invoice in gone})
    billing.recompute_deals(invoice.deal_id for invoice in gone)
    if not quiet:
        drafts = [Draft("invoice.removed", "invoice", i.pk, about[i.pk], event_data(i)) for i in gone]
        emit_many(drafts, origin=Origin.SYNC)
    return [invoice.pk for invoice in gone]
