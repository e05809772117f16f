"""What points to a record, and how it follows when the record is merged into another one, and goes back.

Foreign keys are found by themselves, so that a new model is never forgotten; pairs of columns such as ``object_type``
and ``object_id`` are registered with ``add_pointer``. Nothing here knows which records there are.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db.models import Exists, ForeignKey, Model, OuterRef, Q, QuerySet, UniqueConstraint
from django.utils.text import capfirst

from core import registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from django_stubs_ext import StrOrPromise


class NotNow(Exception):
    """These records can't be merged at the moment; the message says why, for the reader."""


@dataclass(frozen=True)
class Question:
    """Something that only a person can decide before a merge; the options are ids of the records."""

    name: str
    label: str
    text: str
    options: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class MergeMover:
    """What an app does itself when records of a kind are merged, beyond what points to them.

    ``begin(kind, ids)`` runs first: it takes locks and raises NotNow. ``questions(kind, ids)`` are asked on the page.
    ``move(kind, winner, losers, answers)`` does it and returns what ``back(kind, winner, losers, data)`` needs (JSON);
    that returns a sentence for each thing that stays. ``kept(kind, winner, losers, data)`` tells those beforehand.
    ``blocks(kind, pk)`` are reasons why a record can't be deleted for good, ``forget(kind, pk)`` goes with deleting it.
    """

    begin: "Callable[[str, Sequence[int]], None]"
    questions: "Callable[[str, Sequence[int]], Sequence[Question]]"
    move: "Callable[[str, int, Sequence[int], Mapping[str, int]], Any]"
    back: "Callable[[str, int, Sequence[int], Any], list[str]]"
    kept: "Callable[[str, int, Sequence[int], Any], list[str]]"
    blocks: "Callable[[str, int], list[str]]"
    forget: "Callable[[str, int], None]"


@dataclass(frozen=True)
class Pointer:
    """A column that holds ids of records; where ``kind_column`` is set, only rows that name the kind there.

    ``other`` are the kind and id columns of the other end of rows that join two records: no row joins one with itself.
    """

    model: type[Model]
    column: str
    kind_column: str = ""
    label: "StrOrPromise" = ""
    other: tuple[str, str] = ("", "")

    @property
    def key(self) -> str:
        """Its name in what undoing needs."""
        return f"{self.model._meta.label_lower}.{self.column}"

    def rows(self, kind: str, pk: int) -> QuerySet[Any]:
        """The rows that point to a record."""
        asked: dict[str, Any] = {self.column: pk}
        if self.kind_column:
            asked[self.kind_column] = kind
        return self.model._base_manager.filter(**asked)


@dataclass
class Moved:
    """What became of the rows of one pointer: ids that point elsewhere now, and rows that were one too many."""

    ids: list[int] = field(default_factory=list)
    removed: list[Any] = field(default_factory=list)


_pointers: list[Pointer] = []
movers: dict[str, MergeMover] = {}
# Columns whose rows stay with their record when it is merged, as Pointer.key.
staying: set[str] = set()
# What rows of a model are called where they are counted, by model label, or by model label and column.
labels: dict[str, "StrOrPromise"] = {}


@dataclass(frozen=True)
class _Unique:
    """A unique constraint with a pointer's column in it: its other columns, and where it holds."""

    names: Sequence[str]
    condition: Q | None = None
    nulls_distinct: bool = True


def add_pointer(
    model: type[Model], kind_column: str, column: str, label: "StrOrPromise", *, other: tuple[str, str] = ("", "")
) -> None:
    """Register a pair of columns that names a record of any kind."""
    _pointers.append(Pointer(model, column, kind_column, label, other))


def add_mover(name: str, mover: MergeMover) -> None:
    """Register what an app does itself when records are merged."""
    movers[name] = mover


def pointers_to(model: type[Model]) -> list[Pointer]:
    """All that may point to records of a model and follows when they are merged, in a fixed order."""
    found = []
    for each in apps.get_models(include_auto_created=True):
        for column in each._meta.local_concrete_fields:
            if isinstance(column, ForeignKey) and column.related_model is model:
                found.append(Pointer(each, column.attname, label=_label(each, column.attname)))
    found = [pointer for pointer in found if pointer.key not in staying]
    return sorted(found, key=lambda pointer: pointer.key) + _pointers


def _label(model: type[Model], column: str) -> "StrOrPromise":
    name = model._meta.label_lower
    if known := labels.get(f"{name}.{column}") or labels.get(name):
        return known
    source: Any = model._meta.auto_created or model
    kind = registry.object_types.get(source._meta.model_name)
    return kind.plural if kind is not None else capfirst(source._meta.verbose_name_plural)


def counts(kind: str, model: type[Model], ids: Iterable[int]) -> list[tuple[str, int]]:
    """How many rows point to some records, by what they are; one statement for each pointer."""
    found: dict[str, int] = {}
    wanted = list(ids)
    for pointer in pointers_to(model):
        rows = pointer.model._base_manager.filter(**{f"{pointer.column}__in": wanted})
        if pointer.kind_column:
            rows = rows.filter(**{pointer.kind_column: kind})
        if number := rows.count():
            found[str(pointer.label)] = found.get(str(pointer.label), 0) + number
    return list(found.items())


