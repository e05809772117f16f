"""Conditions in words, and the part of one that a record fails."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.conditions import registry
from core.conditions.fields import Field, Fields
from core.conditions.language import Compare, Condition, Group, Named, Node, Not, Place, Some, parse, setting, walk
from core.conditions.memory import Values, holds
from core.money import formatted_number

# What is said of a property, and its complement.
SAID = {
    "equals": (gettext_lazy("%(label)s is %(value)s"), gettext_lazy("%(label)s is not %(value)s")),
    "contains": (
        gettext_lazy("%(label)s contains %(value)s"),
        gettext_lazy("%(label)s does not contain %(value)s"),
    ),
    "starts_with": (
        gettext_lazy("%(label)s starts with %(value)s"),
        gettext_lazy("%(label)s does not start with %(value)s"),
    ),
    "ends_with": (
        gettext_lazy("%(label)s ends with %(value)s"),
        gettext_lazy("%(label)s does not end with %(value)s"),
    ),
    "<": (gettext_lazy("%(label)s is less than %(value)s"), gettext_lazy("%(label)s is not less than %(value)s")),
    "<=": (gettext_lazy("%(label)s is at most %(value)s"), gettext_lazy("%(label)s is not at most %(value)s")),
    ">": (gettext_lazy("%(label)s is more than %(value)s"), gettext_lazy("%(label)s is not more than %(value)s")),
    ">=": (gettext_lazy("%(label)s is at least %(value)s"), gettext_lazy("%(label)s is not at least %(value)s")),
    "before": (gettext_lazy("%(label)s is before %(value)s"), gettext_lazy("%(label)s is not before %(value)s")),
    "after": (gettext_lazy("%(label)s is after %(value)s"), gettext_lazy("%(label)s is not after %(value)s")),
    "relative": (gettext_lazy("%(label)s is %(value)s"), gettext_lazy("%(label)s is not %(value)s")),
    "range": (gettext_lazy("%(label)s is %(value)s"), gettext_lazy("%(label)s is not %(value)s")),
    "in": (gettext_lazy("%(label)s is %(value)s"), gettext_lazy("%(label)s is not %(value)s")),
    "has_any": (gettext_lazy("%(label)s has %(value)s"), gettext_lazy("%(label)s does not have %(value)s")),
    "has_all": (gettext_lazy("%(label)s has %(value)s"), gettext_lazy("%(label)s does not have %(value)s")),
    "me": (gettext_lazy("%(label)s is me"), gettext_lazy("%(label)s is not me")),
    "my_team": (gettext_lazy("%(label)s is in my team"), gettext_lazy("%(label)s is not in my team")),
    "empty": (gettext_lazy("%(label)s is empty"), gettext_lazy("%(label)s is not empty")),
}
NEGATIVE = {
    "not_equals": "equals",
    "not_contains": "contains",
    "not_in": "in",
    "has_none": "has_any",
    "not_me": "me",
    "not_my_team": "my_team",
    "not_empty": "empty",
}
PERIOD_WORDS = {
    "today": gettext_lazy("today"),
    "yesterday": gettext_lazy("yesterday"),
    "tomorrow": gettext_lazy("tomorrow"),
    "this_week": gettext_lazy("this week"),
    "last_week": gettext_lazy("last week"),
    "next_week": gettext_lazy("next week"),
    "this_month": gettext_lazy("this month"),
    "last_month": gettext_lazy("last month"),
    "next_month": gettext_lazy("next month"),
    "this_quarter": gettext_lazy("this quarter"),
    "last_quarter": gettext_lazy("last quarter"),
    "next_quarter": gettext_lazy("next quarter"),
    "this_year": gettext_lazy("this year"),
    "last_year": gettext_lazy("last year"),
    "next_year": gettext_lazy("next year"),
}
LISTED = 5
# Operators that stand for people whom the words do not list.
WITHOUT_NAMES = ("me", "not_me", "my_team", "not_my_team")
Names = Mapping[tuple[str, int], str]


@dataclass(frozen=True)
class Failing:
    """The first part of a condition that a record fails: the part in words, and what is true instead.

    ``because`` is what to print behind "excluded by:" (``E-mail is empty``); ``sentence`` is what was asked for
    (``E-mail is not empty``).
    """

    place: Place
    sentence: str
    because: str


def sentence(
    condition: Condition,
    described: "str | Fields",
    *,
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
) -> str:
    """``condition`` in words; records and people by name, in one query for each kind. Raises BadCondition."""
    return in_words(parse(condition, described, setting(user, now, zone)), user)


def in_words(node: Node, user: Any = None) -> str:
    """As ``sentence``, of a parsed condition."""
    return _Words(names_in(node, user)).of(node)


def explain(
    condition: Condition,
    described: "str | Fields",
    values: Values,
    *,
    user: Any = None,
    now: datetime.datetime | None = None,
    zone: str | datetime.tzinfo | None = None,
) -> Failing | None:
    """The first part of ``condition`` that the record's ``values`` fail; None when it holds. Raises BadCondition."""
    node = parse(condition, described, setting(user, now, zone))
    return failing(node, values, names_in(node, user) if not holds(node, values) else {})


