"""Companies, contacts and products as accounting has them, written in bulk.

Each call takes any number of rows and costs a constant number of statements: one read, one insert, one update and
two for the events. Rows that change nothing write nothing. A row that does not fit a column is left out and says
why in its result, so that one odd record does not stop the others.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core import properties
from core.events import Draft, emit_many
from core.inserting import insert_many
from core.models import Origin
from crm.models import Company, Contact, Product
from crm.models.records import Record
from crm.services import bulk, changes

COMPANY_FIELDS = (
    "name", "domain", "email", "phone", "website", "industry", "currency", "billing_address", "shipping_address",
    "notes", "owner_id", "properties", "archived",
)  # fmt: skip
CONTACT_FIELDS = (
    "first_name", "last_name", "email", "phone", "mobile", "website", "job_title", "company_id", "billing_address",
    "shipping_address", "notes", "owner_id", "properties", "archived",
)  # fmt: skip
PRODUCT_FIELDS = (
    "name", "sku", "description", "unit_price", "unit_cost", "currency", "active", "owner_id", "properties", "archived",
)  # fmt: skip


@dataclass
class SyncedRow:
    """Values for one record: ``id`` of the record to update, None to create one.

    ``values`` names columns (relations by id: ``company_id``); ``archived`` is a truth value. Columns that are not
    named stay as they are. An id whose record is gone creates a new record. ``properties`` holds custom values by
    property (``"12"`` or ``"property:12"``; the latter may stand among the columns as well): only those given change,
    and None empties one.
    """

    id: int | None
    values: dict[str, Any]


@dataclass(frozen=True)
class UpsertResult:
    """What became of a row. ``problem`` says in words why it was left out; ``id`` is then the given one or 0.

    A custom property that did not fit is left out alone: ``misfits`` has its reason by name.
    """

    id: int
    created: bool = False
    changed: tuple[str, ...] = ()
    problem: str = ""
    misfits: Mapping[str, str] = field(default_factory=dict)


class Misfit(ValueError):
    """A value does not fit its column; the message says which and why."""


def upsert_companies(rows: Sequence[SyncedRow], *, quiet: bool) -> list[UpsertResult]:
    """Create and update companies; one result per row, in order. ``quiet`` writes no events (first load)."""
    return _upsert(Company, COMPANY_FIELDS, rows, quiet=quiet, about=lambda _row: ())


def upsert_contacts(rows: Sequence[SyncedRow], *, quiet: bool) -> list[UpsertResult]:
    """Create and update contacts; one result per row, in order. ``quiet`` writes no events (first load)."""
    return _upsert(Contact, CONTACT_FIELDS, rows, quiet=quiet, about=_company_of)


def upsert_products(rows: Sequence[SyncedRow], *, quiet: bool) -> list[UpsertResult]:
    """Create and update products; one result per row, in order. ``quiet`` writes no events (first load)."""
    return _upsert(Product, PRODUCT_FIELDS, rows, quiet=quiet, about=lambda _row: ())


@transaction.atomic
def delete(model: type[Record], ids: Iterable[int]) -> int:
    """Delete records for good, with the event ``<object>.deleted`` for each; returns how many there were."""
    kind = str(model._meta.model_name)
    records = model._default_manager.filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    found = [Draft(f"{kind}.deleted", kind, record.pk, (), {"title": str(record)}) for record in records]
    model._default_manager.filter(pk__in=[draft.object_id for draft in found]).delete()
    if found:
        emit_many(found, origin=Origin.SYNC)
    return len(found)


def _company_of(record: Record) -> Sequence[tuple[str, int]]:
    company_id = getattr(record, "company_id", None)
    return [("company", company_id)] if company_id else []


@dataclass
class _Plan:
    """What is to be written, and the results so far by the row's position."""

    results: dict[int, UpsertResult] = field(default_factory=dict)
    created: dict[int, Record] = field(default_factory=dict)
    changed: dict[int, tuple[Record, changes.Changes]] = field(default_factory=dict)
    # What custom properties did not take, by the row's position and by name.
    misfits: dict[int, dict[str, str]] = field(default_factory=dict)


@transaction.atomic
def _upsert(
    model: type[Record],
    allowed: Sequence[str],
    rows: Sequence[SyncedRow],
    *,
    quiet: bool,
    about: Callable[[Record], Sequence[tuple[str, int]]],
) -> list[UpsertResult]:
    plan = _plan(model, allowed, rows)
    insert_many(list(plan.created.values()))
    bulk.write_columns(model, [record for record, _changes in plan.changed.values()], _columns(plan))
    for position, record in plan.created.items():
        plan.results[position] = UpsertResult(record.pk, created=True)
    for position, (record, found) in plan.changed.items():
        plan.results[position] = UpsertResult(record.pk, changed=tuple(changes.by_property(found)))
    for position, misfits in plan.misfits.items():
        plan.results[position] = replace(plan.results[position], misfits=misfits)
    if not quiet:
        _emit(model, plan, about)
    return [plan.results[position] for position in range(len(rows))]


def _plan(model: type[Record], allowed: Sequence[str], rows: Sequence[SyncedRow]) -> _Plan:
    ids = sorted({row.id for row in rows if row.id})
    # Locked in the order of their ids, so that two runs over the same records wait instead of deadlocking.
    existing = {
        r.pk: r for r in _columns_of(model, allowed).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    }
    readers = {name: _reader(model, name) for name in allowed}
    now = timezone.now()
    plan = _Plan()
    fitting: dict[int, tuple[Record | None, dict[str, Any], dict[str, Any]]] = {}
    for position, row in enumerate(rows):
        given = {name: value for name, value in row.values.items() if name.startswith(properties.PREFIX)}
        named = {name: value for name, value in row.values.items() if name not in given}
        given |= named.pop("properties", {})
        try:
            values = {name: readers[name](value) for name, value in named.items()}
        except Misfit as misfit:
            plan.results[position] = UpsertResult(row.id or 0, problem=str(misfit))
        else:
            fitting[position] = (existing.get(row.id or 0), values, given)
    held = _properties(model, plan, fitting)
    for position, (record, values, _given) in fitting.items():
        if position in held:
            values["properties"] = held[position]
        _plan_row(plan, model, position, record, values, now)
    return plan


