"""Apply field mappings: a payload to CRM values, CRM values to the fields of a sparse update. Pure."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from sync.enums import Direction, Transform
from sync.mapping import fields as known
from sync.mapping.fields import CUSTOM_FIELD, Field
from sync.mapping.reading import (
    BadPayload,
    Payload,
    address,
    amount,
    date,
    name_without_mark,
    parts,
    quickbooks_address,
)
from sync.mapping.reading import text as read_text
from sync.merge import Rule, plain

# The longest value of a custom property that is one line of text.
SHORT_TEXT = 500
# Texts of these fields carry QuickBooks' mark of inactive records.
_MARKED = frozenset({"DisplayName", "Name", "FullyQualifiedName"})


@dataclass(frozen=True)
class Mapped:
    """One mapping in force: the merge's rule with both fields, transform and default. ``id`` is the mapping's row."""

    id: int
    rule: Rule
    crm: Field
    qbo: Field
    transform: Transform = Transform.NONE
    default: str = ""


class Unfit(ValueError):
    """A value can't go into a field of the other side; the message says which and why."""


def to_crm(payload: Payload, mappings: Iterable[Mapped]) -> tuple[dict[str, Any], dict[int, str]]:
    """CRM values of a payload by CRM field, and for each mapping (by id) that failed the reason in words.

    Fields that only go to QuickBooks are read as well: the merge compares both sides.
    """
    values: dict[str, Any] = {}
    problems: dict[int, str] = {}
    for mapping in mappings:
        try:
            value = _stored(_converted(read(payload, mapping.qbo), mapping.qbo, mapping.crm, mapping), mapping.crm)
            _check_length(value, mapping.crm)
        except (BadPayload, Unfit) as error:
            problems[mapping.id] = str(error)
            continue
        if plain(value) is None and mapping.default and mapping.rule.direction != Direction.OUT:
            value = typed(mapping.default, mapping.crm)
        values[mapping.rule.crm_field] = value
    return values, problems


def to_quickbooks(
    values: Mapping[str, Any], mappings: Iterable[Mapped], *, current: Payload
) -> tuple[dict[str, Any], dict[int, str]]:
    """The fields of a sparse update that carry ``values`` (by CRM field), and the problems by mapping id.

    ``current`` is the object as QuickBooks has it (empty for a new one): what shares an object with a written field
    goes along, because a sparse update replaces nested objects whole.
    """
    payload: dict[str, Any] = {}
    problems: dict[int, str] = {}
    for mapping in mappings:
        name = mapping.rule.crm_field
        if name not in values:
            continue
        try:
            value = _converted(values[name], mapping.crm, mapping.qbo, mapping)
            if plain(value) is None and mapping.default and mapping.rule.direction != Direction.IN:
                value = typed(mapping.default, mapping.qbo)
            _write(payload, mapping.qbo, value, current)
        except Unfit as error:
            problems[mapping.id] = str(error)
    return payload, problems


def comparable(values: Mapping[str, Any], mappings: Iterable[Mapped]) -> dict[str, Any]:
    """A record's values as they look after the transforms, so that a transformed value is no change."""
    found = dict(values)
    for mapping in mappings:
        name = mapping.rule.crm_field
        if mapping.transform and isinstance(found.get(name), str):
            found[name] = transformed(found[name], mapping.transform)
    return found


def read(payload: Payload, field: Field) -> Any:
    """The value of a QuickBooks field, typed by the field's kind; None or empty when absent. Raises BadPayload."""
    if field.name.startswith(CUSTOM_FIELD):
        return _custom(payload, field.name.removeprefix(CUSTOM_FIELD))
    path = field.name.split(".")
    if field.kind == known.ADDRESS:
        return address(payload, field.name)
    if field.kind == known.NUMBER:
        return amount(payload, *path)
    if field.kind == known.DATE:
        return date(payload, *path)
    if field.kind == known.FLAG:
        found = payload.get(field.name)
        if found is not None and not isinstance(found, bool):
            raise BadPayload(f"{field.name} is not true or false.")
        return found
    value = read_text(payload, *path)
    if field.name == "CurrencyRef.value":
        return value[:3]
    if field.name in _MARKED:
        return name_without_mark(value, active=payload.get("Active") is not False)
    return value


def typed(text: str, field: Field) -> Any:
    """A text, such as a default, as a value of ``field``. Raises Unfit."""
    try:
        if field.kind == known.NUMBER:
            number = Decimal(text)
            if not number.is_finite():
                raise InvalidOperation
            return number
        if field.kind == known.DATE:
            return datetime.date.fromisoformat(text)
    except (InvalidOperation, ValueError) as error:
        raise Unfit(_("“%(value)s” does not fit %(label)s.") % {"value": text, "label": field.label}) from error
    if field.kind == known.FLAG:
        if text.lower() not in ("true", "false"):
            raise Unfit(
                _("“%(value)s” does not fit %(label)s: it has to be true or false.")
                % {"value": text, "label": field.label}
            )
        return text.lower() == "true"
    if field.kind == known.CHOICE and field.choices and text not in dict(field.choices):
        raise Unfit(_("“%(value)s” is no choice of %(label)s.") % {"value": text, "label": field.label})
    return text


