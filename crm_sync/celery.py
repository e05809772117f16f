"""The Celery application and every period of the product, in one place."""

import os

from celery import Celery, signals
from django.conf import settings
from django_structlog.celery.steps import DjangoStructLogInitStep

from core import ending
from core.metrics import tasks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm_sync.settings")

MINUTE = 60.0
HOUR = 3600.0

app = Celery("crm_sync")
# The lines of a task carry its id, and those of the request that asked for it.
app.steps["worker"].add(DjangoStructLogInitStep)
tasks.connect()
ending.connect()
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["core.tables", "crm.imports", "reports.rollups"])


def schedule() -> dict[str, dict[str, object]]:
    """What beat sends and how often, in seconds. A message that waited longer than its period is dropped."""
    periods = {
        "core.heartbeat": settings.HEARTBEAT_SECONDS,
        "core.dispatch_events": settings.TICK_SECONDS,
        "core.keep_property_indexes": HOUR,
        "core.purge_properties": HOUR,
        "core.prune_events": HOUR,
        "core.prune_requests": HOUR,
        "accounts.prune_sessions": HOUR,
        "core.sweep_list_jobs": MINUTE,
        "core.forget_stray_files": HOUR,
        "qbo_connector.lease_due_pulls": settings.TICK_SECONDS,
        "qbo_connector.sweep_outbox": settings.TICK_SECONDS,
        "sync.sweep": settings.TICK_SECONDS,
        "sync.sweep_records": MINUTE,
        "sync.keep_match_indexes": HOUR,
        "invoices.poll_status": settings.STATUS_POLL_SECONDS,
        "invoices.make_recurring": MINUTE,
        "invoices.send_reminders": MINUTE,
        "core.send_mails": MINUTE,
        "core.send_requests": MINUTE,
        "crm.find_duplicates": MINUTE,
        "crm.remind_of_tasks": MINUTE,
        "crm.sweep_imports": MINUTE,
        "reports.refresh_rollups": MINUTE,
        "reports.sample_health": HOUR,
        "workflows.sweep": settings.TICK_SECONDS,
        "workflows.sweep_triggers": MINUTE,
        "workflows.prune": HOUR,
        "reports.send_due": MINUTE,
        "sync.check_alerts": settings.ALERT_SECONDS,
        "qbo_connector.check_budgets": settings.BUDGET_SECONDS,
        "qbo_connector.ask_for_counts": settings.COUNT_SECONDS,
        "qbo_connector.prune": settings.PRUNE_SECONDS,
        "api.forget_answers": HOUR,
    }
    # A heartbeat may wait for a task that is running; what it says is true all the same.
    expiries = {"core.heartbeat": max(MINUTE, settings.HEARTBEAT_SECONDS)}
    return {
        name: {"task": name, "schedule": seconds, "options": {"expires": expiries.get(name, seconds)}}
        for name, seconds in periods.items()
    }


@signals.setup_logging.connect
def _keep_logging(**_more: object) -> None:
    """Whoever listens here keeps Celery from setting levels of its own: LOG_LEVEL and LOG_FORMAT hold everywhere."""


@app.on_after_finalize.connect
def _set_schedule(sender: Celery, **_more: object) -> None:
    # Not at import: reading settings there would read .env before the launcher has chosen the environment.
    sender.conf.beat_schedule = schedule()
