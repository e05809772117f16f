"""A day in minutes: every period and every age of the product divided by the same number.

Clocks stay as they are, because PostgreSQL, Valkey, the simulator and the product have to agree on the time; what
happens once an hour happens once a minute instead. What looks every few seconds does not look more often than twice a
second: faster it would be the beat that is tested, not the work.
"""

import datetime
import os

import crm_sync.celery
from core.services import retention
from sync import tasks
from sync.publish import backlog

DAY = 24 * 3600
MINUTES = float(os.environ.get("ENDURANCE_MINUTES", "2"))
SPEED = DAY / (60 * MINUTES)
HOUR = 3600 / SPEED
# How long anything is kept that is deleted by age.
KEPT = 2 * HOUR


def period(seconds: float, least: float = 2.0) -> float:
    """Real seconds of a period of the product."""
    return max(seconds / SPEED, least)


def environment() -> dict[str, str]:
    """The periods that are settings."""
    return {
        "ENDURANCE_MINUTES": str(MINUTES),
        "TICK_SECONDS": str(period(5, 0.5)),
        "HEARTBEAT_SECONDS": str(period(10, 1)),
        "STATUS_POLL_SECONDS": str(period(600)),
        "PULL_INTERVAL_SECONDS": str(round(period(600))),
        "ALERT_SECONDS": str(period(60)),
        "BUDGET_SECONDS": str(period(600)),
        "COUNT_SECONDS": str(period(900)),
        "PRUNE_SECONDS": str(period(3600)),
        "QBO_READ_TIMEOUT": "2",
    }


def compress(settings: object) -> None:
    """The periods and ages that are not settings, or are days."""
    crm_sync.celery.MINUTE, crm_sync.celery.HOUR = period(60), period(3600)
    for name in ("WEBHOOKS", "RESOLVED", "BODIES", "USAGE", "RUNS", "EVENTS"):
        setattr(settings, f"KEEP_{name}_DAYS", KEPT / DAY)
    # Events are deleted at night, and after 30 days at the earliest.
    retention.LEAST_DAYS, retention.LATE_DAYS, retention.NIGHT = KEPT / DAY, 0, range(24)
    tasks.SWEEP_AFTER = backlog.SETTLES_IN = datetime.timedelta(seconds=1)
    crm_sync.celery.app.conf.beat_schedule = crm_sync.celery.schedule()
