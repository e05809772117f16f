"""CRM records as the sync sees them, in bulk: values by the names that mappings use, and who changed what last."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db.models import Model

from core import properties
from core.properties import PREFIX, Definition, PropertyKind
from crm.models import Company, Contact, Product
from crm.models.records import Record
from invoices.models import Invoice
from sync.enums import RecordType

Values = dict[str, Any]
# Those that come from the CRM, and all that have fields to map.
CRM_MODELS: dict[RecordType, type[Record]] = {
    RecordType.COMPANY: Company,
    RecordType.CONTACT: Contact,
    RecordType.PRODUCT: Product,
}
MODELS: dict[RecordType, type[Model]] = {**CRM_MODELS, RecordType.INVOICE: Invoice}
# Always there besides the fields that were asked for.
HEAD = ("updated_at", "archived_at")


@dataclass(frozen=True)
class Touch:
    """When a field was changed last by anybody but the sync, and by whom; nobody for the product itself."""

    at: datetime.datetime
    by_id: int | None = None


def values_of(
    record_type: RecordType, ids: Iterable[int], fields: Iterable[str], *, lock: bool = False
) -> dict[int, Values]:
    """Values of some records by id and field: columns, relations (``company_id``) and ``property:<id>``.

    Every record also has ``updated_at`` and ``archived_at`` (where its kind has them). Choices are their ids in text,
    people their names. ``lock`` holds the records to the end of the transaction, in the order of their ids.
    One statement; one more for the definitions of properties and one for names of people, where there are any.
    """
    model, wanted = MODELS[record_type], list(dict.fromkeys(fields))
    ids = sorted(set(ids))
    if not ids:
        return {}
    custom = [name for name in wanted if name.startswith(PREFIX)]
    known = {column.attname for column in model._meta.concrete_fields}
    columns = [*(name for name in wanted if name in known), *(name for name in HEAD if name in known)]
    rows: Any = model._default_manager.filter(pk__in=ids).order_by("pk")
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    found: dict[int, Values] = {}
    for row in rows.values("pk", *dict.fromkeys(columns), *(["properties"] if custom else [])):
        found[row.pop("pk")] = row
    if custom:
        _put_properties(record_type, custom, found)
    return found


def _put_properties(record_type: RecordType, names: Iterable[str], found: Mapping[int, Values]) -> None:
    definitions = {each.name: each for each in properties.definitions(str(record_type))}
    wanted = [definitions[name] for name in names if name in definitions]
    people: list[tuple[Values, str]] = []
    for values in found.values():
        held = values.pop("properties") or {}
        for definition in wanted:
            value = typed(definition, held.get(definition.slot))
            values[definition.name] = value
            if definition.kind == PropertyKind.USER and value is not None:
                people.append((values, definition.name))
    names_of = properties.named(str(values[name]) for values, name in people)
    for values, name in people:
        values[name] = names_of.get(str(values[name]), "")


def typed(definition: Definition, stored: Any) -> Any:
    """A stored value of a custom property as mappings and conditions take it."""
    return properties.typed(definition.kind, stored)


def changes_of(record_type: RecordType, ids: Iterable[int]) -> dict[int, dict[str, Touch]]:
    """The last change of each field of some records that did not come from the sync, from their events.

    One statement. A field that nobody ever changed has none; ``""`` is the record's making, where a person made it.
    """
    ids = sorted(set(ids))
    if not ids:
        return {}
    with database.cursor() as cursor:
        cursor.execute(_LAST_CHANGES, {"type": str(record_type), "ids": ids})
        rows = cursor.fetchall()
    found: dict[int, dict[str, Touch]] = {}
    for object_id, name, at, actor in rows:
        found.setdefault(object_id, {})[name] = Touch(at, actor)
    return found


_LAST_CHANGES = """
    SELECT DISTINCT ON (event.object_id, changed.name) event.object_id, changed.name, event.occurred_at, event.actor_id
    FROM core_eventlink AS link
    JOIN core_event AS event ON event.id = link.event_id
    CROSS JOIN LATERAL (
        SELECT jsonb_object_keys(event.data -> 'changes') AS name WHERE jsonb_typeof(event.data -> 'changes') = 'object'
        UNION ALL SELECT '' WHERE event.name = %(type)s || '.created'
    ) AS changed
    WHERE link.object_type = %(type)s AND link.object_id = ANY(%(ids)s)
      AND event.object_type = link.object_type AND event.object_id = link.object_id AND event.origin <> 'sync'
    ORDER BY event.object_id, changed.name, event.id DESC
"""
