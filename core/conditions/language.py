"""The condition language: what may be written, checked part by part, and read into a tree for the interpreters.

Written as JSON: ``{"all": [...]}``, ``{"any": [...]}``, ``{"not": {...}}``; comparisons ``{"field": "amount", "op":
">=", "value": "100"}``, where a field may lie behind associations to one record (``company.name``); and associations
to many, ``{"some": "deals", "where": {...}}`` or ``{"none": ...}``. The outermost part may carry ``"version": 1``. An
empty object, and an empty "all", hold for every record; an empty "any" for none.

Two values only. A property that is not set is *empty*. Every comparison with an empty property is false, except
``empty`` and the negative operators (``not_equals``, ``not_in``, ``not_contains``, ``has_none``, ``not_me``), which are
true of it; ``not`` is the exact complement of what it holds. An association that leads nowhere makes every property
behind it empty. Texts are compared without regard to case (``core.conditions.text``), choices exactly.
"""

import datetime
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from core.conditions import registry
from core.conditions.fields import Field, Fields, Relation, StandIn
from core.conditions.moments import zone_of
from core.conditions.operators import OPERATORS, HasAll, HasAny, IsIn, Misfit, Predicate, read_value

Condition = dict[str, Any]
Place = tuple[str | int, ...]
VERSION = 1
DEEPEST = 8
MOST_PARTS = 100
MOST_HOPS = 3
MOST_STAND_INS = 20


class BadCondition(ValueError):
    """The condition can't be read: the message says why, ``place`` (keys and indexes from the top) where."""

    def __init__(self, sentence: str, place: Place = ()) -> None:
        super().__init__(sentence)
        self.place = place


@dataclass(frozen=True)
class Setting:
    """Who asks, when and where: what ``me``, ``today`` and dates mean. ``strict`` refuses choices that do not exist."""

    user: Any = None
    now: datetime.datetime = field(default_factory=timezone.now)
    zone: datetime.tzinfo = field(default_factory=timezone.get_current_timezone)
    strict: bool = False

    @property
    def today(self) -> datetime.date:
        """The day it is."""
        return self.now.astimezone(self.zone).date()


def setting(
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
    *,
    strict: bool = False,
) -> Setting:
    """A Setting from what callers pass; now and the active zone where they pass nothing."""
    return Setting(user, now or timezone.now(), zone_of(zone), strict)


@dataclass(frozen=True)
class Group:
    """All (``every``) or at least one of the parts."""

    every: bool
    parts: tuple["Node", ...]
    place: Place


@dataclass(frozen=True)
class Not:
    """The complement of a part."""

    part: "Node"
    place: Place


@dataclass(frozen=True)
class Compare:
    """A property, behind associations to one record each, and what has to be true (or false) of it."""

    field: Field
    hops: tuple[Relation, ...]
    predicate: Predicate
    negated: bool
    op: str
    value: Any
    place: Place


@dataclass(frozen=True)
class Some:
    """At least one record (or none) of an association of ``owner``, for which ``where`` holds."""

    owner: str
    hops: tuple[Relation, ...]
    relation: Relation
    where: "Node"
    none: bool
    place: Place


@dataclass(frozen=True)
class Named:
    """A part (``part``) that a choice stands for; ``said`` is how it was written, for words."""

    part: "Node"
    said: Compare
    place: Place


Node = Group | Not | Compare | Some | Named
EVERYTHING = Group(True, (), ())


class Scope:
    """The properties and associations of an object type for a user, or just given properties; asked once each."""

    def __init__(self, described: "str | Fields", user: Any, cache: "dict[str, Scope] | None" = None) -> None:
        self._cache = {} if cache is None else cache
        self._user = user
        self.name = described if isinstance(described, str) else ""
        self.relations: Mapping[str, Relation] = {}
        if isinstance(described, str):
            if not registry.may_use(described, user):
                raise BadCondition(_("There are no conditions about “%s”.") % described)
            self.relations = registry.relations_of(described, user)
        self._fields: dict[str, Field | None] = {} if isinstance(described, str) else dict(described)

    def field(self, name: str) -> Field | None:
        """The property of this name."""
        if name not in self._fields and self.name:
            self._fields[name] = registry.field_of(self.name, name, self._user)
        return self._fields.get(name)

    def behind(self, relation: Relation) -> "Scope":
        """The scope at the other end of an association."""
        if relation.target not in self._cache:
            self._cache[relation.target] = Scope(relation.target, self._user, self._cache)
        return self._cache[relation.target]


