"""Doors of accounts: handing over what deactivated people have."""

from collections.abc import Sequence
from time import monotonic

from celery import shared_task

from accounts import handing_over
from core.models import Event

SECONDS = 45  # well within a task's time limit


@shared_task(name="accounts.hand_over", acks_late=True)
def hand_over(event_ids: Sequence[int]) -> None:
    """Give what a deactivated person has to whom the administrator named; what takes longer goes on in a next turn."""
    events = Event.objects.filter(pk__in=event_ids, name="user.deactivated").select_related("actor").order_by("pk")
    until = monotonic() + SECONDS
    left = [event.pk for event in events if not handing_over.hand_over(event, until=until)]
    if left:
        hand_over.delay(left)
