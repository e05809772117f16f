"""Doors to the work on lists that takes longer than a page."""

from celery import shared_task

from core.tables import jobs, keeping


@shared_task(name=jobs.TASK)
def work_on_list_job(job_id: int) -> None:
    """Go on with an export or a change of many rows."""
    jobs.work(job_id)


@shared_task(name="core.sweep_list_jobs")
def sweep_list_jobs() -> int:
    """Send jobs that a crash left; forget files, undos and deleted views whose time is over."""
    keeping.purge()
    return jobs.sweep()
