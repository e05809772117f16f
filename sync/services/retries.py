"""Try again what failed: refused invoices, and objects of QuickBooks that could not be applied."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from core.models import Origin
from invoices.models import Invoice
from invoices.ports import accounting
from qbo_connector.models import Connection, MirrorObject, ParkedRecord
from sync.enums import Outcome, RecordType
from sync.models import Link
from sync.publish import credits, estimates, invoice_changes, payments
from sync.publish.records import PARTIES, Asked, publish_to


@needs("sync.run")
@transaction.atomic
def send_again(links: Iterable[Link], *, by: Any) -> int:
    """Send refused records to QuickBooks again, invoices as a new attempt of the same intent; returns how many.

    One that is on its way already, or that QuickBooks has by now, is left alone.
    """
    links = list(links)
    return _invoices_again(links, by=by) + _records_again(links)


def _records_again(links: Iterable[Link]) -> int:
    wanted: dict[tuple[Connection, RecordType], list[int]] = {}
    for link in links:
        if link.object_type in PARTIES and link.outcome == Outcome.FAILING:
            wanted.setdefault((link.connection, RecordType(link.object_type)), []).append(link.object_id)
    for (connection, record_type), ids in wanted.items():
        publish_to(connection, record_type, ids, Asked(again=True))
    return sum(len(ids) for ids in wanted.values())


def _invoices_again(links: Iterable[Link], *, by: Any) -> int:
    failing = [link for link in links if link.outcome == Outcome.FAILING]
    wanted = [link.object_id for link in failing if link.object_type == "invoice"]
    invoices = Invoice.objects.filter(pk__in=wanted).select_related("deal", "connection")
    sent = 0
    for invoice in invoices.defer("search").order_by("pk"):
        if not invoice.external_id:
            accounting().retry(invoice, by=by)
            sent += 1
        elif invoice_changes.plan_wish(invoice.pk, again=True) is not None:
            sent += 1
    recorded = sorted(link.object_id for link in failing if link.object_type == "payment")
    sent += sum(payments.publish(pk, again=True) is not None for pk in recorded)
    offered = sorted(link.object_id for link in failing if link.object_type == estimates.KIND)
    sent += sum(estimates.publish(pk, again=True) is not None for pk in offered)
    memos = sorted(link.object_id for link in failing if link.object_type in credits.KINDS)
    return sent + sum(credits.publish(pk, again=True) is not None for pk in memos)


@needs("sync.run")
@transaction.atomic
def apply_again(record: ParkedRecord, *, by: Any) -> bool:
    """Have the sync look at a parked object again. False when there is no copy of it that could be looked at.

    What still can't be applied is parked again, with its new reason. An object whose JSON could not be read at all has
    no row in the mirror; it comes again when it changes in QuickBooks.
    """
    found = MirrorObject.objects.filter(
        connection=record.connection, entity=record.entity, qbo_id=record.qbo_id, deleted=False
    )
    if not record.qbo_id or not found.update(unread=True):
        return False
    ParkedRecord.objects.filter(pk=record.pk).update(resolved_at=timezone.now())
    emit("mirror.changed", record.connection, by=by, origin=Origin.SYNC)
    return True
