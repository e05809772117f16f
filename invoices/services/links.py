"""Which deal, contacts and companies invoices belong to, as people decide it: link, unlink, add existing ones."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import Draft, emit_many, object_type_of
from core.models import Origin
from crm.models import Company, Contact, Deal
from invoices.models import Invoice, KeptApart
from invoices.services import billing
from invoices.services.associations import InvoiceCompany, InvoiceContact
from invoices.services.changes import event_data

LinkedRecord = Deal | Contact | Company


@dataclass(frozen=True)
class Added:
    """What came of adding invoices to a record. ``elsewhere``: those on another deal, to be confirmed first."""

    linked: Sequence[Invoice] = ()
    known: int = 0  # how many belonged to it already
    elsewhere: Sequence[Invoice] = field(default=())


@needs("invoices.create")
@transaction.atomic
def add(
    invoice_ids: Iterable[int],
    record: LinkedRecord,
    *,
    by: Any,
    move: Collection[int] = (),
    origin: Origin = Origin.PERSON,
) -> Added:
    """Let invoices belong to ``record``, any number in a constant number of statements.

    An invoice counts for one deal: those on another one are moved only when ``move`` names them; otherwise they stay
    and are told. Added invoices are tracked from then on, so that they stay up to date with invoice sync off.
    Emits ``invoice.linked`` and ``invoice.unlinked``.
    """
    rows = Invoice.objects.filter(pk__in=list(invoice_ids)).select_for_update(of=("self",)).select_related("deal")
    invoices = list(rows.defer("search").order_by("pk"))
    kind = object_type_of(record)
    known = _known(invoices, record)
    wanted = [invoice for invoice in invoices if invoice.pk not in known]
    elsewhere: list[Invoice] = []
    if isinstance(record, Deal):
        elsewhere = [invoice for invoice in wanted if invoice.deal_id and invoice.pk not in move]
        wanted = [invoice for invoice in wanted if not invoice.deal_id or invoice.pk in move]
    if not wanted:
        return Added((), len(known), elsewhere)
    former = {invoice.pk: invoice.deal for invoice in wanted if isinstance(record, Deal) and invoice.deal}
    pks = [invoice.pk for invoice in wanted]
    _write(record, pks)
    KeptApart.objects.filter(invoice__in=pks, object_type=kind, object_id=record.pk).delete()
    Invoice.objects.filter(pk__in=pks).update(tracked=True, updated_at=timezone.now())
    if isinstance(record, Deal):
        _keep_apart([(pk, "deal", deal.pk) for pk, deal in former.items()], by)
        billing.recompute_deals([record.pk, *(deal.pk for deal in former.values())])
    drafts = [_draft("invoice.unlinked", invoice, former[invoice.pk]) for invoice in wanted if invoice.pk in former]
    drafts += [_draft("invoice.linked", invoice, record) for invoice in wanted]
    emit_many(drafts, by=by, origin=origin if by is not None else Origin.SYSTEM)
    return Added(wanted, len(known), elsewhere)


@needs("invoices.create")
@transaction.atomic
def take_off(invoice: Invoice, record: LinkedRecord, *, by: Any, origin: Origin = Origin.PERSON) -> bool:
    """Let ``invoice`` no longer belong to ``record``; no rule brings it back. False when it did not belong there."""
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").get(pk=invoice.pk)
    if locked.pk not in _known([locked], record):
        return False
    _keep_apart([(locked.pk, object_type_of(record), record.pk)], by)
    if isinstance(record, Deal):
        Invoice.objects.filter(pk=locked.pk).update(deal=None, updated_at=timezone.now())
        billing.recompute_deals([record.pk])
    else:
        through, column = _through(record)
        through.objects.filter(invoice_id=locked.pk, **{column: record.pk}).delete()
        Invoice.objects.filter(pk=locked.pk).update(updated_at=timezone.now())
    emit_many([_draft("invoice.unlinked", locked, record)], by=by, origin=origin if by else Origin.SYSTEM)
    return True


@needs("invoices.create")
@transaction.atomic
def dismiss(invoice: Invoice, deal: Deal, *, by: Any) -> None:
    """A person says that ``invoice`` does not belong to ``deal``: it is not proposed again."""
    _keep_apart([(invoice.pk, "deal", deal.pk)], by)
    emit_many([_draft("invoice.suggestion_dismissed", invoice, deal)], by=by, origin=Origin.PERSON)


def _known(invoices: Sequence[Invoice], record: LinkedRecord) -> set[int]:
    if isinstance(record, Deal):
        return {invoice.pk for invoice in invoices if invoice.deal_id == record.pk}
    through, column = _through(record)
    pks = [invoice.pk for invoice in invoices]
    return set(through.objects.filter(invoice_id__in=pks, **{column: record.pk}).values_list("invoice_id", flat=True))


def _through(record: Contact | Company) -> tuple[Any, str]:
    return (InvoiceContact, "contact_id") if isinstance(record, Contact) else (InvoiceCompany, "company_id")


def _write(record: LinkedRecord, invoice_ids: Sequence[int]) -> None:
    if isinstance(record, Deal):
        Invoice.objects.filter(pk__in=invoice_ids).update(deal=record)
        return
    through, column = _through(record)
    through.objects.bulk_create(
        [through(invoice_id=pk, **{column: record.pk}) for pk in invoice_ids], ignore_conflicts=True
    )


def _keep_apart(pairs: Sequence[tuple[int, str, int]], by: Any) -> None:
    KeptApart.objects.bulk_create(
        [KeptApart(invoice_id=pk, object_type=kind, object_id=record, by=by) for pk, kind, record in pairs],
        ignore_conflicts=True,
    )


def _draft(name: str, invoice: Invoice, record: LinkedRecord) -> Draft:
    kind = object_type_of(record)
    # ``deal`` is how older events name the record.
    named = {"deal": str(record)} if kind == "deal" else {"record": str(record), "kind": kind}
    return Draft(name, "invoice", invoice.pk, [(kind, record.pk)], {**event_data(invoice), **named})
