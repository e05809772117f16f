"""How sync stood, day by day: one small row for each company and day."""

from django.db.models import Count
from django.utils import timezone

from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection
from reports.models import HealthSample
from sync.health_counts import SHOWN
from sync.models import Link


def sample() -> int:
    """Keep today's numbers (UTC) of every connected company in place of an earlier look; how many companies."""
    now = timezone.now()
    companies = Connection.objects.exclude(status=ConnectionStatus.DISCONNECTED).values_list("pk", flat=True)
    figures: dict[int, dict[str, int]] = {pk: dict.fromkeys(map(str, SHOWN), 0) for pk in companies}
    rows = Link.objects.filter(connection_id__in=list(figures), outcome__in=SHOWN).order_by()
    for pk, outcome, count in rows.values_list("connection_id", "outcome").annotate(count=Count("pk")):
        figures[pk][outcome] = count
    HealthSample.objects.bulk_create(
        [HealthSample(connection_id=pk, day=now.date(), seen_at=now, **found) for pk, found in figures.items()],
        update_conflicts=True,
        unique_fields=["connection", "day"],
        update_fields=[*map(str, SHOWN), "seen_at"],
    )
    return len(figures)
