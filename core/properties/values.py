"""Values of custom properties: one form in which they are stored, readers that never fail, and how they print.

Stored (canonical) forms, by kind: texts as they are; numbers and amounts as text without exponent and trailing zeros
(``"12.5"``); dates ``"2026-01-31"``; moments in UTC to the second, ``"2026-01-31T09:30:00Z"``; a choice as its id in
text; several choices as a list of such ids in ascending order; a checkbox as true or false; a user as its id in text.
A missing key is an empty value. Nothing here asks the database.
"""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db.models import Model
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.money import formatted, formatted_amount, formatted_number
from core.properties.schema import Definition

LONGEST_TEXT = 500
LONGEST_LONG_TEXT = 10_000
LONGEST_NUMBER = 60
LARGEST_NUMBER = Decimal(10) ** 15
NUMBER_PLACES = 10
AMOUNT_PLACES = 5
EMPTY: tuple[Any, ...] = (None, "", [], ())

_D = "[0-9]"
_LEAP = f"(?:{_D}{_D}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
_DAY = (
    f"(?:(?!0000){_D}{{4}}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]{_D}|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]{_D}|30)"
    f"|02-(?:0[1-9]|1{_D}|2[0-8]))|{_LEAP}-02-29)"
)
# What counts as a stored value of these kinds, as a whole. The database uses the same patterns: both read the same.
PATTERNS = {
    PropertyKind.NUMBER: f"-?{_D}{{1,30}}(?:[.]{_D}{{1,30}})?",
    PropertyKind.CURRENCY: f"-?{_D}{{1,30}}(?:[.]{_D}{{1,30}})?",
    PropertyKind.DATE: _DAY,
    PropertyKind.DATETIME: f"{_DAY}T(?:[01]{_D}|2[0-3]):[0-5]{_D}:[0-5]{_D}Z",
    PropertyKind.USER: f"{_D}{{1,18}}",
}


class BadValue(ValueError):
    """The value does not fit its property; the message is a sentence for the person who gave it."""


def canonical(definition: Definition, value: Any) -> Any:
    """``value`` as it is stored, None when it is empty. Raises BadValue.

    Takes what Python and JSON have for the kind (Decimal, date, aware datetime, record or id) and stored forms.
    Whether a user exists and whether a value is taken already is ``cleaning``'s business.
    """
    if isinstance(value, str):
        value = value.strip()
    if value in EMPTY:
        return None
    return _CANONICAL[definition.kind](definition, value)


def _text(definition: Definition, value: Any) -> str:
    return _checked_text(" ".join(str(value).split()), LONGEST_TEXT)


def _long_text(definition: Definition, value: Any) -> str:
    return _checked_text(str(value).replace("\r\n", "\n").replace("\r", "\n"), LONGEST_LONG_TEXT)


def _checked_text(text: str, longest: int) -> str:
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise BadValue(_("This holds a character that can't be stored."))
    if len(text) > longest:
        raise BadValue(_("This is longer than %s characters.") % formatted_number(Decimal(longest)))
    return text


