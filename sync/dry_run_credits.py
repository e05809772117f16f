"""A dry run of estimates, credit memos, refund receipts and sales receipts: what QuickBooks has, what was made here."""

from collections.abc import Sequence
from typing import Any

from invoices.enums import CreditKind
from invoices.models import CreditDocument, Estimate
from invoices.services.estimates import wanted_status
from invoices.services.estimates_from_sync import differs
from invoices.synced import SyncedCredit, SyncedEstimate
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from sync import dry_run_words as words
from sync.dry_run_report import CRM, QUICKBOOKS, Change, FieldChange, Run
from sync.mapping.credit import ENTITIES, from_credit
from sync.mapping.estimate import from_estimate
from sync.publish.invoice_changes import one_way
from sync.reconcile.names import names_for

ESTIMATE = "estimate"
_ESTIMATE = ("number", "customer_name", "recipient", "issued_on", "message", "total", "currency")
_CREDIT = ("number", "customer_name", "issued_on", "total", "remaining", "currency", "account_name", "note", "voided")


def look(run: Run) -> None:
    """Everything of these documents, on both sides."""
    for rows in run.slices("Estimate"):
        _estimates(run, rows)
    for entity, kind in ENTITIES.items():
        for rows in run.slices(entity):
            _credits(run, rows, kind)
    connection = run.policy.connection
    new = Estimate.objects.filter(connection=connection, external_id="", request_id__isnull=False, removed_at=None)
    for estimates in run.pages(new.prefetch_related("lines")):
        _new_estimates(run, estimates)
    made = CreditDocument.objects.filter(connection=connection, external_id="", request_id__isnull=False)
    for documents in run.pages(made.filter(removed_at=None).defer("search")):
        _new_credits(run, documents)


def _estimates(run: Run, rows: list[Mirrored]) -> None:
    """Estimates that QuickBooks has: new ones, those that differ, and those whose answer or version waits here."""
    connection = run.policy.connection
    names = names_for(connection, rows)
    stored = Estimate.objects.filter(connection=connection, external_id__in=[each.row.qbo_id for each in rows])
    stored = stored.select_related("quote").defer("quote__search").prefetch_related("lines")
    known = {estimate.external_id: estimate for estimate in stored}
    failing = words.failing_of(run, ESTIMATE, [estimate.pk for estimate in known.values()])
    for _each, row in words.readable(rows, lambda each: from_estimate(each.payload, names)):
        there = known.get(row.document.external_id)
        if there is None or not _is_older(there, row.document):
            _incoming_estimate(run, there, row)
        if there is not None and not one_way(run.policy):
            _outgoing_estimate(run, there, row, failing.get(there.pk))


def _is_older(there: Estimate | CreditDocument, row: Any) -> bool:
    before, now = there.remote_updated_at, row.remote_updated_at
    return bool(before and now and now < before)


def _incoming_estimate(run: Run, there: Estimate | None, row: SyncedEstimate) -> None:
    fields = [words.labelled(run, name, getattr(row.document, name), getattr(there, name, None)) for name in _ESTIMATE]
    waits = there is not None and there.lines_waiting
    if not waits:
        fields.append(words.labelled(run, "expires_on", row.expires_on, there.expires_on if there else None))
    if there is None or wanted_status(there) == there.status:
        fields.append(words.labelled(run, "status", row.status, there.status if there else None))
    if there is None or (not waits and differs(there, row)):
        before = words.lines_as_text(list(there.lines.all())) if there else None
        fields.append(words.change(words.LINES, before, words.lines_as_text(row.document.lines)))
    about = {
        "record_type": ESTIMATE,
        "title": f"{row.document.number} · {row.document.customer_name}".strip(" ·"),
        "record_id": there.pk if there else None,
        "qbo_id": row.document.external_id,
    }
    _tell(run, there is None, fields, about)


