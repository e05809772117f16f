"""Doors of accounts: handing over what deactivated people have, links for new passwords, ended sessions."""

from collections.abc import Sequence
from time import monotonic

from celery import shared_task

from accounts import handing_over, resets, session_upkeep
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


@shared_task(name="accounts.send_resets", acks_late=True)
def send_resets(event_ids: Sequence[int]) -> None:
    """Plan the e-mails with links for new passwords; for addresses that nobody has, nothing."""
    for event in Event.objects.filter(pk__in=event_ids, name="user.reset_requested"):
        resets.plan(event)


@shared_task(name="accounts.prune_sessions")
def prune_sessions() -> int:
    """Delete sessions that have ended by themselves."""
    return sum(session_upkeep.prune())
