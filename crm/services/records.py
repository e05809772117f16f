"""How every record of the CRM is written: create, update, archive, restore.

Only the services of the single objects call this. Each change is one transaction with one event, and the record is
read back before the event describes it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.db import models, transaction
from django.utils import timezone

from core.events import emit, object_type_of
from core.models import Origin
from core.properties import clean_values
from crm.models.records import Record
from crm.queries import merges
from crm.services import changes

R = TypeVar("R", bound=Record)
About = Callable[[Any], Iterable[models.Model]]


class Archived(Exception):
    """The record is archived; it has to be restored before it can change."""


class Merged(Exception):
    """The record is part of another one; its merge has to be undone to bring it back."""


class UnknownField(TypeError):
    """A caller named a column that this service does not write."""


def nothing(_record: Record) -> Iterable[models.Model]:
    """For records whose events are shown nowhere else."""
    return ()


def locked(record: R) -> R:
    """The record as it is now, locked until the transaction ends. Raises Archived."""
    fresh = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    if fresh.archived_at is not None:
        raise Archived(record.pk)
    return fresh


def checked(values: Mapping[str, Any], allowed: Iterable[str]) -> dict[str, Any]:
    """``values`` as a dict. Raises UnknownField for a name that is not in ``allowed``."""
    if unknown := set(values) - set(allowed):
        raise UnknownField(", ".join(sorted(unknown)))
    return dict(values)


@transaction.atomic
def create(
    model: type[R], values: Mapping[str, Any], *, by: Any, origin: Origin | None = None, about: About = nothing
) -> R:
    """A new record with the event ``<object>.created``; its owner is ``by`` unless ``values`` name one.

    ``properties`` are custom values by property; what is required may be missing in what comes from accounting only.
    Raises core.properties.BadValues.
    """
    given = dict(values)
    complete = origin != Origin.SYNC
    given["properties"] = clean_values(str(model._meta.model_name), given.get("properties") or {}, complete=complete)
    if by is not None and "owner" not in given:
        given["owner"] = by
    record = model._default_manager.create(**given)
    emit(f"{object_type_of(record)}.created", record, by=by, origin=origin, about=about(record), title=str(record))
    return record


@transaction.atomic
def update(record: R, values: Mapping[str, Any], *, by: Any, origin: Origin | None = None, about: About = nothing) -> R:
    """Write what differs, with the event ``<object>.changed``; nothing where nothing differs.

    Of ``properties`` only the given ones change; None empties one. Raises Archived and core.properties.BadValues.
    """
    fresh = locked(record)
    if "properties" in values:
        cleaned = clean_values(
            object_type_of(record), values["properties"], record=fresh, complete=origin != Origin.SYNC
        )
        values = {**values, "properties": cleaned}
    found = changes.differing(fresh, by_column(type(record), values))
    if not found:
        return fresh
    written = {name: new for name, (_old, new) in found.items()}
    type(record)._default_manager.filter(pk=record.pk).update(**written, updated_at=timezone.now())
    fresh.refresh_from_db()
    data = changes.event_data(fresh, {name: (old, getattr(fresh, name)) for name, (old, _new) in found.items()})
    emit(f"{object_type_of(fresh)}.changed", fresh, by=by, origin=origin, about=about(fresh), **data)
    return fresh


def by_column(model: type[models.Model], values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` with records as ids (``company`` -> ``company_id``), so that comparing costs no query."""
    columns = {}
    for name, value in values.items():
        field = model._meta.get_field(name)
        columns[field.attname] = value.pk if isinstance(value, models.Model) else value  # type: ignore[union-attr]
    return columns


@transaction.atomic
def archive(record: R, *, by: Any, about: About = nothing) -> R:
    """Take the record out of the lists. Nothing is deleted; does nothing when it is archived already."""
    return _mark(record, timezone.now(), "archived", by=by, about=about)


@transaction.atomic
def restore(record: R, *, by: Any, about: About = nothing) -> R:
    """Bring an archived record back. Does nothing when it is not archived. Raises Merged."""
    if record.archived_at is not None and merges.merged_among(object_type_of(record), [record.pk]):
        raise Merged(record.pk)
    return _mark(record, None, "restored", by=by, about=about)


def _mark(record: R, moment: Any, event: str, *, by: Any, about: About) -> R:
    rows = type(record)._default_manager.filter(pk=record.pk, archived_at__isnull=moment is not None)
    marked = rows.update(archived_at=moment, updated_at=timezone.now())
    record.refresh_from_db()
    if marked:
        emit(f"{object_type_of(record)}.{event}", record, by=by, about=about(record), title=str(record))
    return record
