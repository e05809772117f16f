"""The records that a person opened last."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.urls import Resolver404, resolve
from django.utils import timezone

from core import registry
from core.finding import Hit
from core.models import RecentRecord

KEPT = 20

# One statement: the row is written, and those beyond the last twenty go.
_OPEN = """
WITH opened AS (
    INSERT INTO core_recentrecord (user_id, object_type, object_id, opened_at) VALUES (%(user)s, %(type)s, %(id)s, %(now)s)
    ON CONFLICT (user_id, object_type, object_id) DO UPDATE SET opened_at = excluded.opened_at
)
DELETE FROM core_recentrecord WHERE user_id = %(user)s AND NOT (object_type = %(type)s AND object_id = %(id)s) AND id IN (
    SELECT id FROM core_recentrecord WHERE user_id = %(user)s ORDER BY opened_at DESC OFFSET %(kept)s
)
"""  # noqa: E501


@dataclass(frozen=True)
class Recent:
    """A record that was opened lately, as it is printed."""

    hit: Hit
    icon: str


def note_opened(user_id: int, object_type: str, object_id: int) -> None:
    """Remember that a person opened a record, in one statement."""
    values: dict[str, Any] = {
        "user": user_id,
        "type": object_type,
        "id": object_id,
        "now": timezone.now(),
        "kept": KEPT - 1,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, values)


def record_of(path: str) -> tuple[str, int] | None:
    """The kind and id of the record whose page has this address; None for any other page."""
    try:
        match = resolve(path)
    except Resolver404:
        return None
    pk = match.kwargs.get("pk")
    if not isinstance(pk, int) or pk >= 2**63:
        return None
    kinds = [kind.name for kind in registry.object_types.values() if kind.url_name == match.view_name]
    return (kinds[0], pk) if kinds else None


def opened(user_id: int) -> dict[tuple[str, int], float]:
    """When each of the last records was opened, the latest first."""
    rows = (
        RecentRecord.objects.filter(user_id=user_id)
        .order_by("-opened_at")
        .values_list("object_type", "object_id", "opened_at")
    )
    return {(object_type, pk): at.timestamp() for object_type, pk, at in rows[: KEPT + 1]}


def shown(user: Any, *, limit: int, without: str = "") -> list[Recent]:
    """The records opened last that ``user`` may still see; ``without`` is the address of the page one is on."""
    sources = {source.object_type: source for source in sources_for(user)}
    order = opened(user.pk)
    wanted: dict[str, list[int]] = {}
    for object_type, pk in order:
        if object_type in sources:
            wanted.setdefault(object_type, []).append(pk)
    lines = {kind: sources[kind].lines_for(user, ids) for kind, ids in wanted.items()}
    found = []
    for object_type, pk in order:
        hit = lines.get(object_type, {}).get(pk)
        if hit is not None and hit.url != without:
            found.append(Recent(hit, registry.icon_of(object_type)))
    return found[:limit]


def sources_for(user: Any) -> list[registry.SearchSource]:
    """The kinds of records that ``user`` may look for, in order."""
    allowed = [each for each in registry.search_sources if not each.permission or user.has_perm(each.permission)]
    return sorted(allowed, key=lambda source: source.order)