def parse(condition: Any, described: "str | Fields", using: Setting) -> Node:
    """``condition`` over an object type, or over given properties, as a tree. Raises BadCondition."""
    problems: list[BadCondition] = []
    node = _Reader(using, problems).top(condition, described)
    if problems:
        raise problems[0]
    return node


def problems_of(condition: Any, described: "str | Fields", using: Setting) -> list[BadCondition]:
    """Everything that is wrong with ``condition``, each with its place."""
    problems: list[BadCondition] = []
    _Reader(using, problems).top(condition, described)
    return problems


class _Reader:
    """One reading of a condition; what is wrong is noted, and the rest is read on."""

    def __init__(self, using: Setting, problems: list[BadCondition]) -> None:
        self.using, self.problems, self.parts = using, problems, 0
        # The choices that are being read, as (object, choice), and how many further ones may be.
        self.within: tuple[tuple[str, str], ...] = ()
        self.left = [MOST_STAND_INS]

    def top(self, condition: Any, described: "str | Fields") -> Node:
        if condition in ({}, None):
            return EVERYTHING
        if isinstance(condition, dict) and "version" in condition:
            condition = dict(condition)
            if condition.pop("version") != VERSION:
                return self._wrong(_("This condition was made by another version of the product."), ())
            if not condition:
                return EVERYTHING
        try:
            scope = Scope(described, self.using.user)
        except BadCondition as error:
            return self._wrong(str(error), ())
        return self.node(condition, scope, (), 0)

    def _wrong(self, sentence: str, place: Place) -> Node:
        self.problems.append(BadCondition(sentence, place))
        return EVERYTHING

    def node(self, part: Any, scope: Scope, place: Place, depth: int) -> Node:
        self.parts += 1
        if self.parts > MOST_PARTS:
            if self.parts == MOST_PARTS + 1:
                return self._wrong(_("A condition has at most %d parts.") % MOST_PARTS, ())
            return EVERYTHING
        if depth > DEEPEST:
            return self._wrong(_("Groups can be nested %d levels deep at most.") % DEEPEST, place)
        if not isinstance(part, dict):
            return self._wrong(_("This part of the condition can't be read."), place)
        keys = set(part)
        if keys in ({"all"}, {"any"}):
            return self._group(part, scope, place, depth)
        if keys == {"not"}:
            return Not(self.node(part["not"], scope, (*place, "not"), depth + 1), place)
        if "field" in keys and keys <= {"field", "op", "value"}:
            return self._compare(part, scope, place)
        if keys in ({"some"}, {"none"}, {"some", "where"}, {"none", "where"}):
            return self._some(part, scope, place, depth)
        return self._wrong(_("This part of the condition can't be read."), place)

    def _group(self, part: Condition, scope: Scope, place: Place, depth: int) -> Node:
        [(key, parts)] = part.items()
        if not isinstance(parts, list):
            return self._wrong(_("A group holds a list of conditions."), place)
        # Parts beyond the limit are not even looked at.
        read = tuple(
            self.node(each, scope, (*place, key, index), depth + 1)
            for index, each in enumerate(parts[: MOST_PARTS + 1])
        )
        return Group(key == "all", read, place)

    def _reach(self, path: Any, scope: Scope, place: Place) -> tuple[Scope, tuple[Relation, ...], str] | None:
        """The scope and the associations that a dotted name leads through, and its last part."""
        *names, last = str(path).split(".") if isinstance(path, str) else [""]
        hops: list[Relation] = []
        for name in names:
            relation = scope.relations.get(name)
            if relation is None or relation.many or len(hops) == MOST_HOPS:
                self._wrong(_("“%s” does not lead to one other record.") % _short(path), place)
                return None
            hops.append(relation)
            scope = scope.behind(relation)
        return scope, tuple(hops), last

    def _compare(self, part: Condition, scope: Scope, place: Place) -> Node:
        reached = self._reach(part["field"], scope, place)
        if reached is None:
            return EVERYTHING
        inner, hops, name = reached
        known = inner.field(name)
        if known is None and not part["field"]:
            return self._wrong(_("Choose a property."), place)
        if known is None:
            return self._wrong(_("There is no property “%s” to filter by.") % _short(part["field"]), place)
        op, value = part.get("op"), part.get("value")
        operator = OPERATORS.get(op) if isinstance(op, str) else None
        if operator is None or known.kind not in operator.kinds:
            words = {"label": known.label, "op": _short(op)}
            return self._wrong(_("%(label)s can't be compared with “%(op)s”.") % words, place)
        try:
            predicate = read_value(known, operator, value, self.using)
        except Misfit as error:
            return self._wrong(str(error), place)
        compared = Compare(known, hops, predicate, operator.negated, operator.name, value, place)
        return compared if known.stands_for is None else self._stand_in(compared, inner)

    def _stand_in(self, said: Compare, scope: Scope) -> Node:
        """What the choices of a comparison stand for, in its place."""
        if not isinstance(said.predicate, HasAny | HasAll) or said.field.stands_for is None:
            return self._wrong(_("Choose at least one value for %(label)s.") % {"label": said.field.label}, said.place)
        found = said.field.stands_for(said.predicate.choices)
        parts = []
        for choice in said.predicate.choices:
            known, key = found.get(choice), (scope.name, choice)
            if known is None:
                words = {"label": said.field.label, "value": choice[:60]}
                return self._wrong(_("There is no “%(value)s” among %(label)s.") % words, said.place)
            if key in self.within:
                return self._wrong(_("“%s” refers to itself.") % known.label, said.place)
            if self.left[0] == 0:
                return self._wrong(_("A condition uses %d segments at most.") % MOST_STAND_INS, said.place)
            self.left[0] -= 1
            parts.append(self._meaning(known, key, scope, said))
        whole = _behind(said.hops, Group(isinstance(said.predicate, HasAll), tuple(parts), said.place))
        return Named(Not(whole, said.place) if said.negated else whole, said, said.place)

    def _meaning(self, known: StandIn, key: tuple[str, str], scope: Scope, said: Compare) -> Node:
        if known.field is not None:
            return Compare(known.field, (), IsIn((True,)), False, "equals", True, said.place)
        problems: list[BadCondition] = []
        # Who shares a segment says what is in it: odd choices in there are not this condition's.
        reader = _Reader(replace(self.using, strict=False), problems)
        reader.within, reader.left = (*self.within, key), self.left
        node = reader.top(dict(known.condition or {}), scope.name)
        if problems:
            words = {"name": known.label, "problem": str(problems[0])}
            return self._wrong(_("“%(name)s” can't be used: %(problem)s") % words, said.place)
        return node

    def _some(self, part: Condition, scope: Scope, place: Place, depth: int) -> Node:
        key = "none" if "none" in part else "some"
        reached = self._reach(part[key], scope, place)
        if reached is None:
            return EVERYTHING
        inner, hops, name = reached
        relation = inner.relations.get(name)
        if relation is None or not relation.many:
            return self._wrong(_("There are no associated records called “%s”.") % _short(part[key]), place)
        where = part.get("where")
        if where in ({}, None):
            return Some(inner.name, hops, relation, EVERYTHING, key == "none", place)
        read = self.node(where, inner.behind(relation), (*place, "where"), depth + 1)
        return Some(inner.name, hops, relation, read, key == "none", place)


def _short(value: Any) -> str:
    """A value of unknown origin, as far as a sentence shows it."""
    return (value if isinstance(value, str) else reprlib.repr(value))[:60]


def _behind(hops: tuple[Relation, ...], node: Node) -> Node:
    """A part about the record that ``hops`` lead to, as a part about the one they begin at."""
    if not hops:
        return node
    if isinstance(node, Group):
        return replace(node, parts=tuple(_behind(hops, part) for part in node.parts))
    if isinstance(node, Not | Named):
        return replace(node, part=_behind(hops, node.part))
    return replace(node, hops=(*hops, *node.hops))


def walk(node: Node) -> Iterator[Compare | Some]:
    """The comparisons and associations in a tree, outermost first; not those within an association."""
    if isinstance(node, Group):
        for part in node.parts:
            yield from walk(part)
    elif isinstance(node, Not | Named):
        yield from walk(node.part)
    else:
        yield node
