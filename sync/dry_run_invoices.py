"""A dry run of invoices and payments, both ways: what QuickBooks has, and what was made or changed here."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.plain import plain
from invoices import editing
from invoices.enums import InvoiceOrigin, InvoiceStatus
from invoices.models import Invoice, InvoiceEdit, InvoiceLine, Payment
from invoices.services.changes import older
from invoices.synced import SyncedInvoice, SyncedInvoiceLine, SyncedPayment
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from sync import dry_run_words as words
from sync.dry_run_report import CRM, QUICKBOOKS, Change, FieldChange, Run
from sync.enums import RecordType
from sync.invoice_filter import Left, left_out
from sync.invoice_merge import MergedInvoice, merge_invoice
from sync.invoice_properties import NOTHING, sides_of
from sync.mapping.invoice import from_invoice
from sync.mapping.payment import from_payment
from sync.publish.invoice_changes import one_way
from sync.reconcile.names import names_for

# What is told of an invoice beyond what can be edited; QuickBooks reckons these itself.
_FIGURES = ("currency", "total", "balance")
_NEW_INVOICE = ("number", "customer_name", "recipient", "issued_on", "due_on", "terms_name", "total", "currency")
_PAYMENT = ("customer_name", "amount", "received_on", "unapplied", "currency", "method_name", "reference", "note")


@dataclass
class _Here:
    """What the CRM has of the invoices of one slice, by id."""

    edits: dict[int, InvoiceEdit] = field(default_factory=dict)
    lines: dict[int, list[InvoiceLine]] = field(default_factory=lambda: defaultdict(list))
    failing: Mapping[int, str] = field(default_factory=dict)


def look(run: Run) -> None:
    """Everything of invoices and payments, on both sides."""
    for rows in run.slices("Invoice"):
        _slice(run, rows)
    for rows in run.slices("Payment"):
        _payments(run, rows)
    new = Invoice.objects.filter(connection=run.policy.connection, external_id="", origin=InvoiceOrigin.CRM)
    new = new.filter(removed_at=None).exclude(status=InvoiceStatus.DRAFT).defer("search")
    for invoices in run.pages(new):
        _new_invoices(run, invoices)
    recorded = Payment.objects.filter(connection=run.policy.connection, external_id="", request_id__isnull=False)
    for payments in run.pages(recorded.filter(removed_at=None)):
        _new_payments(run, payments)


def _slice(run: Run, rows: list[Mirrored]) -> None:
    """Invoices that QuickBooks has; those that were changed here are merged, as reconcile does it."""
    connection = run.policy.connection
    ids = [each.row.qbo_id for each in rows]
    stored = Invoice.objects.filter(connection=connection, external_id__in=ids).defer("search")
    known = {invoice.external_id: invoice for invoice in stored}
    names = names_for(connection, rows)
    mapped = list(words.readable(rows, lambda each: from_invoice(each.payload, names, invoice_id=None, tracked=False)))
    tracked = {invoice.pk for invoice in known.values() if invoice.tracked}
    left = left_out(run.policy, mapped, {qbo_id: i.pk for qbo_id, i in known.items()}, tracked)
    here = _here(run, [invoice.pk for invoice in known.values()])
    payloads = {known[e.row.qbo_id].pk: e.payload for e, _row in mapped if e.row.qbo_id in known}
    custom = sides_of(run.policy, {pk: payload for pk, payload in payloads.items() if pk in here.edits})
    for each, row in mapped:
        there, reason = known.get(each.row.qbo_id), left.get(each.row.qbo_id)
        if reason is not None:
            _leave_out(run, there, row, reason)
        elif there is not None and there.ending:
            _end(run, there, row)
        elif there is not None and there.pk in here.edits and not one_way(run.policy):
            edit = here.edits[there.pk]
            merged = merge_invoice(run.policy, edit, there, here.lines[there.pk], row, custom.get(there.pk, NOTHING))
            _merged(run, there, row, merged, here)
        else:
            _incoming(run, there, row, here)


def _here(run: Run, ids: Sequence[int]) -> _Here:
    found = _Here(failing=words.failing_of(run, "invoice", ids))
    found.edits = {edit.invoice_id: edit for edit in InvoiceEdit.objects.filter(invoice__in=ids)}
    for line in InvoiceLine.objects.filter(invoice__in=ids):
        found.lines[line.invoice_id].append(line)
    return found


def _about(there: Invoice | None, row: SyncedInvoice) -> dict[str, Any]:
    return {
        "record_type": str(RecordType.INVOICE),
        "title": f"{row.number} · {row.customer_name}".strip(" ·"),
        "record_id": there.pk if there else None,
        "qbo_id": row.external_id,
    }


def _leave_out(run: Run, there: Invoice | None, row: SyncedInvoice, left: Left) -> None:
    kind = "exclude" if there is not None else "stay_out"
    reason = left.sentence or str(left.exclusion.label)
    run.report.add(Change(CRM, kind, exclusion=str(left.exclusion), reason=reason, **_about(there, row)))


def _incoming(run: Run, there: Invoice | None, row: SyncedInvoice, here: _Here) -> None:
    """What QuickBooks says, as it is."""
    if there is not None and older(there, row):
        return
    before = _values(there, here.lines[there.pk]) if there is not None else {}
    fields = _fields(run, before, _values(row, row.lines))
    if there is None or fields:
        run.report.add(Change(CRM, "create" if there is None else "update", fields=fields, **_about(there, row)))


def _merged(run: Run, there: Invoice, row: SyncedInvoice, merged: MergedInvoice, here: _Here) -> None:
    about = _about(there, row)
    if merged.clashes:
        clashes = tuple(
            FieldChange(c.rule.crm_field, _clash(run, c), plain(c.crm), plain(c.quickbooks)) for c in merged.clashes
        )
        run.report.add(Change(CRM, "conflict", fields=clashes, **about))
    # The figures of an edited invoice are the CRM's own reckoning until QuickBooks has answered.
    coming = _fields(run, _values(there, here.lines[there.pk]), _values(merged.row, merged.row.lines), but=_FIGURES)
    if coming:
        run.report.add(Change(CRM, "update", fields=coming, **about))
    if not merged.sends:
        return
    if there.pk in here.failing:
        run.report.add(Change(QUICKBOOKS, "stay_out", reason=here.failing[there.pk], **about))
        return
    going = _fields(run, editing.fields_of(row), merged.head)
    if merged.lines is not None:
        names = {line.item_external_id: line.item_name for line in here.lines[there.pk]}
        names |= {line.item_external_id: line.item_name for line in row.lines}
        after = "\n".join(words.typed_line(line, names) for line in merged.lines)
        going += (words.change(words.LINES, words.lines_as_text(row.lines), after),)
    run.report.add(Change(QUICKBOOKS, "update", fields=going, **about))


def _clash(run: Run, clash: Any) -> str:
    known = run.labels[RecordType.INVOICE].get(clash.rule.crm_field)
    return str(known.label) if known else str(words.LABELS[words.LINES])


def _end(run: Run, there: Invoice, row: SyncedInvoice) -> None:
    """Somebody asked to void or delete it."""
    failing = words.failing_of(run, "invoice", [there.pk])
    if failing:
        run.report.add(Change(QUICKBOOKS, "stay_out", reason=failing[there.pk], **_about(there, row)))
    else:
        run.report.add(Change(QUICKBOOKS, str(there.ending), **_about(there, row)))


def _values(source: Invoice | SyncedInvoice, lines: Sequence[InvoiceLine | SyncedInvoiceLine]) -> dict[str, Any]:
    """An invoice of either side as it is compared."""
    figures = {name: getattr(source, name) for name in _FIGURES}
    return {**editing.fields_of(source), **figures, words.LINES: words.lines_as_text(lines)}


def _fields(
    run: Run, before: Mapping[str, Any], after: Mapping[str, Any], *, but: Collection[str] = ()
) -> tuple[FieldChange, ...]:
    after = {name: value for name, value in after.items() if name not in but}
    lines = after.pop(words.LINES, None)
    found = run.fields(RecordType.INVOICE, before, after)
    # What no field mapping carries has its name here.
    known = run.labels[RecordType.INVOICE]
    rest = [name for name in after if name not in known and name in words.LABELS]
    found += tuple(
        words.change(name, before.get(name), after[name])
        for name in rest
        if plain(before.get(name)) != plain(after[name]) and (before or after[name])
    )
    if lines is not None and plain(lines) != plain(before.get(words.LINES)):
        found += (words.change(words.LINES, before.get(words.LINES), lines),)
    return found


def _new_invoices(run: Run, invoices: Sequence[Invoice]) -> None:
    """Invoices made here that QuickBooks does not have yet: a person's wish, which no setting holds back."""
    here = _here(run, [invoice.pk for invoice in invoices])
    for invoice in invoices:
        about = {
            "record_type": str(RecordType.INVOICE),
            "title": f"{invoice.number or '#' + str(invoice.pk)} · {invoice.customer_name}".strip(" ·"),
            "record_id": invoice.pk,
        }
        values = {name: getattr(invoice, name) for name in _NEW_INVOICE}
        fields = tuple(words.labelled(run, name, value) for name, value in values.items() if plain(value) is not None)
        words.sent_or_refused(
            run,
            about,
            (*fields, words.change(words.LINES, None, words.lines_as_text(here.lines[invoice.pk]))),
            here.failing,
        )