def move(pointer: Pointer, kind: str, loser: int, winner: int) -> Moved:
    """Let what points to the loser point to the winner. A row that the winner has already is removed."""
    moved = Moved()
    clashing = pointer.rows(kind, loser).filter(_clash(pointer, kind, winner))
    if not pointer.model._meta.related_objects:
        moved.removed = as_data(clashing)
        pointer.model._base_manager.filter(pk__in=[row["pk"] for row in moved.removed]).delete()
        rows = pointer.rows(kind, loser)
    else:
        rows = pointer.rows(kind, loser).exclude(pk__in=clashing.values("pk"))
    moved.ids = list(rows.order_by("pk").values_list("pk", flat=True))
    if moved.ids:
        pointer.model._base_manager.filter(pk__in=moved.ids).update(**{pointer.column: winner})
    return moved


def as_data(rows: Iterable[Model]) -> list[Any]:
    """Rows as JSON knows them, times with all their digits; for ``rows_of``."""
    found: list[Any] = serializers.serialize("python", rows)
    for row in found:
        row["fields"] = {
            name: value.isoformat() if isinstance(value, datetime.date) else value
            for name, value in row["fields"].items()
        }
    return found


def rows_of(data: Iterable[Any]) -> list[Any]:
    """Unsaved rows from what ``as_data`` made."""
    return [row.object for row in serializers.deserialize("python", list(data))]


def _clash(pointer: Pointer, kind: str, winner: int) -> Q:
    """The rows that would be there twice, by the unique constraints that the column is part of."""
    wanted = Q(pk__in=[])
    if pointer.other[0]:
        wanted |= Q(**dict(zip(pointer.other, (kind, winner), strict=True)))
    for unique in _uniques(pointer):
        rows = pointer.rows(kind, winner)
        within = Q()
        if unique.condition is not None:
            rows = rows.filter(unique.condition)
            within = Q(Exists(pointer.model._base_manager.filter(unique.condition, pk=OuterRef("pk"))))
        wanted |= within & Q(Exists(rows.filter(**{name: OuterRef(name) for name in unique.names})))
        empty = [name for name in unique.names if pointer.model._meta.get_field(name).null]
        if not unique.nulls_distinct and empty:
            full = {name: OuterRef(name) for name in unique.names if name not in empty}
            missing = {f"{name}__isnull": True for name in empty}
            wanted |= within & Q(**missing) & Q(Exists(rows.filter(**full, **missing)))
    return wanted


def _uniques(pointer: Pointer) -> list[_Unique]:
    meta = pointer.model._meta
    name = pointer.column if pointer.kind_column else pointer.column.removesuffix("_id")
    own = {name, pointer.kind_column}
    found = [_Unique(())] if getattr(meta.get_field(name), "unique", False) else []
    for constraint in meta.constraints:
        if isinstance(constraint, UniqueConstraint) and name in constraint.fields:
            names = [each for each in constraint.fields if each not in own]
            found.append(_Unique(names, constraint.condition, constraint.nulls_distinct is not False))
    for together in meta.unique_together:
        if name in together:
            found.append(_Unique([each for each in together if each not in own]))
    return found


def stays(pointer: Pointer, kind: str, winner: int, data: Mapping[str, Any]) -> int:
    """How many of the moved rows don't point to the winner any more, so that they can't go back."""
    ids = data.get("ids", [])
    return len(ids) - pointer.rows(kind, winner).filter(pk__in=ids).count() if ids else 0


def back(pointer: Pointer, kind: str, loser: int, winner: int, data: Mapping[str, Any]) -> list[int]:
    """Let moved rows point to the loser again, and put removed ones back; the ids of those that went back.

    What somebody changed since stays as it is, and so does what the loser has got again meanwhile.
    """
    rows = pointer.rows(kind, winner).filter(pk__in=data.get("ids", []))
    rows = rows.exclude(pk__in=pointer.rows(kind, winner).filter(_clash(pointer, kind, loser)).values("pk"))
    ids = list(rows.values_list("pk", flat=True))
    if ids:
        pointer.model._base_manager.filter(pk__in=ids).update(**{pointer.column: loser})
    for row in rows_of(data.get("removed", [])):
        if _fits(row):
            row.save(force_insert=True)
    return ids


def _fits(row: Any) -> bool:
    """Whether a removed row can be there again: what it points to is there, and no row like it."""
    for column in row._meta.local_concrete_fields:
        value = getattr(row, column.attname)
        if isinstance(column, ForeignKey) and value is not None:
            related: Any = column.related_model
            if not related._base_manager.filter(pk=value).exists():
                return False
    try:
        row.validate_unique()
        row.validate_constraints()
    except ValidationError:
        return False
    return True
