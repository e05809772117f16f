"""Doors of the CRM."""

from celery import shared_task

from crm.services import tasks


@shared_task(name="crm.remind_of_tasks")
def remind_of_tasks() -> int:
    """Tell assignees of tasks that have come due."""
    return tasks.remind_due()
