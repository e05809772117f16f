"""Read values out of a QuickBooks payload. A value of the wrong form is named, never guessed."""

import datetime
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

Payload = Mapping[str, Any]
_ADDRESS = {
    **{f"line{number}": f"Line{number}" for number in range(1, 6)},
    "city": "City",
    "region": "CountrySubDivisionCode",
    "postal_code": "PostalCode",
    "country": "Country",
}
# QuickBooks renames what is made inactive: "Name (deleted)", "Name (deleted 2)".
_DELETED = re.compile(r"\s\(deleted(?: \d+)?\)$")
_TOO_MUCH = Decimal(10) ** 15


class BadPayload(ValueError):
    """A field that QuickBooks sent can't be understood; the message names it."""


def part(payload: Payload, name: str) -> Payload:
    """A nested object; an absent one is empty."""
    found = payload.get(name)
    if type(found) is dict:  # asking for an abstract type takes ten times as long
        return found
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadPayload(f"{name} is not an object.")
    return found


def parts(payload: Payload, name: str) -> list[Payload]:
    """A list of objects; an absent one is empty."""
    found = payload.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(item, Mapping) for item in found):
        raise BadPayload(f"{name} is not a list of objects.")
    return found


def text(payload: Payload, *path: str) -> str:
    """A text, empty when absent; without NUL, which no database keeps."""
    for name in path[:-1]:
        payload = part(payload, name)
    found = payload.get(path[-1])
    if type(found) is str:
        return found.replace("\x00", "")
    if found is None:
        return ""
    if isinstance(found, Mapping | list):
        raise BadPayload(f"{'.'.join(path)} is not a text.")
    return str(found).replace("\x00", "")


def named(payload: Payload, reference: str) -> str:
    """The name that a reference bears, without what QuickBooks adds to names of the inactive.

    A reference does not tell whether its object is active, so a name that somebody ended like that loses it too.
    """
    return _DELETED.sub("", text(payload, reference, "name"))


def amount(payload: Payload, *path: str) -> Decimal | None:
    """A number as Decimal; None when absent. The parser made decimals of numbers with a point."""
    for name in path[:-1]:
        payload = part(payload, name)
    found = payload.get(path[-1])
    if found is None or found == "":
        return None
    number = found if type(found) is Decimal else _number(found, path)
    if not number.is_finite() or abs(number) >= _TOO_MUCH:
        raise BadPayload(f"{'.'.join(path)} is out of range: {found}")
    return number


def _number(found: Any, path: Sequence[str]) -> Decimal:
    if isinstance(found, bool | float | Mapping | list):
        raise BadPayload(f"{'.'.join(path)} is not a number.")
    try:
        return Decimal(str(found))
    except InvalidOperation as error:
        raise BadPayload(f"{'.'.join(path)} is not a number: {found!r}") from error


def date(payload: Payload, *path: str) -> datetime.date | None:
    """A date; None when absent."""
    found = text(payload, *path)
    if not found:
        return None
    try:
        return datetime.date.fromisoformat(found[:10])
    except ValueError as error:
        raise BadPayload(f"{'.'.join(path)} is not a date: {found!r}") from error


def moment(payload: Payload, *path: str) -> datetime.datetime | None:
    """A time with its offset; None when absent."""
    found = text(payload, *path)
    if not found:
        return None
    try:
        parsed = datetime.datetime.fromisoformat(found)
    except ValueError as error:
        raise BadPayload(f"{'.'.join(path)} is not a time: {found!r}") from error
    if parsed.tzinfo is None:
        raise BadPayload(f"{'.'.join(path)} has no time zone: {found!r}")
    return parsed


def flag(payload: Payload, name: str, *, default: bool) -> bool:
    """A truth value."""
    found = payload.get(name, default)
    if not isinstance(found, bool):
        raise BadPayload(f"{name} is not true or false.")
    return found


def name_without_mark(name: str, *, active: bool) -> str:
    """A name without the mark that QuickBooks adds to inactive records."""
    return name if active else _DELETED.sub("", name)


def address(payload: Payload, name: str) -> dict[str, str]:
    """BillAddr or ShipAddr in the CRM's keys; only what is filled."""
    found = part(payload, name)
    if not found:
        return {}
    return {ours: value for ours, theirs in _ADDRESS.items() if (value := text(found, theirs))}


def quickbooks_address(address: Mapping[str, str]) -> dict[str, str]:
    """The CRM's address in QuickBooks' keys; only what is filled."""
    return {theirs: address[ours] for ours, theirs in _ADDRESS.items() if address.get(ours)}
