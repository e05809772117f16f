"""The door of the roll-ups."""

from celery import shared_task

from reports.rollups import health, refresh


@shared_task(name="reports.refresh_rollups")
def refresh_rollups() -> int:
    """Bring the roll-ups up to date; how many changes there were."""
    return refresh.refresh()


@shared_task(name="reports.sample_health")
def sample_health() -> int:
    """Keep how many records stand how today; for how many companies."""
    return health.sample()
