"""Doors of invoices."""

from celery import shared_task
from django.utils import timezone

from core.models import Event
from crm.models import HubspotImport
from invoices.services import invoicing, parity, poll, recurring, reminders


@shared_task(name="invoices.poll_status")
def poll_status(after_deal: int = 0) -> None:
    """Re-derive what dates change; a long repair of deals goes on in a task of its own."""
    done = poll.poll_status(now=timezone.now(), after_deal=after_deal)
    if done.next_deal:
        poll_status.delay(done.next_deal)


@shared_task(name="invoices.make_recurring")
def make_recurring() -> int:
    """Make the recurring invoices whose day has come, and send those that were made to be sent."""
    return recurring.make_due() + recurring.send_made()


@shared_task(name="invoices.send_reminders")
def send_reminders() -> int:
    """Plan the reminders that are due."""
    return reminders.send_due()


@shared_task(name="invoices.recount_deals")
def recount_deals(event_ids: list[int]) -> int:
    """Count the deals of companies anew whose settings say so differently now."""
    found = Event.objects.filter(pk__in=event_ids, data__has_key="skip_other_currencies")
    return sum(invoicing.recount(pk) for pk in sorted(set(found.values_list("object_id", flat=True))))


@shared_task(name="invoices.compare_hubspot")
def compare_hubspot(event_ids: list[int]) -> int:
    """Compare what imported exports of HubSpot say of invoices with QuickBooks', or take back what that did."""
    count = 0
    for event in Event.objects.filter(pk__in=event_ids):
        batch = HubspotImport.objects.select_related("owner").filter(pk=event.object_id).first()
        if batch is not None:
            count += parity.undo(batch) if event.name == "hubspot_import.undone" else parity.compare(batch)
    return count
