"""Doors of the sync. Each finds its work in PostgreSQL; a message lost or delivered twice changes nothing."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import structlog
from celery import current_app, shared_task
from celery.exceptions import SoftTimeLimitExceeded

from core.models import Event, Origin
from invoices.services.estimates import keep_up
from qbo_connector.mirror import read
from qbo_connector.models import Connection
from sync import alerts
from sync import settle as settling
from sync.publish import (
    attachments,
    backlog,
    credits,
    estimates,
    invoice_changes,
    payment_changes,
    payments,
    records,
    sends,
)
from sync.publish import invoices as publishing
from sync.reconcile import run
from sync.services import again, dry_runs, match_indexes
from sync.services.connections import prepare

log = structlog.get_logger(__name__)
Item = TypeVar("Item")
Found = TypeVar("Found")
# It ends by itself before; a large company is a matter of minutes.
DRY_RUN_SECONDS = dry_runs.LONGEST_SECONDS + 60
SWEEP_AFTER = datetime.timedelta(seconds=10)


def _connection_ids(event_ids: list[int]) -> list[int]:
    return list(Event.objects.filter(pk__in=event_ids).values_list("object_id", flat=True).distinct())


@shared_task(name="sync.start_first_load")
def start_first_load(event_ids: list[int]) -> None:
    """A company was connected: give it its settings and have it read."""
    for connection_id in _connection_ids(event_ids):
        prepare(connection_id)


@shared_task(name="sync.reconcile")
def reconcile(event_ids: list[int]) -> None:
    """The mirror changed: apply it."""
    _reconcile(_connection_ids(event_ids))


@shared_task(name="sync.reconcile_connections")
def reconcile_connections(connection_ids: list[int]) -> None:
    """Go on with companies whose reconcile did not end in one task."""
    _reconcile(connection_ids)


def _reconcile(connection_ids: list[int]) -> None:
    for connection, complete in _each(run.reconcile_alone, Connection.objects.filter(pk__in=connection_ids)):
        if not complete:
            current_app.send_task("sync.reconcile_connections", args=[[connection.pk]])


@shared_task(name="sync.publish")
def publish(event_ids: list[int]) -> None:
    """Invoices were requested: plan them."""
    for invoice_id in Event.objects.filter(pk__in=event_ids, object_type="invoice").values_list("object_id", flat=True):
        publishing.publish(invoice_id)


@shared_task(name="sync.publish_payments")
def publish_payments(event_ids: list[int]) -> None:
    """Payments were recorded here: plan them."""
    events = Event.objects.filter(pk__in=event_ids, object_type="payment")
    for _planned in _each(payments.publish, sorted(set(events.values_list("object_id", flat=True)))):
        pass


@shared_task(name="sync.publish_credits")
def publish_credits(event_ids: list[int]) -> None:
    """Credit memos and sales receipts were made here: plan them."""
    events = Event.objects.filter(pk__in=event_ids, object_type__in=credits.KINDS)
    for _planned in _each(credits.publish, sorted(set(events.values_list("object_id", flat=True)))):
        pass


@shared_task(name="sync.publish_estimates")
def publish_estimates(event_ids: list[int]) -> None:
    """Estimates were asked for: plan them."""
    events = Event.objects.filter(pk__in=event_ids, object_type=estimates.KIND)
    for _planned in _each(estimates.publish, sorted(set(events.values_list("object_id", flat=True)))):
        pass


@shared_task(name="sync.publish_quotes")
def publish_quotes(event_ids: list[int]) -> None:
    """Quotes were changed or answered here: their estimates follow."""
    events = Event.objects.filter(pk__in=event_ids, object_type="quote").exclude(origin=Origin.SYNC)
    for _quote, estimate_id in _each(keep_up, sorted(set(events.values_list("object_id", flat=True)))):
        if estimate_id is not None:
            estimates.publish(estimate_id)


@shared_task(name="sync.publish_files")
def publish_files(event_ids: list[int]) -> None:
    """Files were put on invoices: plan their upload."""
    events = Event.objects.filter(pk__in=event_ids, object_type="file")
    for _planned in _each(attachments.publish, sorted(set(events.values_list("object_id", flat=True)))):
        pass


@shared_task(name="sync.withdraw_files")
def withdraw_files(event_ids: list[int]) -> None:
    """Files were removed here: they leave QuickBooks as well."""
    attachments.withdraw(event_ids)


@shared_task(name="sync.publish_sends")
def publish_sends(event_ids: list[int]) -> None:
    """E-mails of invoices were asked for: plan them."""
    asked = Event.objects.filter(pk__in=event_ids).order_by("pk").values_list("data__send", flat=True)
    for _planned in _each(sends.publish, asked):
        pass


@shared_task(name="sync.publish_invoice_changes")
def publish_invoice_changes(event_ids: list[int]) -> None:
    """Invoices were changed here, or shall be voided or deleted: plan that."""
    events = Event.objects.filter(pk__in=event_ids, object_type="invoice").exclude(origin=Origin.SYNC)
    for _planned in _each(invoice_changes.plan_wish, sorted(set(events.values_list("object_id", flat=True)))):
        pass


@shared_task(name="sync.publish_records")
def publish_records(event_ids: list[int]) -> None:
    """Companies, contacts or products were changed here: send that to QuickBooks. What the sync changed is not."""
    records.publish_events(event_ids)


@shared_task(name="sync.sweep_records")
def sweep_records() -> None:
    """Records whose change nobody looked at, that wait for nothing, or that were never looked at: publish them."""
    for _swept in _each(backlog.publish_left_behind, backlog.sending()):
        pass


@shared_task(name="sync.look_again")
def look_again(event_ids: list[int]) -> None:
    """Settings or mappings were changed: have what they concern looked at again."""
    again.carry_out(event_ids)


@shared_task(name="sync.keep_match_indexes")
def keep_match_indexes(_event_ids: Sequence[int] = ()) -> list[str]:
    """Fields to match by were chosen, or are not any more: build their indexes, drop the others."""
    return match_indexes.keep_indexes()


@shared_task(name="sync.dry_run", soft_time_limit=DRY_RUN_SECONDS, time_limit=DRY_RUN_SECONDS + 60)
def dry_run(dry_run_id: int) -> None:
    """Somebody wants to know what the sync would do: work it out."""
    dry_runs.carry_out(dry_run_id)


@shared_task(name="sync.settle")
def settle(event_ids: list[int]) -> None:
    """Writes have their outcome: tell the records, and bring what QuickBooks answered into the CRM."""
    events = Event.objects.filter(pk__in=event_ids)
    _settle([event.data["operation"] for event in events])


def _settle(operation_ids: list[int]) -> None:
    settled = settling.settle_all(operation_ids)
    _reconcile(sorted({operation.connection_id for operation in settled}))
    # What was changed here while they were under way is the next operation.
    records.look_again(settled)


@shared_task(name="sync.sweep")
def sweep() -> None:
    """What a crash, a lost message or a lost broker left undone: plan, settle, reconcile it."""
    for _planned in _each(publishing.publish, publishing.unplanned()):
        pass
    for _recorded in _each(payments.publish, payments.unplanned()):
        pass
    for _wished in _each(payment_changes.plan_wish, payment_changes.unplanned_changes()):
        pass
    for _estimated in _each(estimates.publish, estimates.unplanned()):
        pass
    for _credited in _each(credits.publish, credits.unplanned()):
        pass
    for _changed in _each(invoice_changes.plan_wish, invoice_changes.unplanned_changes()):
        pass
    for _uploaded in _each(attachments.publish, attachments.unplanned()):
        pass
    for _called_off in _each(sends.call_off, sends.pointless()):
        pass
    for _sent in _each(sends.publish, sends.unplanned()):
        pass
    again.carry_out_lost()
    for lost in dry_runs.lost():
        current_app.send_task("sync.dry_run", args=[lost])
    _settle(settling.unsettled())
    _reconcile(read.companies_with_unread(older_than=SWEEP_AFTER))


@shared_task(name="sync.check_alerts")
def check_alerts() -> int:
    """Tell admins by e-mail what needs them."""
    return alerts.check()


def _each(work: Callable[[Item], Found], items: Iterable[Item]) -> Iterator[tuple[Item, Found]]:
    """What ``work`` makes of each item; one that fails is logged and stops no other."""
    for item in items:
        try:
            found = work(item)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("task.item_failed", item=repr(item))
        else:
            yield item, found
