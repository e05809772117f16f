"""Warn before a company's monthly budget of reads is spent: once a month and threshold."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Alert, Connection
from qbo_connector.services import meter

KIND = "budget"
NEARLY, SPENT, FORECAST = "80", "100", "forecast"
# A forecast from a handful of reads is a guess.
FORECAST_FROM_PERCENT = 10


def check() -> int:
    """Look at every connected company with a budget; returns how many warnings were new."""
    companies = Connection.objects.filter(status=ConnectionStatus.ACTIVE, monthly_budget__isnull=False)
    return sum(_check(connection) for connection in companies)


def _check(connection: Connection) -> int:
    now = meter.month(connection)
    reached = [name for name, true in ((NEARLY, now.percent >= 80), (SPENT, now.percent >= 100)) if true]
    if not reached and now.over and now.percent >= FORECAST_FROM_PERCENT:
        reached = [FORECAST]
    return sum(_warn(connection, threshold, now) for threshold in reached)


@transaction.atomic
def _warn(connection: Connection, threshold: str, now: meter.Month) -> bool:
    """Note the warning; False when it was given this month already."""
    key = f"{timezone.now().date():%Y-%m}:{threshold}:{now.budget}"
    data: dict[str, Any] = {"reads": now.reads, "forecast": now.forecast, "budget": now.budget, "threshold": threshold}
    if Alert.objects.filter(connection=connection, kind=KIND, key=key).exists():
        return False
    made = Alert.objects.bulk_create(
        [Alert(connection=connection, kind=KIND, key=key, data=data)], ignore_conflicts=True
    )
    if made:
        emit("connection.budget_warned", connection, origin=Origin.SYSTEM, **data)
    return bool(made)


def clear_past() -> int:
    """Warnings of earlier months, or of a budget that was changed, concern nobody any more."""
    this_month = f"{timezone.now().date():%Y-%m}:"
    cleared = 0
    for alert in Alert.objects.filter(kind=KIND, cleared_at=None).select_related("connection"):
        budget = alert.connection.monthly_budget if alert.connection else None
        if not alert.key.startswith(this_month) or not alert.key.endswith(f":{budget}"):
            Alert.objects.filter(pk=alert.pk).update(cleared_at=timezone.now())
            cleared += 1
    return cleared