def _plan_row(
    plan: _Plan, model: type[Record], position: int, record: Record | None, values: dict[str, Any], now: Any
) -> None:
    archived = values.pop("archived", None)
    if record is None:
        plan.created[position] = model(**values, archived_at=now if archived else None)
        return
    found = changes.differing(record, values)
    if archived is not None and archived != (record.archived_at is not None):
        found["archived"] = (not archived, archived)
        values["archived_at"] = now if archived else None
    if not found:
        plan.results[position] = UpsertResult(record.pk)
        return
    for name, value in values.items():
        setattr(record, name, value)
    record.updated_at = now
    plan.changed[position] = (record, found)


def _properties(
    model: type[Record], plan: _Plan, rows: Mapping[int, tuple[Record | None, dict[str, Any], dict[str, Any]]]
) -> dict[int, dict[str, Any]]:
    """What the ``properties`` of rows will hold, by position: of new records, and where custom properties are given.

    A value that does not fit its property is left out; the others of its row are taken.
    """
    kind = str(model._meta.model_name)
    wanted = [(position, record, given) for position, (record, _values, given) in rows.items() if given or not record]
    held: dict[int, dict[str, Any]] = {}
    while wanted:
        cleaned = properties.clean_many(kind, [(record, given) for _at, record, given in wanted], complete=False)
        again = []
        for (position, record, given), result in zip(wanted, cleaned, strict=True):
            if not isinstance(result, properties.BadValues):
                held[position] = result
                continue
            bad = {f"{properties.PREFIX}{slot}": text for slot, text in result.problems.items()}
            plan.misfits.setdefault(position, {}).update(bad)
            rest = {
                name: value
                for name, value in given.items()
                if name.removeprefix(properties.PREFIX) not in result.problems
            }
            if len(rest) < len(given):
                again.append((position, record, rest))
        wanted = again
    return held


def _columns_of(model: type[Record], allowed: Sequence[str]) -> models.QuerySet[Record]:
    return model._default_manager.only("pk", "archived_at", "updated_at", *(n for n in allowed if n != "archived"))


def _columns(plan: _Plan) -> list[str]:
    """Every column that some row changes; rows that keep a value write it again as it is."""
    named = dict.fromkeys(name for _record, found in plan.changed.values() for name in found)
    return [*("archived_at" if name == "archived" else name for name in named), "updated_at"]


def _emit(model: type[Record], plan: _Plan, about: Callable[[Record], Sequence[tuple[str, int]]]) -> None:
    kind = str(model._meta.model_name)
    drafts = [
        Draft(f"{kind}.created", kind, record.pk, about(record), {"title": str(record)})
        for record in plan.created.values()
    ]
    drafts += [
        Draft(f"{kind}.changed", kind, record.pk, about(record), changes.event_data(record, found))
        for record, found in plan.changed.values()
    ]
    if drafts:
        emit_many(drafts, origin=Origin.SYNC)


def _reader(model: type[Record], name: str) -> Callable[[Any], Any]:
    """A function that brings a value into the form in which it comes back from the column. It raises Misfit."""
    if name == "archived":
        return bool
    column = changes.column(model, name)
    label = str(column.verbose_name)
    if isinstance(column, models.DecimalField):
        return _decimal_reader(label, int(column.max_digits or 0), int(column.decimal_places or 0))
    if isinstance(column, models.CharField | models.TextField):
        return _text_reader(label, column.max_length, required=name == "name")
    if isinstance(column, models.JSONField):
        return _json_reader(label)
    if isinstance(column, models.BooleanField):
        return bool
    return _number_or_none


def _text_reader(label: str, longest: int | None, *, required: bool) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        # PostgreSQL stores neither NUL nor half of a surrogate pair.
        text = "" if value is None else str(value).replace("\x00", "").encode(errors="ignore").decode()
        if required and not text.strip():
            raise Misfit(_("%(label)s is empty.") % {"label": label})
        if longest is not None and len(text) > longest:
            raise Misfit(_("%(label)s is longer than %(longest)d characters.") % {"label": label, "longest": longest})
        return text

    return read


def _decimal_reader(label: str, digits: int, places: int) -> Callable[[Any], Decimal | None]:
    step, limit = Decimal(1).scaleb(-places), Decimal(1).scaleb(digits - places)

    def read(value: Any) -> Decimal | None:
        if value is None or value == "":
            return None
        try:
            number = Decimal(str(value))
            if abs(number) < limit:
                return number.quantize(step)
        except InvalidOperation:
            pass
        raise Misfit(_("%(label)s can't be the number “%(value)s”.") % {"label": label, "value": str(value)[:60]})

    return read


def _json_reader(label: str) -> Callable[[Any], Mapping[str, Any]]:
    def read(value: Any) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            raise Misfit(_("%(label)s has no parts.") % {"label": label})
        if "\\u0000" in json.dumps(value):
            raise Misfit(_("%(label)s holds characters that can't be stored.") % {"label": label})
        return dict(value)

    return read


def _number_or_none(value: Any) -> int | None:
    return None if value in (None, "") else int(value)
