"""Once in each company's own night, have its numbers of objects compared with the mirror's: nothing stays lost."""

import datetime
import zoneinfo

from django.conf import settings
from django.utils import timezone

from qbo_connector.enums import ConnectionStatus
from qbo_connector.mirror.entities import CHANGE_DATA
from qbo_connector.models import Connection, MirrorObject, PullSchedule

# The night is from one to five in the company's time zone; each company has its own minute in it.
NIGHT_BEGINS = datetime.timedelta(hours=1)
NIGHT_SECONDS = 4 * 3600
ALL_ON = 6  # on Sundays what the company does not use is counted as well


def last_turn(connection: Connection, now: datetime.datetime) -> datetime.datetime:
    """The company's latest minute for the count that is not in the future."""
    try:
        zone = zoneinfo.ZoneInfo(connection.time_zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        zone = zoneinfo.ZoneInfo("UTC")
    offset = NIGHT_BEGINS + datetime.timedelta(seconds=(connection.pk * 7919) % NIGHT_SECONDS)
    today = now.astimezone(zone).date()
    turn = datetime.datetime.combine(today, datetime.time(), zone) + offset
    return turn if turn <= now else turn - datetime.timedelta(days=1)


def ask_for_due(*, now: datetime.datetime | None = None) -> int:
    """Have the companies counted whose turn has come since they last were; returns how many.

    The count goes with their next read. One that is read seldom is made due, so that it is counted at night.
    """
    moment = now or timezone.now()
    asked = 0
    rows = PullSchedule.objects.filter(
        connection__status=ConnectionStatus.ACTIVE,
        connection__environment=settings.QBO_ENVIRONMENT,
        loaded_at__isnull=False,
    ).select_related("connection")
    for row in rows:
        turn = last_turn(row.connection, moment)
        if (row.counted_at or row.loaded_at or moment) >= turn:
            continue
        due = {"due_at": min(row.due_at, moment)} if row.connection.economical and not row.failures else {}
        asked += PullSchedule.objects.filter(pk=row.pk, counted_at=row.counted_at).update(
            counted_at=moment, to_count=_entities(row.connection, turn), **due
        )
    return asked


def _entities(connection: Connection, turn: datetime.datetime) -> list[str]:
    """What the company uses, each one read; on Sundays also what the mirror has nothing of."""
    if turn.weekday() == ALL_ON:
        return list(CHANGE_DATA)
    known = MirrorObject.objects.filter(connection=connection, deleted=False)
    used = set(known.values_list("entity", flat=True).distinct())
    return [entity for entity in CHANGE_DATA if entity in used]
