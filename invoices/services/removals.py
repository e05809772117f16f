"""What happens here to invoices that QuickBooks deleted or voided, as the settings of the sync say."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from invoices.models import Invoice, PaymentApplication
from invoices.services import billing
from invoices.services.associations import about_of
from invoices.services.changes import event_data


def _found(connection_id: int, external_ids: Sequence[str]) -> list[Invoice]:
    rows = Invoice.objects.filter(connection_id=connection_id, external_id__in=external_ids)
    return list(rows.select_for_update(of=("self",)).defer("search").order_by("pk"))


@transaction.atomic
def archive(connection_id: int, external_ids: Sequence[str]) -> int:
    """Take invoices out of the lists; their pages and history stay. Returns how many that changed."""
    invoices = [invoice for invoice in _found(connection_id, external_ids) if invoice.archived_at is None]
    now = timezone.now()
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(archived_at=now, updated_at=now)
    _tell("invoice.archived", invoices)
    return len(invoices)


@transaction.atomic
def untrack(connection_id: int, external_ids: Sequence[str]) -> int:
    """Let invoices go: they stay as they are, and QuickBooks no longer changes them. Returns how many that changed."""
    invoices = [invoice for invoice in _found(connection_id, external_ids) if invoice.tracked]
    Invoice.objects.filter(pk__in=[invoice.pk for invoice in invoices]).update(tracked=False, updated_at=timezone.now())
    return len(invoices)


@transaction.atomic
def delete(connection_id: int, external_ids: Sequence[str]) -> int:
    """Delete invoices for good; the timelines of their deals, contacts and companies tell. Returns how many."""
    invoices = _found(connection_id, external_ids)
    _tell("invoice.deleted", invoices)
    deals = {invoice.deal_id for invoice in invoices}
    ids = [invoice.pk for invoice in invoices]
    # A payment keeps the QuickBooks id of what it paid.
    PaymentApplication.objects.filter(invoice__in=ids).update(invoice=None)
    Invoice.objects.filter(pk__in=ids).delete()
    billing.recompute_deals(deals)
    return len(invoices)


def _tell(event: str, invoices: Sequence[Invoice]) -> None:
    about = about_of({invoice.pk: invoice.deal_id for invoice in invoices})
    drafts = [Draft(event, "invoice", invoice.pk, about[invoice.pk], event_data(invoice)) for invoice in invoices]
    if drafts:
        emit_many(drafts, origin=Origin.SYNC)
