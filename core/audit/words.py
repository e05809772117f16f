"""What the audit log says of an event: what happened to what, and values before and after, as people call them."""

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from core import registry
from core.audit.door import FORGOTTEN
from core.conditions.registry import field_of
from core.models import Event
from core.properties import described, is_told

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What things without a page of their own are called, by the first word of their events; apps add theirs.
nouns: dict[str, "StrOrPromise"] = {}
# Where an event says what its record is called, when its record does not say it itself.
TITLES = ("number", "name", "email", "key", "list", "subject", "host")
# What stands in an event's data for programs, or is said elsewhere on the page.
UNSAID = {"changes", "told", FORGOTTEN, "title", "agent", "query"}
LONGEST = 300
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Change:
    """A value before and after, in words; an empty text is nothing."""

    label: str
    old: str
    new: str

    def __str__(self) -> str:
        nothing = _("nothing")
        return f"{self.label}: {self.old or nothing} → {self.new or nothing}"


def add_nouns(**known: "StrOrPromise") -> None:
    """Register what things are called, by the first word of their events' names."""
    nouns.update(known)


def noun(kind: str) -> str:
    """A kind of thing, as people call it."""
    known = registry.object_types.get(kind)
    return str(known.label if known is not None else nouns.get(kind, capfirst(kind.replace("_", " "))))


def what(name: str) -> str:
    """An event's name in words: “Deal stage changed” for ``deal.stage_changed``."""
    kind, _dot, verb = name.partition(".")
    return f"{noun(kind)} {_(verb.replace('_', ' '))}".strip()


def titles_of(events: Sequence[Event]) -> dict[int, str]:
    """What the things are called that it happened to: as they were then, else as now, else by kind and number.

    One statement for each kind of thing that events tell no name of.
    """
    wanted: dict[type[Model], set[int]] = {}
    for event in events:
        model = _model(event.object_type)
        if model is not None and not event.data.get("title") and event.object_id and not is_forgotten(event):
            wanted.setdefault(model, set()).add(event.object_id)
    rows = {model: model._base_manager.in_bulk(list(ids)) for model, ids in wanted.items()}
    return {event.pk: _title(event, rows)[:LONGEST] for event in events}


def _title(event: Event, rows: Mapping[type[Model], Mapping[int, Model]]) -> str:
    if title := event.data.get("title"):
        return str(title)
    model = _model(event.object_type)
    row = rows.get(model, {}).get(event.object_id) if model is not None else None
    told = next((str(event.data[key]) for key in TITLES if event.data.get(key) and _is_plain(event.data[key])), "")
    return (str(row) if row is not None else told) or f"{noun(event.object_type)} {event.object_id or ''}".strip()


def is_forgotten(event: Event) -> bool:
    """Whether what it said was taken out because its record was deleted for good."""
    return bool(event.data.get(FORGOTTEN))


def changes_of(events: Sequence[Event]) -> dict[int, list[Change]]:
    """Values before and after, by event; one statement for each kind of thing that ids among the values point to."""
    named = _names(events)
    return {event.pk: [_change(event, *each, named) for each in _pairs(event)] for event in events}


def facts_of(event: Event) -> list[tuple[str, str]]:
    """Whatever else an event says, as (label, words)."""
    paired = {key for key, _old, _new in _pairs(event)} | {"from", "to", "was", "gained", "lost"}
    if event.data.get("address") == event.address:
        paired.add("address")
    shown = [(key, _shown(value)) for key, value in event.data.items() if key not in UNSAID | paired]
    return [(_label(event, key), words) for key, words in shown if words]


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _pairs(event: Event) -> list[tuple[str, Any, Any]]:
    """Name, value before, value after."""
    found: list[tuple[str, Any, Any]] = []
    changes = event.data.get("changes")
    for name, pair in changes.items() if isinstance(changes, dict) else ():
        if isinstance(pair, list) and len(pair) == 2:
            found.append((name, *pair))
    if "from" in event.data and "to" in event.data:
        found.append((event.name.partition(".")[2].removesuffix("_changed"), event.data["from"], event.data["to"]))
    elif "was" in event.data and "to" in event.data:
        found.append(("owner", event.data["was"], event.data["to"]))
    if event.data.get("gained") or event.data.get("lost"):
        found.append(("permissions", event.data.get("lost", []), event.data.get("gained", [])))
    return found


