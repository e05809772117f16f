"""Doors of the CRM."""

from celery import shared_task

from crm.services import merging_suggestions, tasks


@shared_task(name="crm.remind_of_tasks")
def remind_of_tasks() -> int:
    """Tell assignees of tasks that have come due."""
    return tasks.remind_due()


@shared_task(name="crm.find_duplicates")
def find_duplicates() -> int:
    """Look at what changed for records that are likely the same."""
    return merging_suggestions.scan()
