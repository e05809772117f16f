"""Which operators a kind of property has, and how the value beside one is read.

Whatever is written becomes one of six predicates, which both interpreters know; a negative operator is the complement
of a positive one.
"""

import reprlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from core.conditions.fields import Field
from core.conditions.moments import Span, days_as_moments, period, span_of_day, span_of_moment
from core.conditions.text import fold

if TYPE_CHECKING:
    from core.conditions.language import Setting

# Who is in a team with a person, the person included; the app that has teams puts its function here.
team_mates: list[Callable[[Any], Iterable[int]]] = []
LARGEST_ID = 2**63
LARGEST_NUMBER = Decimal(10) ** 20
FINEST_NUMBER = -20
LONGEST_TEXT = 1000
LONGEST_LIST = 500


class Misfit(ValueError):
    """The value does not fit the property; the message is a sentence."""


@dataclass(frozen=True)
class IsEmpty:
    """Nothing is set."""


@dataclass(frozen=True)
class IsIn:
    """The value is one of ``values``: folded texts, choices, ids, numbers or booleans."""

    values: tuple[Any, ...]


@dataclass(frozen=True)
class Holds:
    """The folded text has ``text`` in it: at its start, at its end, or (``contains``) anywhere."""

    where: str
    text: str


@dataclass(frozen=True)
class Within:
    """The value lies between two bounds; None is open; each bound is included or not."""

    low: Any
    high: Any
    low_included: bool = True
    high_included: bool = True


@dataclass(frozen=True)
class HasAny:
    """At least one of ``choices`` is chosen."""

    choices: tuple[str, ...]


@dataclass(frozen=True)
class HasAll:
    """All of ``choices`` are chosen."""

    choices: tuple[str, ...]


Predicate = IsEmpty | IsIn | Holds | Within | HasAny | HasAll
ValueReader = Callable[[Field, Any, "Setting"], Predicate]


@dataclass(frozen=True)
class Operator:
    """An operator: for which kinds, what its value looks like in the editor, and whether it is a complement."""

    name: str
    kinds: frozenset[str]
    shape: str
    read: ValueReader
    negated: bool = False


def read_value(field: Field, operator: Operator, value: Any, using: "Setting") -> Predicate:
    """The predicate that ``operator`` and ``value`` say about ``field``. Raises Misfit with a sentence."""
    try:
        return operator.read(field, value, using)
    except Misfit:
        raise
    except (ValueError, TypeError, InvalidOperation, OverflowError, RecursionError) as error:
        shown = value if isinstance(value, str) else reprlib.repr(value)
        words = {"value": shown[:80], "label": field.label}
        raise Misfit(_("“%(value)s” does not fit %(label)s.") % words) from error


def to_text(value: Any) -> str:
    """A text that the database can hold. Raises ValueError."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise ValueError(value)
    text = str(value)
    if "\x00" in text or len(text) > LONGEST_TEXT:
        raise ValueError(value)
    text.encode()
    return text


def to_number(value: Any) -> Decimal:
    """A finite number of a sane size. Raises ValueError or InvalidOperation."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal) or len(str(value)) > 60:
        raise ValueError(value)
    number = Decimal(str(value))
    exponent = number.as_tuple().exponent
    if not number.is_finite() or abs(number) >= LARGEST_NUMBER or not isinstance(exponent, int):
        raise ValueError(value)
    if exponent < FINEST_NUMBER:
        raise ValueError(value)
    return number


