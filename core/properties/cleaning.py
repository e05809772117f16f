"""From given values to what is stored: the one gate for pages, services, sync and imports."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.properties import objects
from core.properties.schema import PREFIX, Definition, by_slot
from core.properties.values import BadValue, canonical

Values = dict[str, Any]


class BadValues(ValueError):
    """Some values don't fit; ``problems`` has a sentence for each, by slot, and ``labels`` their names."""

    def __init__(self, problems: Mapping[str, str], labels: Mapping[str, str]) -> None:
        self.problems, self.labels = dict(problems), dict(labels)
        super().__init__(" ".join(f"{self.labels.get(slot, slot)}: {text}" for slot, text in self.problems.items()))


@dataclass
class _Work:
    """One record under way: what it has, what it will have, which values are new, and what is wrong with them."""

    record: Any
    kept: Values
    new: Values = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def clean_values(object_type: str, given: Mapping[str, Any], *, record: Any = None, complete: bool = True) -> Values:
    """What a record's ``properties`` will hold: those that it has, with the ``given`` ones put in. Raises BadValues.

    ``given`` is by slot (``"12"``) or name (``"property:12"``); None or an empty text empties. A new record
    (``record`` None) gets the defaults of what is not given, and with ``complete`` it must have what is required.
    Call it in the transaction that writes, with the record locked: what has to be unique is held until it ends.
    """
    result = clean_many(object_type, [(record, given)], complete=complete)[0]
    if isinstance(result, BadValues):
        raise result
    return result


def clean_many(
    object_type: str, rows: Sequence[tuple[Any, Mapping[str, Any]]], *, complete: bool = True
) -> list[Values | BadValues]:
    """``clean_values`` for many (record or None, given) at once: three statements at most, whatever their number."""
    known = by_slot(object_type)
    works = [_begun(known, record, given, complete=complete) for record, given in rows]
    _check_people(known, works)
    _check_unique(object_type, known, works)
    labels = {slot: definition.label for slot, definition in known.items()}
    return [
        BadValues(work.problems, labels)
        if work.problems
        else {slot: value for slot, value in {**work.kept, **work.new}.items() if value is not None}
        for work in works
    ]


def put_defaults(object_type: str, records: Iterable[Any]) -> None:
    """Let new, unsaved records start with the defaults; for writers that build their rows themselves."""
    new = list(records)
    if not new:
        return
    start = {slot: d.default for slot, d in by_slot(object_type).items() if d.default is not None}
    for record in new:
        record.properties = {**start, **objects.stored(record)}


def _begun(known: Mapping[str, Definition], record: Any, given: Mapping[str, Any], *, complete: bool) -> _Work:
    work = _Work(record, dict(objects.stored(record)) if record is not None else {})
    asked = {str(name).removeprefix(PREFIX): value for name, value in given.items()}
    if record is None:
        asked = {slot: d.default for slot, d in known.items() if d.default is not None} | asked
    for slot, value in asked.items():
        definition = known.get(slot)
        if definition is None:
            if value != work.kept.get(slot):
                work.problems[slot] = _("There is no such property any more.")
            continue
        _put(work, definition, value)
    required = (d for d in known.values() if d.required and complete and (record is None or d.slot in asked))
    for definition in required:
        value = work.new.get(definition.slot, work.kept.get(definition.slot))
        if value is None and definition.slot not in work.problems:
            work.problems[definition.slot] = _("This is required.")
    return work


def _put(work: _Work, definition: Definition, value: Any) -> None:
    slot, before = definition.slot, work.kept.get(definition.slot)
    if value == before:
        return  # what is there already may stay, also where the rules have changed since
    try:
        wanted = canonical(definition, value)
    except BadValue as problem:
        work.problems[slot] = str(problem)
        return
    if wanted == before:
        return
    had = before if isinstance(before, list) else [before]
    for each in wanted if isinstance(wanted, list) else [wanted]:
        choice = definition.choice(each) if definition.kind in (PropertyKind.CHOICE, PropertyKind.CHOICES) else None
        if choice is not None and choice.archived and each not in had:
            work.problems[slot] = _("“%s” is not offered any more.") % choice.label
            return
    work.new[slot] = wanted


def _check_people(known: Mapping[str, Definition], works: Iterable[_Work]) -> None:
    asked = [
        (work, slot, value)
        for work in works
        for slot, value in work.new.items()
        if value is not None and known[slot].kind == PropertyKind.USER
    ]
    if not asked:
        return
    users = get_user_model()._default_manager.filter(pk__in={int(value) for _work, _slot, value in asked})
    active = {str(pk) for pk in users.filter(is_active=True).values_list("pk", flat=True)}
    for work, slot, value in asked:
        if value not in active:
            work.problems[slot] = _("This person can't be chosen any more.")


def _check_unique(object_type: str, known: Mapping[str, Definition], works: Iterable[_Work]) -> None:
    asked = [
        (work, slot, value)
        for work in works
        for slot, value in work.new.items()
        if value is not None and known[slot].unique and slot not in work.problems
    ]
    if not asked:
        return
    _hold({f"property:{slot}:{value}" for _work, slot, value in asked})
    wanted = Q()
    for _work, slot, value in asked:
        wanted |= Q(properties__contains={slot: value})
    model = objects.objects[object_type].model
    holders: dict[tuple[str, str], set[int]] = {}
    for pk, properties in model._default_manager.filter(wanted).values_list("pk", "properties"):
        for slot, value in properties.items():
            holders.setdefault((slot, str(value)), set()).add(pk)
    for work, slot, value in asked:
        held = holders.setdefault((slot, str(value)), set())
        mine = work.record.pk if work.record is not None else -id(work)
        if held - {mine}:
            work.problems[slot] = _("Another record has this value already, and it has to be unique.")
        held.add(mine)


def _hold(values: set[str]) -> None:
    """Let nobody else take these values until the transaction ends; in one order, so that two writers only wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM (SELECT DISTINCT hashtextextended(v, 0) AS key "
            "FROM unnest(%s::text[]) AS v ORDER BY key) AS k",
            [sorted(values)],
        )


def named(people: Iterable[Any]) -> dict[str, str]:
    """Users by id in text, for ``display``; no query for nobody."""
    wanted = {int(each) for each in people if str(each).isdecimal() and len(str(each)) <= 18}
    if not wanted:
        return {}
    return {str(user.pk): str(user) for user in get_user_model()._default_manager.filter(pk__in=wanted)}
