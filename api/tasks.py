"""What the API does by the clock, and on events."""

from celery import shared_task

from api import idempotency
from api.services import webhooks


@shared_task(name="api.forget_answers")
def forget_answers() -> None:
    """Delete the kept answers of writes that are older than a day."""
    idempotency.forget_old()


@shared_task(name="api.tell_subscribers")
def tell_subscribers(event_ids: list[int]) -> None:
    """Plan the webhooks of events."""
    webhooks.tell(event_ids)
