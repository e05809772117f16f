"""By what objects of QuickBooks can be matched in the fields that an admin chose and the mirror has no column for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qbo_connector.models import Connection
from sync.enums import RecordType
from sync.models import MatchKey

# Longer texts are no names of anything.
LONGEST = 200


def key_of(value: Any) -> str:
    """A text as it is compared: in capitals, with single spaces. Empty for what can't be matched by."""
    return " ".join(value.split()).upper() if isinstance(value, str) else ""


def keys_in(objects: Mapping[str, Mapping[str, Any]], names: Iterable[str]) -> dict[tuple[str, str], str]:
    """The keys of some objects (their CRM values by QuickBooks id), by id and field."""
    found = {(qbo_id, name): key_of(values.get(name)) for qbo_id, values in objects.items() for name in names}
    return {about: key for about, key in found.items() if key and len(key) <= LONGEST}


def keep(
    connection: Connection,
    record_type: RecordType,
    names: Sequence[str],
    objects: Mapping[str, Mapping[str, Any]],
) -> None:
    """Keep the keys of some objects in the fields ``names``. Three statements at most; none where none is chosen."""
    if not names or not objects:
        return
    wanted = keys_in(objects, names)
    rows = MatchKey.objects.filter(connection=connection, record_type=record_type, qbo_id__in=objects)
    there = {(row.qbo_id, row.field): row for row in rows}
    over = [row.pk for about, row in there.items() if about not in wanted]
    if over:
        MatchKey.objects.filter(pk__in=over).delete()
    MatchKey.objects.bulk_create(
        (
            MatchKey(connection=connection, record_type=record_type, qbo_id=qbo_id, field=name, key=key)
            for (qbo_id, name), key in wanted.items()
            if (qbo_id, name) not in there or there[qbo_id, name].key != key
        ),
        update_conflicts=True,
        unique_fields=["connection", "record_type", "qbo_id", "field"],
        update_fields=["key"],
    )


def holders(connection: Connection, record_type: RecordType, name: str, keys: Iterable[str]) -> list[tuple[str, str]]:
    """Key and QuickBooks id of the objects that have one of some keys; one range of the index for each."""
    rows = MatchKey.objects.filter(connection=connection, record_type=record_type, field=name, key__in=set(keys))
    return list(rows.order_by("pk").values_list("key", "qbo_id"))