def to_id(value: Any) -> int:
    """The id of a row. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, str | int) or len(str(value)) > 20:
        raise ValueError(value)
    number = int(value)
    if abs(number) >= LARGEST_ID:
        raise ValueError(value)
    return number


def to_flag(value: Any) -> bool:
    """True or false; ``1``, ``on`` and ``0`` of addresses too. Raises ValueError."""
    flags = {"true": True, "1": True, "on": True, "false": False, "0": False}
    if isinstance(value, bool):
        return value
    if str(value) not in flags:
        raise ValueError(value)
    return flags[str(value)]


def _one(field: Field, value: Any, using: "Setting") -> Any:
    if value in (None, "", []):
        raise Misfit(_("Say what %(label)s is compared with.") % {"label": field.label})
    if field.kind in ("number", "money"):
        return to_number(value)
    if field.kind in ("user", "record"):
        return to_id(value)
    if field.kind == "checkbox":
        return to_flag(value)
    text = to_text(value)
    if field.kind == "text":
        return fold(text)
    if using.strict and field.choices and text not in {str(key) for key, _label in field.choices}:
        raise Misfit(_("“%(value)s” is no choice of %(label)s.") % {"value": text[:80], "label": field.label})
    return text


def _many(field: Field, value: Any, using: "Setting") -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise ValueError(value)
    if not value:
        raise Misfit(_("Choose at least one value for %(label)s.") % {"label": field.label})
    if len(value) > LONGEST_LIST:
        raise Misfit(_("%(label)s is compared with %(most)d values at most.") % _most(field))
    return tuple(dict.fromkeys(_one(field, each, using) for each in value))


def _most(field: Field) -> dict[str, Any]:
    return {"label": field.label, "most": LONGEST_LIST}


def _is(field: Field, value: Any, using: "Setting") -> Predicate:
    return IsIn((_one(field, value, using),))


def _is_in(field: Field, value: Any, using: "Setting") -> Predicate:
    return IsIn(_many(field, value, using))


def _is_empty(field: Field, value: Any, using: "Setting") -> Predicate:
    return IsEmpty()


def _holds(where: str) -> ValueReader:
    return lambda field, value, using: Holds(where, _one(field, value, using))


def _has_any(field: Field, value: Any, using: "Setting") -> Predicate:
    return HasAny(_many(field, value, using))


def _has_all(field: Field, value: Any, using: "Setting") -> Predicate:
    return HasAll(_many(field, value, using))


def _is_me(field: Field, value: Any, using: "Setting") -> Predicate:
    if using.user is None or using.user.pk is None:
        raise Misfit(_("Nobody is signed in here, so “me” is nobody. Choose a person."))
    return IsIn((using.user.pk,))


def _is_team_mate(field: Field, value: Any, using: "Setting") -> Predicate:
    if using.user is None or using.user.pk is None:
        raise Misfit(_("Nobody is signed in here, so “my team” is nobody. Choose people."))
    mates = {mate for function in team_mates for mate in function(using.user)}
    return IsIn(tuple(sorted({using.user.pk, *mates})))


def _span(field: Field, value: Any, using: "Setting") -> Span:
    if value in (None, ""):
        raise Misfit(_("Say what %(label)s is compared with.") % {"label": field.label})
    return span_of_day(value) if field.kind == "date" else span_of_moment(value, using.zone)


def _half_open(span: Span) -> Predicate:
    return Within(span.start, span.end, high_included=False)


def _on(field: Field, value: Any, using: "Setting") -> Predicate:
    return _half_open(_span(field, value, using))


def _before(field: Field, value: Any, using: "Setting") -> Predicate:
    return _half_open(Span(None, _span(field, value, using).start))


def _after(field: Field, value: Any, using: "Setting") -> Predicate:
    span = _span(field, value, using)
    # After the last day that a calendar has, there is nothing.
    return _half_open(Span(span.start, span.start) if span.end is None else Span(span.end, None))


def _relative(field: Field, value: Any, using: "Setting") -> Predicate:
    days = period(value, using.today)
    return _half_open(days if field.kind == "date" else days_as_moments(days, using.zone))


def _range(field: Field, value: Any, using: "Setting") -> Predicate:
    """``[from, to]``, both included, either open; both open is everything that is set."""
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(value)
    low, high = (None if each in (None, "") else each for each in value)
    if field.kind in ("number", "money"):
        return Within(None if low is None else to_number(low), None if high is None else to_number(high))
    start = None if low is None else _span(field, low, using).start
    end = None if high is None else _span(field, high, using).end
    return _half_open(Span(start, end))


def _compared(low: bool, included: bool) -> ValueReader:  # noqa: FBT001 -- a table below reads better so
    def read(field: Field, value: Any, using: "Setting") -> Predicate:
        number = _one(field, value, using)
        if low:
            return Within(number, None, low_included=included)
        return Within(None, number, high_included=included)

    return read


TEXT, NUMBERS, DATES = {"text"}, {"number", "money"}, {"date", "datetime"}
CHOSEN, PEOPLE, RECORDS = {"choice"}, {"user"}, {"record"}
ALL = TEXT | NUMBERS | DATES | CHOSEN | PEOPLE | RECORDS | {"multi_choice", "checkbox"}


def _operator(name: str, kinds: set[str], shape: str, read: ValueReader, *, negated: bool = False) -> Operator:
    return Operator(name, frozenset(kinds), shape, read, negated)


_PLAIN = TEXT | NUMBERS | CHOSEN | PEOPLE | RECORDS
_LISTED = (
    _operator("equals", _PLAIN | {"checkbox"}, "one", _is),
    _operator("not_equals", _PLAIN | {"checkbox"}, "one", _is, negated=True),
    _operator("contains", TEXT, "one", _holds("contains")),
    _operator("not_contains", TEXT, "one", _holds("contains"), negated=True),
    _operator("starts_with", TEXT, "one", _holds("start")),
    _operator("ends_with", TEXT, "one", _holds("end")),
    _operator("<", NUMBERS, "one", _compared(low=False, included=False)),
    _operator("<=", NUMBERS, "one", _compared(low=False, included=True)),
    _operator(">", NUMBERS, "one", _compared(low=True, included=False)),
    _operator(">=", NUMBERS, "one", _compared(low=True, included=True)),
    _operator("before", DATES, "one", _before),
    _operator("after", DATES, "one", _after),
    _operator("relative", DATES, "period", _relative),
    _operator("range", NUMBERS | DATES, "range", _range),
    _operator("in", _PLAIN, "list", _is_in),
    _operator("not_in", _PLAIN, "list", _is_in, negated=True),
    _operator("has_any", {"multi_choice"}, "list", _has_any),
    _operator("has_all", {"multi_choice"}, "list", _has_all),
    _operator("has_none", {"multi_choice"}, "list", _has_any, negated=True),
    _operator("me", PEOPLE, "nothing", _is_me),
    _operator("not_me", PEOPLE, "nothing", _is_me, negated=True),
    _operator("my_team", PEOPLE, "nothing", _is_team_mate),
    _operator("not_my_team", PEOPLE, "nothing", _is_team_mate, negated=True),
    _operator("empty", ALL, "nothing", _is_empty),
    _operator("not_empty", ALL, "nothing", _is_empty, negated=True),
)
# The days of "equals" are spans, so dates have rows of their own under the same names.
_ON_DAYS = {"equals": _on, "not_equals": _on}


def _with_days(operator: Operator) -> Operator:
    reader = _ON_DAYS.get(operator.name)
    if reader is None:
        return operator

    def read(field: Field, value: Any, using: "Setting") -> Predicate:
        return (reader if field.kind in DATES else operator.read)(field, value, using)

    return Operator(operator.name, operator.kinds | DATES, operator.shape, read, operator.negated)


OPERATORS = {operator.name: _with_days(operator) for operator in _LISTED}


def operators_of(kind: str) -> list[Operator]:
    """The operators of a kind, in the order of the editor."""
    return [operator for operator in OPERATORS.values() if kind in operator.kinds]