def transformed(text: str, transform: Transform | str) -> str:
    """``text`` after one transform."""
    if transform == Transform.LOWER:
        return text.lower()
    if transform == Transform.UPPER:
        return text.upper()
    if transform == Transform.TITLE:
        return text.title()
    if transform == Transform.TRIM:
        return " ".join(text.split())
    if transform == Transform.DIGITS:
        return "".join(character for character in text if character.isdigit())
    return text


def _converted(value: Any, source: Field, target: Field, mapping: Mapped) -> Any:
    """``value`` for ``target``: a choice becomes the other side's, what is not a text becomes one for a text."""
    if value is None or value == "":
        return value
    if source.kind == target.kind == known.CHOICE:
        return _other_choice(value, source, target)
    if target.kind == known.TEXT and source.kind in (known.CHOICE, known.CHOICES):
        labels = dict(source.choices)
        value = ", ".join(str(labels.get(each, each)) for each in (value if isinstance(value, list) else [value]))
    if target.kind == known.TEXT and not isinstance(value, str):
        value = _as_text(value)
    if isinstance(value, str):
        return transformed(value, mapping.transform)
    return value


def _stored(value: Any, target: Field) -> Any:
    """A text as a custom property keeps it, so that what was written is no change when it is read."""
    if not target.name.startswith(known.PROPERTY) or not isinstance(value, str):
        return value
    if target.limit == SHORT_TEXT:
        return " ".join(value.split())
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _other_choice(value: Any, source: Field, target: Field) -> str:
    """The choice of ``target`` of the same name or code."""
    words = {str(value).casefold(), str(dict(source.choices).get(value, value)).casefold()}
    for code, label in target.choices:
        if str(code).casefold() in words or str(label).casefold() in words:
            return code
    raise Unfit(_("“%(value)s” is no choice of %(label)s.") % {"value": value, "label": target.label})


def _check_length(value: Any, target: Field) -> None:
    if isinstance(value, str) and target.limit is not None and len(value) > target.limit:
        raise Unfit(_("%(label)s takes at most %(limit)d characters.") % {"label": target.label, "limit": target.limit})


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(str(part) for part in value.values() if part)
    if isinstance(value, list | tuple):
        return ", ".join(str(part) for part in value)
    found = plain(value)
    return "" if found is None else str(found)


def _custom(payload: Payload, definition: str) -> str:
    for custom in parts(payload, "CustomField"):
        if str(custom.get("DefinitionId", "")) == definition:
            return read_text(custom, "StringValue")
    return ""


def _write(payload: dict[str, Any], field: Field, value: Any, current: Payload) -> None:
    if field.name.startswith(CUSTOM_FIELD):
        _write_custom(payload, field, value, current)
        return
    if isinstance(value, str) and field.limit is not None and len(value) > field.limit:
        raise _too_long(field)
    if field.kind == known.ADDRESS:
        kept = current.get(field.name)
        keep = {"Id": kept["Id"]} if isinstance(kept, Mapping) and "Id" in kept else {}
        payload[field.name] = keep | (quickbooks_address(value) if isinstance(value, Mapping) else {})
        return
    *outer, last = field.name.split(".")
    target = payload
    for name in outer:
        there = current.get(name)
        target = target.setdefault(name, dict(there) if isinstance(there, Mapping) and last != "value" else {})
    # QuickBooks leaves a field alone that is null in a sparse update; an empty text clears it.
    target[last] = "" if value is None else value.isoformat() if isinstance(value, datetime.date) else value


def _too_long(field: Field) -> Unfit:
    return Unfit(
        _("%(label)s is longer than the %(limit)d characters that QuickBooks takes.")
        % {"label": field.label, "limit": field.limit}
    )


def _write_custom(payload: dict[str, Any], field: Field, value: Any, current: Payload) -> None:
    definition = field.name.removeprefix(CUSTOM_FIELD)
    if "CustomField" not in payload:
        payload["CustomField"] = [dict(custom) for custom in parts(current, "CustomField")]
    text = "" if value is None else _as_text(value) if not isinstance(value, str) else value
    if field.limit is not None and len(text) > field.limit:
        raise _too_long(field)
    for custom in payload["CustomField"]:
        if str(custom.get("DefinitionId", "")) == definition:
            custom["StringValue"] = text
            return
    payload["CustomField"].append({"DefinitionId": definition, "Type": "StringType", "StringValue": text})
