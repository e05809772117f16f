"""Doors of imports."""

from celery import shared_task

from crm.imports import runs


@shared_task(name=runs.TASK)
def work_on_import(job_id: int) -> None:
    """Go on with an import: its check, its run or its undoing."""
    runs.work(job_id)


@shared_task(name="crm.sweep_imports")
def sweep_imports() -> int:
    """Send imports that a crash left; delete the files of those that are over for 30 days."""
    return runs.sweep()