def _change(event: Event, name: str, old: Any, new: Any, named: Mapping[tuple[str, str, int], str]) -> Change:
    if is_told(name):
        known = event.data.get("told", {}).get(name)
        if known:
            label, _old, _new = described(name, event.data["told"])
            return Change(label, str(known.get("old") or ""), str(known.get("new") or ""))
    before, after = (named.get((event.object_type, name, value), "") if _is_id(value) else "" for value in (old, new))
    return Change(_label(event, name), before or _shown(old), after or _shown(new))


def _label(event: Event, name: str) -> str:
    plain = name.removesuffix("_id")
    field = field_of(event.object_type, plain)
    if field is not None:
        return str(field.label)
    try:
        column: Any = _model(event.object_type)
        column = column._meta.get_field(plain) if column is not None else None
        return capfirst(str(_(str(column.verbose_name)))) if column is not None else _humanised(plain)
    except (FieldDoesNotExist, AttributeError):
        return _humanised(plain)


def _humanised(name: str) -> str:
    return capfirst(_(name.replace("_", " ").replace(".", " ")))


def _shown(value: Any) -> str:
    """A value in words; nothing for what is empty."""
    if value is None or value in ("", [], {}):
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, dict):
        said = [(key, _shown(each)) for key, each in value.items()]
        return ", ".join(f"{_humanised(str(key))}: {words}" for key, words in said if words)[: LONGEST * 3]
    if isinstance(value, list):
        return ", ".join(filter(None, (_shown(each) for each in value)))[: LONGEST * 3]
    text = str(value)
    if _DAY.match(text):
        return _moment(text)
    return text if len(text) <= LONGEST * 3 else f"{text[: LONGEST * 3]}…"


def _moment(text: str) -> str:
    """A day or moment in the reader's notation; other texts as they are."""
    try:
        if len(text) == 10:
            return date_format(datetime.date.fromisoformat(text), "DATE_FORMAT")
        moment = parse_datetime(text)
    except ValueError:
        return text
    return date_format(timezone.localtime(moment), "DATETIME_FORMAT") if moment and moment.tzinfo else text


def _is_id(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _model(object_type: str) -> type[Model] | None:
    return _models().get(object_type)


def _models() -> dict[str, type[Model]]:
    if not _by_name:
        _by_name.update({str(model._meta.model_name): model for model in apps.get_models()})
    return _by_name


_by_name: dict[str, type[Model]] = {}


def _names(events: Iterable[Event]) -> dict[tuple[str, str, int], str]:
    """What ids among the values are called, by kind of thing, column and id."""
    wanted: dict[type[Model], set[int]] = {}
    places: list[tuple[str, str, int, type[Model]]] = []
    for event in events:
        for name, *values in _pairs(event):
            ids = [value for value in values if _is_id(value)]
            target = _target(event.object_type, name) if ids else None
            for pk in ids if target is not None else ():
                wanted.setdefault(target, set()).add(pk)  # type: ignore[arg-type]
                places.append((event.object_type, name, pk, target))  # type: ignore[arg-type]
    known = {model: model._base_manager.in_bulk(list(ids)) for model, ids in wanted.items()}
    return {(kind, name, pk): str(known[model].get(pk) or f"#{pk}") for kind, name, pk, model in places}


def _target(object_type: str, name: str) -> type[Model] | None:
    """The model that a column of ids points to."""
    model = _model(object_type)
    try:
        found: Any = model._meta.get_field(name.removesuffix("_id")) if model is not None else None
    except FieldDoesNotExist:
        return None
    related = getattr(found, "related_model", None)
    return related if isinstance(related, type) else None