def _number(definition: Definition, value: Any) -> str:
    places = AMOUNT_PLACES if definition.kind == PropertyKind.CURRENCY else NUMBER_PLACES
    text = str(value)
    try:
        number = Decimal(text if len(text) <= LONGEST_NUMBER and not isinstance(value, bool) else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadValue(_("“%s” is not a number.") % str(value)[:60])
    if abs(number) >= LARGEST_NUMBER:
        raise BadValue(_("This number is too large."))
    if number != round(number, places):
        raise BadValue(_("At most %d decimals fit here.") % places)
    _within(definition, number)
    return format(number.normalize(), "f") if number else "0"


def _within(definition: Definition, number: Decimal) -> None:
    if definition.lowest is not None and number < definition.lowest:
        raise BadValue(_("This can't be less than %s.") % formatted_number(definition.lowest))
    if definition.highest is not None and number > definition.highest:
        raise BadValue(_("This can't be more than %s.") % formatted_number(definition.highest))


def _date(definition: Definition, value: Any) -> str:
    try:
        if isinstance(value, datetime.datetime):
            raise TypeError
        day = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(str(value))
    except (ValueError, TypeError) as error:
        raise BadValue(_("“%s” is not a date. It looks like 2026-11-30.") % str(value)[:60]) from error
    return day.isoformat()


def _moment(definition: Definition, value: Any) -> str:
    try:
        moment = value if isinstance(value, datetime.datetime) else datetime.datetime.fromisoformat(str(value))
        if timezone.is_naive(moment):
            raise BadValue(_("The time zone of “%s” is missing.") % str(value)[:60])
        at = moment.astimezone(datetime.UTC)
    except (ValueError, OverflowError) as error:
        if isinstance(error, BadValue):
            raise
        text = _("“%s” is not a date with a time. It looks like 2026-11-30T09:30:00Z.")
        raise BadValue(text % str(value)[:60]) from error
    return at.strftime(f"{at.year:04d}-%m-%dT%H:%M:%SZ")


def _choice(definition: Definition, value: Any) -> str:
    chosen = definition.choice(value)
    if chosen is None:
        raise BadValue(_("“%s” is none of the choices.") % str(value)[:60])
    return chosen.id


def _choices(definition: Definition, value: Any) -> list[str]:
    listed = value if isinstance(value, Iterable) and not isinstance(value, str | Mapping) else [value]
    return sorted({_choice(definition, each) for each in listed if each not in EMPTY}, key=int)


def _checkbox(definition: Definition, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False}.get(str(value).lower())
    if known is None:
        raise BadValue(_("“%s” is neither yes nor no.") % str(value)[:60])
    return known


def _user(definition: Definition, value: Any) -> str:
    given = str(value.pk if isinstance(value, Model) else value)
    if not re.fullmatch(PATTERNS[PropertyKind.USER], given) or isinstance(value, bool):
        raise BadValue(_("“%s” is not a user.") % given[:60])
    return str(int(given))


_CANONICAL: dict[PropertyKind, Callable[[Definition, Any], Any]] = {
    PropertyKind.TEXT: _text,
    PropertyKind.LONG_TEXT: _long_text,
    PropertyKind.NUMBER: _number,
    PropertyKind.CURRENCY: _number,
    PropertyKind.DATE: _date,
    PropertyKind.DATETIME: _moment,
    PropertyKind.CHOICE: _choice,
    PropertyKind.CHOICES: _choices,
    PropertyKind.CHECKBOX: _checkbox,
    PropertyKind.USER: _user,
}


def typed(kind: PropertyKind, stored: Any) -> Any:
    """A stored value as Python has it (Decimal, date, aware datetime, list of ids ...); None for empty and odd ones.

    The same as the expressions of ``core.properties.expressions`` give in SQL, for any JSON.
    """
    if kind == PropertyKind.CHECKBOX:
        return stored if isinstance(stored, bool) else None
    if kind == PropertyKind.CHOICES:
        return [each for each in stored if isinstance(each, str)] or None if isinstance(stored, list) else None
    if not isinstance(stored, str) or stored == "":
        return None
    if kind in PATTERNS and not re.fullmatch(PATTERNS[kind], stored):
        return None
    return _READERS.get(kind, str)(stored)


_READERS: dict[PropertyKind, Callable[[str], Any]] = {
    PropertyKind.NUMBER: Decimal,
    PropertyKind.CURRENCY: Decimal,
    PropertyKind.DATE: datetime.date.fromisoformat,
    PropertyKind.DATETIME: datetime.datetime.fromisoformat,
    PropertyKind.USER: int,
}


def display(definition: Definition, stored: Any, *, people: Mapping[str, str] | None = None, currency: str = "") -> str:
    """A stored value in the reader's language, notation and zone; empty for an empty one.

    ``people`` names users by id in text (``cleaning.named``); ``currency`` is the record's, for amounts without one
    of their own.
    """
    value = typed(definition.kind, stored)
    if value is None:
        return ""
    kind = definition.kind
    if kind == PropertyKind.CURRENCY:
        code = definition.currency or currency
        return formatted(value, code) if code else formatted_amount(value)
    if kind == PropertyKind.NUMBER:
        return formatted_number(value)
    if kind == PropertyKind.DATE:
        return formats.date_format(value, "DATE_FORMAT")
    if kind == PropertyKind.DATETIME:
        return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if kind == PropertyKind.CHECKBOX:
        return _("Yes") if value else _("No")
    if kind in (PropertyKind.CHOICE, PropertyKind.CHOICES):
        chosen = value if isinstance(value, list) else [value]
        return ", ".join(choice.label for each in chosen if (choice := definition.choice(each)))
    if kind == PropertyKind.USER:
        return (people or {}).get(str(value)) or _("User %s") % value
    return str(value)
