"""What an admin decides about a connected company: how often it is read, and where its day begins."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Least
from django.utils import timezone

from core.events import emit
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, PullSchedule


@transaction.atomic
def change(connection: Connection, *, interval_minutes: int, time_zone: str, by: Any) -> bool:
    """Set interval (1 to 60 minutes) and time zone; returns whether anything changed.

    A shorter interval takes effect at once, not only after the next read.
    """
    row = Connection.objects.select_for_update().get(pk=connection.pk)
    wanted: dict[str, Any] = {"interval_minutes": interval_minutes, "time_zone": time_zone}
    changes = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changes:
        return False
    for name, value in changes.items():
        setattr(row, name, value)
    row.save(update_fields=list(changes))
    connection.refresh_from_db(fields=list(changes))
    if "interval_minutes" in changes:
        # Sooner if the new interval says so; a company that is due already stays due.
        PullSchedule.objects.filter(connection=row).update(
            due_at=Least("due_at", schedule.next_due(row, timezone.now()))
        )
    emit("connection.settings_changed", row, by=by, **changes)
    return True
