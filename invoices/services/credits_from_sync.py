"""Credit memos, refund receipts and sales receipts as QuickBooks has them: set-based, silent when nothing changed."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import EventLink, Origin
from core.properties import put_defaults
from invoices.enums import CreditKind
from invoices.models import CreditDocument, Invoice
from invoices.services.associations import About, about_of
from invoices.synced import ApplyResult, SyncedCredit
from invoices.totals import plain, stored_money, stored_rate

WRITTEN = [
    *("number", "customer_external_id", "customer_name", "recipient", "issued_on", "currency", "exchange_rate"),
    *("subtotal", "discount_total", "tax_total", "total", "remaining", "method_name", "reference"),
    *("account_external_id", "account_name", "message", "note", "lines", "deposited", "voided", "removed_at"),
    "remote_updated_at",
]
# What a reader would call a change of the document.
TOLD = ("number", "total", "issued_on", "customer_name", "currency", "account_name")


@transaction.atomic
def apply_credits(connection_id: int, kind: CreditKind, rows: Sequence[SyncedCredit], *, quiet: bool) -> ApplyResult:
    """Bring the documents of one company and kind to the state of ``rows``; older rows are skipped.

    A payment that uses a credit memo may have come before it: they are joined here.
    """
    newest = {row.external_id: row for row in rows}
    if not newest:
        return ApplyResult({})
    found = CreditDocument.objects.filter(connection_id=connection_id, kind=kind, external_id__in=list(newest))
    stored = {row.external_id: row for row in found.select_for_update().defer("search").order_by("pk")}
    created: list[CreditDocument] = []
    changed: list[CreditDocument] = []
    placed: dict[str, CreditDocument] = {}
    stories: dict[str, tuple[str, dict[str, Any]]] = {}
    skipped: dict[str, str] = {}
    for row in newest.values():
        document, values = stored.get(row.external_id), _columns(row)
        if document is None:
            document = CreditDocument(connection_id=connection_id, kind=kind, external_id=row.external_id, **values)
            created.append(document)
            if not row.voided:
                stories[row.external_id] = ("created", {})
        elif _older(document, row):
            skipped[row.external_id] = "older"
            continue
        else:
            different = {name: (getattr(document, name), new) for name, new in values.items()}
            different = {name: pair for name, pair in different.items() if pair[0] != pair[1]}
            if different:
                changed.append(document)
                if story := _story(document, row, different):
                    stories[row.external_id] = story
                for name, new in values.items():
                    setattr(document, name, new)
        placed[row.external_id] = document
    put_defaults(str(kind), created)
    CreditDocument.objects.bulk_create(created)
    CreditDocument.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)
    if kind == CreditKind.CREDIT_MEMO:
        _attach([document.pk for document in placed.values()])
    if not quiet and stories:
        _tell(kind, [(name, data, placed[key], newest[key]) for key, (name, data) in stories.items()])
    return ApplyResult(
        ids={external_id: document.pk for external_id, document in placed.items()},
        created=frozenset(document.external_id for document in created),
        changed=frozenset(document.external_id for document in changed),
        skipped=skipped,
    )


def _columns(row: SyncedCredit) -> dict[str, Any]:
    return {
        "number": row.number,
        "customer_external_id": row.customer_external_id,
        "customer_name": row.customer_name,
        "recipient": row.recipient,
        "issued_on": row.issued_on,
        "currency": row.currency,
        "exchange_rate": stored_rate(row.exchange_rate),
        "subtotal": stored_money(row.subtotal),
        "discount_total": stored_money(row.discount_total),
        "tax_total": stored_money(row.tax_total),
        "total": stored_money(row.total),
        "remaining": stored_money(row.remaining),
        "method_name": row.method_name,
        "reference": row.reference,
        "account_external_id": row.account_external_id,
        "account_name": row.account_name,
        "message": row.message,
        "note": row.note,
        "lines": [dict(line) for line in row.lines],
        "deposited": row.deposited,
        "voided": row.voided,
        "removed_at": None,
        "remote_updated_at": row.remote_updated_at,
    }


def _older(document: CreditDocument, row: SyncedCredit) -> bool:
    if document.remote_updated_at is None or row.remote_updated_at is None:
        return False
    if document.removed_at is not None:
        return row.remote_updated_at <= document.remote_updated_at
    return row.remote_updated_at < document.remote_updated_at


def _story(
    document: CreditDocument, row: SyncedCredit, different: dict[str, tuple[Any, Any]]
) -> tuple[str, dict[str, Any]] | None:
    """What to tell about a changed document. Must be asked before its columns are overwritten."""
    if document.remote_updated_at is None and not row.voided:
        return "created", {}  # made here, and now in QuickBooks
    if row.voided and not document.voided:
        return "voided", {"old_total": plain(document.total)}
    if document.removed_at is not None:
        return "restored", {}
    changes = {name: [_text(old), _text(new)] for name, (old, new) in different.items() if name in TOLD}
    return ("changed", {"changes": changes}) if changes else None


def _attach(document_ids: list[int]) -> None:
    """Join credit memos with the payments that came before them and use them."""
    if not document_ids:
        return
    with database.cursor() as cursor:
        cursor.execute(
            """
            UPDATE invoices_creditapplication AS used SET credit_id = credit.id
            FROM invoices_payment AS payment, invoices_creditdocument AS credit
            WHERE used.credit_id IS NULL AND used.payment_id = payment.id AND credit.id = ANY(%s)
              AND credit.kind = %s AND credit.external_id = used.credit_external_id
              AND credit.connection_id = payment.connection_id
            """,
            [document_ids, str(CreditKind.CREDIT_MEMO)],
        )


def _tell(kind: CreditKind, stories: Sequence[tuple[str, dict[str, Any], CreditDocument, SyncedCredit]]) -> None:
    places = places_of([document for _name, _data, document, _row in stories])
    drafts = []
    for name, data, document, row in stories:
        about = [
            *places[document.pk],
            *(("contact", pk) for pk in row.contact_ids),
            *(("company", pk) for pk in row.company_ids),
        ]
        drafts.append(Draft(f"{kind}.{name}", str(kind), document.pk, about, {**event_data(document), **data}))
    emit_many(drafts, origin=Origin.SYNC)


def places_of(documents: Iterable[CreditDocument]) -> dict[int, About]:
    """Where documents that were made here are told: on the invoice or deal they come from, and on all it belongs to."""
    documents = list(documents)
    deals = {each.deal_id: _of_deal(each.deal) for each in documents if each.deal_id}
    invoices = [document.invoice_id for document in documents if document.invoice_id]
    if not invoices:
        return {document.pk: deals.get(document.deal_id or 0, []) for document in documents}
    about = about_of(dict(Invoice.objects.filter(pk__in=invoices).values_list("pk", "deal_id")))
    return {
        document.pk: [("invoice", document.invoice_id), *about.get(document.invoice_id, [])]
        if document.invoice_id
        else deals.get(document.deal_id or 0, [])
        for document in documents
    }


def _of_deal(deal: Any) -> About:
    contacts = deal.deal_contacts.order_by("pk").values_list("contact_id", flat=True)
    company: About = [("company", deal.company_id)] if deal.company_id else []
    return [("deal", deal.pk), *(("contact", pk) for pk in contacts), *company]


def event_data(document: CreditDocument) -> dict[str, Any]:
    """What every event about such a document carries."""
    return {
        "number": document.number,
        "customer": document.customer_name,
        "currency": document.currency,
        "total": plain(document.total),
        "issued_on": document.issued_on.isoformat() if document.issued_on else None,
        "account": document.account_name,
    }


@transaction.atomic
def remove(connection_id: int, kind: CreditKind, external_ids: Sequence[str], *, quiet: bool) -> list[int]:
    """Note that QuickBooks deleted documents; the ids of those it hit. Rows stay, with their history."""
    gone = list(
        CreditDocument.objects.filter(
            connection_id=connection_id, kind=kind, external_id__in=list(external_ids), removed_at=None
        )
        .select_for_update()
        .defer("search")
        .order_by("pk")
    )
    if not gone:
        return []
    ids = [document.pk for document in gone]
    CreditDocument.objects.filter(pk__in=ids).update(removed_at=timezone.now())
    if not quiet:
        places = places_of(gone)
        told = EventLink.objects.filter(
            event__links__object_type=str(kind),
            event__links__object_id__in=ids,
            event__object_type=str(kind),
            object_type__in=["contact", "company"],
        )
        rows = told.values_list("event__object_id", "object_type", "object_id").distinct()
        for document_id, object_type, pk in rows.order_by("event__object_id", "object_type", "object_id"):
            if document_id in places:
                places[document_id].append((object_type, pk))
        drafts = [Draft(f"{kind}.removed", str(kind), each.pk, places[each.pk], event_data(each)) for each in gone]
        emit_many(drafts, origin=Origin.SYNC)
    return ids


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    return "" if value is None else str(value)
