"""What the API does by the clock."""

from celery import shared_task

from api import idempotency


@shared_task(name="api.forget_answers")
def forget_answers() -> None:
    """Delete the kept answers of writes that are older than a day."""
    idempotency.forget_old()