def _payments(run: Run, rows: list[Mirrored]) -> None:
    """Payments that QuickBooks has: new ones, and those that are different here."""
    connection = run.policy.connection
    names = names_for(connection, rows)
    methods, accounts = read.names(connection.pk, "PaymentMethod"), read.names(connection.pk, "Account")
    ids = [each.row.qbo_id for each in rows]
    stored = Payment.objects.filter(connection=connection, external_id__in=ids)
    known = {payment.external_id: payment for payment in stored}
    endings = [payment.pk for payment in known.values() if payment.ending]
    failing = words.failing_of(run, "payment", endings) if endings else {}
    for _each, row in words.readable(
        rows, lambda each: from_payment(each.payload, names, methods=methods, accounts=accounts)
    ):
        there = known.get(row.external_id)
        if there is not None and there.ending:
            _end_payment(run, there, failing)
        else:
            _payment(run, there, row)


def _end_payment(run: Run, there: Payment, failing: Mapping[int, str]) -> None:
    """Somebody asked to void or delete it."""
    about: dict[str, Any] = {
        "record_type": "payment",
        "title": there.customer_name,
        "record_id": there.pk,
        "qbo_id": there.external_id,
    }
    if there.pk in failing:
        run.report.add(Change(QUICKBOOKS, "stay_out", reason=failing[there.pk], **about))
    else:
        run.report.add(Change(QUICKBOOKS, str(there.ending), **about))


def _payment(run: Run, there: Payment | None, row: SyncedPayment) -> None:
    fields = tuple(
        change
        for name in (*_PAYMENT, "voided")
        if (change := words.labelled(run, name, getattr(row, name), getattr(there, name, None))).before != change.after
        # Of a new one, only what is filled.
        and (there is not None or change.after not in (None, False, "0"))
    )
    if there is None or fields:
        about: dict[str, Any] = {
            "record_type": "payment",
            "title": row.customer_name,
            "record_id": there.pk if there else None,
            "qbo_id": row.external_id,
        }
        run.report.add(Change(CRM, "create" if there is None else "update", fields=fields, **about))


def _new_payments(run: Run, payments: Sequence[Payment]) -> None:
    """Payments recorded here that QuickBooks does not have yet."""
    failing = words.failing_of(run, "payment", [payment.pk for payment in payments])
    for payment in payments:
        about: dict[str, Any] = {"record_type": "payment", "title": payment.customer_name, "record_id": payment.pk}
        fields = [words.labelled(run, name, getattr(payment, name)) for name in _PAYMENT]
        words.sent_or_refused(run, about, tuple(each for each in fields if each.after not in (None, "0")), failing)