def failing(node: Node, values: Values, names: Names) -> Failing | None:
    """As ``explain``, of a parsed condition; for many records, parse once, ask ``names_in`` once and call this."""
    part = _first_failing(node, values)
    if part is None:
        return None
    words = _Words(names)
    return Failing(part.place, words.of(part), words.of(part, negated=True))


def _first_failing(node: Node, values: Values) -> Node | None:
    if isinstance(node, Group) and node.every:
        return next((found for part in node.parts if (found := _first_failing(part, values)) is not None), None)
    if isinstance(node, Group) and len(node.parts) == 1:
        return _first_failing(node.parts[0], values)
    return None if holds(node, values) else node


def names_in(node: Node, user: Any = None) -> dict[tuple[str, int], str]:
    """The names of the people and records that a parsed condition mentions; one query for each kind of them."""
    wanted: dict[str, set[int]] = {}
    _collect(node, wanted)
    found: dict[tuple[str, int], str] = {}
    for target, ids in wanted.items():
        if target == "user":
            rows = get_user_model()._default_manager.filter(pk__in=ids)
        elif registry.may_use(target, user):
            known = registry.objects[target]
            rows = known.model._default_manager.all() if user is None else known.visible_to(user)
            rows = rows.filter(pk__in=ids)
        else:
            continue
        found |= {(target, row.pk): str(row) for row in rows.order_by()}
    return found


def _collect(node: Node, wanted: dict[str, set[int]]) -> None:
    for part in walk(node):
        if isinstance(part, Some):
            _collect(part.where, wanted)
        elif part.field.kind in ("user", "record"):
            target = "user" if part.field.kind == "user" else part.field.target
            ids = getattr(part.predicate, "values", ())
            if target and part.op not in WITHOUT_NAMES:
                wanted.setdefault(target, set()).update(ids)


