"""Which record is which: by stored link, then by the rules. No record is ever linked to two objects."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Upper

from qbo_connector.models import Connection, MirrorObject
from sync.models import Link


def unlinked(connection: Connection, records: QuerySet[Any], object_type: str) -> QuerySet[Any]:
    """Living records that no object of this company is linked to yet."""
    linked = Link.objects.filter(connection=connection, object_type=object_type, object_id=OuterRef("pk"))
    return records.filter(~Exists(linked), archived_at=None)


def unlinked_by(
    connection: Connection, records: QuerySet[Any], object_type: str, column: str, values: Iterable[str]
) -> dict[str, int]:
    """Unlinked records by a text column in capitals; a value that several records share names none."""
    wanted = {value.upper() for value in values if value}
    if not wanted:
        return {}
    rows = (
        unlinked(connection, records, object_type)
        .annotate(match_key=Upper(column))
        .filter(match_key__in=wanted)
        .values_list("match_key", "pk")
    )
    return _unambiguous(rows)


def _unambiguous(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, list[int]] = {}
    for key, pk in rows:
        found.setdefault(key, []).append(pk)
    return {key: pks[0] for key, pks in found.items() if len(pks) == 1}


def emails_of_customers(connection: Connection, qbo_ids: set[str]) -> dict[str, str]:
    """E-mail addresses of some mirrored customers."""
    rows = MirrorObject.objects.filter(connection=connection, entity="Customer", qbo_id__in=qbo_ids)
    return dict(rows.values_list("qbo_id", "email"))
