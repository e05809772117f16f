"""Doors of imports."""

from celery import shared_task

from crm.hubspot import batches
from crm.imports import runs


@shared_task(name=runs.TASK)
def work_on_import(job_id: int) -> None:
    """Go on with an import: its check, its run or its undoing."""
    runs.work(job_id)
    batches.follow(job_id)


@shared_task(name=batches.TASK)
def work_on_hubspot_import(batch_id: int) -> None:
    """See what comes next among the files of a HubSpot export."""
    batches.work(batch_id)


@shared_task(name="crm.sweep_imports")
def sweep_imports() -> int:
    """Send imports that a crash left; delete the files of those that are over for 30 days."""
    return runs.sweep() + batches.sweep()
