"""The door of what reports do by themselves."""

from celery import shared_task

from reports.services import schedules


@shared_task(name="reports.send_due", acks_late=True)
def send_due() -> None:
    """Plan the e-mails of reports that are due."""
    schedules.send_due()