def _outgoing_estimate(run: Run, there: Estimate, row: SyncedEstimate, refused: str | None) -> None:
    """An answer of the customer, or a newer version of the quote, that QuickBooks lacks."""
    wanted = wanted_status(there)
    fields = [words.labelled(run, "status", str(wanted), row.status)] if wanted != there.status else []
    if there.lines_waiting:
        after = words.lines_as_text(list(there.lines.all()))
        fields.append(words.change(words.LINES, words.lines_as_text(row.document.lines), after))
    if not fields:
        return
    about: dict[str, Any] = {
        "record_type": ESTIMATE,
        "title": f"{there.number} · {there.customer_name}".strip(" ·"),
        "record_id": there.pk,
        "qbo_id": there.external_id,
    }
    if refused is not None:
        run.report.add(Change(QUICKBOOKS, "stay_out", reason=refused, **about))
    else:
        run.report.add(Change(QUICKBOOKS, "update", fields=tuple(fields), **about))


def _tell(run: Run, new: bool, fields: Sequence[FieldChange], about: dict[str, Any]) -> None:  # noqa: FBT001 -- a kind
    # Of a new one, only what is filled.
    told = tuple(
        each for each in fields if each.before != each.after and (not new or each.after not in (None, "", "0"))
    )
    told = tuple(each for each in told if not (new and each.after is False))
    if new or told:
        run.report.add(Change(CRM, "create" if new else "update", fields=told, **about))


def _credits(run: Run, rows: list[Mirrored], kind: CreditKind) -> None:
    """Documents of one kind that QuickBooks has: new ones, and those that are different here."""
    connection = run.policy.connection
    names = names_for(connection, rows)
    methods, accounts = read.names(connection.pk, "PaymentMethod"), read.names(connection.pk, "Account")
    stored = CreditDocument.objects.filter(connection=connection, kind=kind).defer("search")
    known = {each.external_id: each for each in stored.filter(external_id__in=[each.row.qbo_id for each in rows])}

    def reader(each: Mirrored) -> SyncedCredit:
        return from_credit(each.payload, names, kind=kind, methods=methods, accounts=accounts)

    for _each, row in words.readable(rows, reader):
        there = known.get(row.external_id)
        if there is not None and _is_older(there, row):
            continue
        fields = [words.labelled(run, name, getattr(row, name), getattr(there, name, None)) for name in _CREDIT]
        about = {**_about(row, kind), "record_id": there.pk if there else None, "qbo_id": row.external_id}
        _tell(run, there is None, fields, about)


def _about(document: SyncedCredit | CreditDocument, kind: str) -> dict[str, Any]:
    return {"record_type": str(kind), "title": f"{document.number} · {document.customer_name}".strip(" ·")}


def _new_estimates(run: Run, estimates: Sequence[Estimate]) -> None:
    """Quotes that were published as estimates, and that QuickBooks does not have yet."""
    failing = words.failing_of(run, ESTIMATE, [estimate.pk for estimate in estimates])
    for estimate in estimates:
        about = {
            "record_type": ESTIMATE,
            "title": f"{estimate.number or f'#{estimate.pk}'} · {estimate.customer_name}".strip(" ·"),
            "record_id": estimate.pk,
        }
        fields = [words.labelled(run, name, getattr(estimate, name)) for name in _ESTIMATE]
        fields.append(words.labelled(run, "expires_on", estimate.expires_on))
        fields.append(words.change(words.LINES, None, words.lines_as_text(list(estimate.lines.all()))))
        told = tuple(each for each in fields if each.after not in (None, "", "0"))
        words.sent_or_refused(run, about, told, failing)


def _new_credits(run: Run, documents: Sequence[CreditDocument]) -> None:
    """Documents that were made here, and that QuickBooks does not have yet."""
    failing: dict[int, str] = {}
    for kind in {document.kind for document in documents}:
        failing |= words.failing_of(run, kind, [document.pk for document in documents if document.kind == kind])
    for document in documents:
        about = {**_about(document, document.kind), "record_id": document.pk}
        fields = [words.labelled(run, name, getattr(document, name)) for name in _CREDIT]
        told = tuple(each for each in fields if each.after not in (None, "", "0", False))
        words.sent_or_refused(run, about, told, failing)