class _Words:
    """Sentences of a condition whose people and records have ``names``."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def of(self, node: Node, *, negated: bool = False, inner: bool = False) -> str:
        if isinstance(node, Not):
            return self.of(node.part, negated=not negated, inner=inner)
        if isinstance(node, Named):
            return self._compare(node.said, negated=negated)
        if isinstance(node, Group):
            return self._group(node, negated=negated, inner=inner)
        if isinstance(node, Some):
            return self._some(node, negated=negated)
        return self._compare(node, negated=negated)

    def _group(self, node: Group, *, negated: bool, inner: bool) -> str:
        every = node.every != negated
        if not node.parts:
            return _("everything") if every else _("nothing")
        words = [self.of(part, negated=negated, inner=len(node.parts) > 1 or inner) for part in node.parts]
        if len(words) == 1:
            return words[0]
        joined = (_(" and ") if every else _(" or ")).join(words)
        return f"({joined})" if inner else joined

    def _some(self, node: Some, *, negated: bool) -> str:
        behind = ": ".join([*(str(hop.label) for hop in node.hops), str(node.relation.label)])
        none = node.none != negated
        if isinstance(node.where, Group) and node.where.every and not node.where.parts:
            return (_("there are no %s") if none else _("there are %s")) % behind
        where = {"records": behind, "where": self.of(node.where, inner=True)}
        if none:
            return _("none of %(records)s has: %(where)s") % where
        return _("at least one of %(records)s has: %(where)s") % where

    def _compare(self, node: Compare, *, negated: bool) -> str:
        op = NEGATIVE.get(node.op, node.op)
        label = ": ".join([*(str(hop.label) for hop in node.hops), str(node.field.label)])
        words = {"label": label, "value": self._value(node, op)}
        return str(SAID[op][node.negated != negated] % words)

    def _value(self, node: Compare, op: str) -> str:
        field, value = node.field, node.value
        if op in ("empty", "me", "my_team"):
            return ""
        if op == "relative":
            return period_words(value)
        if op == "range":
            return _range_words(field, value)
        if isinstance(value, list):
            shown = [self._one(field, each) for each in value[:LISTED]]
            joined = (_(" and ") if op == "has_all" else _(" or ")).join(shown)
            more = len(value) - LISTED
            return joined if more <= 0 else joined + ngettext(" or %d more", " or %d more", more) % more
        return self._one(field, value)

    def _one(self, field: Field, value: Any) -> str:
        if field.kind in ("user", "record"):
            target = "user" if field.kind == "user" else field.target
            named = self.names.get((target, int(value)))
            return named or _option(field, value) or f"#{value}"
        return one_in_words(field, value)


def _option(field: Field, value: Any) -> str:
    options: Iterable[tuple[Any, Any]] = field.options(None) if field.options is not None else field.choices
    return next((str(label) for key, label in options if str(key) == str(value)), "")


def one_in_words(field: Field, value: Any) -> str:
    """A value beside an operator, as a person reads it."""
    if field.kind == "checkbox":
        return _("yes") if str(value).lower() in ("true", "1", "on") else _("no")
    if field.kind in ("choice", "multi_choice"):
        return _option(field, value) or f"“{value}”"
    if field.kind in ("number", "money"):
        return formatted_number(Decimal(str(value)))
    if field.kind in ("date", "datetime"):
        return _date_words(value)
    return f"“{value}”"


def _date_words(value: Any) -> str:
    text = str(value)
    if len(text) == 10:
        return date_format(datetime.date.fromisoformat(text), "DATE_FORMAT")
    moment = datetime.datetime.fromisoformat(text)
    return date_format(timezone.localtime(moment) if moment.tzinfo else moment, "DATETIME_FORMAT")


def _range_words(field: Field, value: Any) -> str:
    low, high = (one_in_words(field, each) if each not in (None, "") else "" for each in value)
    if low and high:
        return _("between %(low)s and %(high)s") % {"low": low, "high": high}
    if low:
        return _("%s or more") % low if field.kind in ("number", "money") else _("on or after %s") % low
    if high:
        return _("%s or less") % high if field.kind in ("number", "money") else _("on or before %s") % high
    return _("set")


def period_words(value: Mapping[str, Any]) -> str:
    """A relative period, as it stands behind "is"."""
    name = value["period"]
    if name in PERIOD_WORDS:
        return str(PERIOD_WORDS[name])
    days = int(str(value["days"]))
    if name == "last_days":
        return ngettext("in the last day", "in the last %(days)d days", days) % {"days": days}
    if name == "next_days":
        return ngettext("in the next day", "in the next %(days)d days", days) % {"days": days}
    if days == 0 and name in ("more_than_days_ago", "more_than_days_ahead"):
        return _("before today") if name == "more_than_days_ago" else _("after today")
    if name == "more_than_days_ago":
        return ngettext("more than a day ago", "more than %(days)d days ago", days) % {"days": days}
    return ngettext("more than a day ahead", "more than %(days)d days ahead", days) % {"days": days}
