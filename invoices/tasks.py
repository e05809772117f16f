"""Doors of invoices."""

from celery import shared_task
from django.utils import timezone

from invoices.services import poll


@shared_task(name="invoices.poll_status")
def poll_status(after_deal: int = 0) -> None:
    """Re-derive what dates change; a long repair of deals goes on in a task of its own."""
    done = poll.poll_status(now=timezone.now(), after_deal=after_deal)
    if done.next_deal:
        poll_status.delay(done.next_deal)
