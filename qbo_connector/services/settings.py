"""What an admin decides about a connected company: how often it is read, what that may cost, where its day begins."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Least
from django.utils import timezone

from core.access import needs
from core.audit import differences
from core.events import emit
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, PullSchedule
from qbo_connector.services import budgets


@needs("sync.configure")
def change(
    connection: Connection, *, interval_minutes: int, time_zone: str, by: Any, economical: bool | None = None
) -> bool:
    """Set interval (1 to 60 minutes), time zone and, unless None, the economical mode; whether anything changed.

    A shorter interval takes effect at once, not only after the next read.
    """
    wanted: dict[str, Any] = {"interval_minutes": interval_minutes, "time_zone": time_zone}
    if economical is not None:
        wanted["economical"] = economical
    return _change(connection, wanted, by=by)


@needs("sync.configure")
def set_budget(connection: Connection, *, monthly_budget: int | None, by: Any) -> bool:
    """Set how many reads a month admins are warned before; None: no budget. Returns whether it changed."""
    changed = _change(connection, {"monthly_budget": monthly_budget}, by=by)
    budgets.clear_past()
    budgets.check()
    return changed


@needs("sync.configure")
def set_alerts(connection: Connection, *, records: int, minutes: int, by: Any) -> bool:
    """Set how many records have to fail for how long before admins get an e-mail. Returns whether it changed."""
    return _change(connection, {"alert_records": records, "alert_minutes": minutes}, by=by)


@transaction.atomic
def _change(connection: Connection, wanted: dict[str, Any], *, by: Any) -> bool:
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changes:
        return False
    before = differences.values_of(row, changes)
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    connection.refresh_from_db(fields=list(changes))
    if changes.keys() & {"interval_minutes", "economical"}:
        # Sooner if the new pace says so; a company that is due already stays due.
        PullSchedule.objects.filter(connection=row).update(
            due_at=Least("due_at", schedule.next_due(row, timezone.now()))
        )
    told = differences.since(before, row)
    emit("connection.settings_changed", row, by=by, title=str(row), changes=told, **changes)
    return True
