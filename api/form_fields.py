"""What the form of a record takes, as JSON: the schema of each field, and values on their way into the form."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from api.described import Schema
from api.printing import plain
from api.problems import Mistake, Problem, pointer, unfit
from api.schemas import DAY, ID, MOMENT, array, nullable, record, text
from core.forms.fields import AmountField, CurrencyCodeField, DateField, MomentField
from core.forms.values import FIELD
from core.properties import BadValues
from crm.forms.base import RecordForm
from crm.forms.fields import ADDRESS_PARTS, RecordField, RecordsField
from crm.kinds import Kind

PROPERTIES = "properties"
NOT_EMPTY = {"minLength": 1, "pattern": r"\S"}
PROPERTY_VALUES: Schema = {
    "type": "object",
    "description": "Custom properties by id, as GET properties lists them; null empties one.",
    "propertyNames": {"pattern": "^[0-9]{1,12}$"},
    "additionalProperties": {
        "anyOf": [
            text(20_000),
            {"type": ["integer", "boolean", "null"]},
            array(text(200), maxItems=500),
        ]
    },
}
ADDRESS = record({part: text(longest) for part, _label, longest in ADDRESS_PARTS})
SHOWN_ADDRESS: Schema = {"type": "object", "additionalProperties": {"type": "string"}}


def schema_of(field: forms.Field) -> Schema:
    """What a form field takes."""
    if isinstance(field, RecordsField):
        return array(ID, maxItems=100)
    if isinstance(field, RecordField | forms.ModelChoiceField):
        return ID if field.required else nullable(ID)
    if isinstance(field, AmountField):
        sign = "" if field.lowest is not None else "-?"
        return nullable({"type": "string", "pattern": rf"^{sign}[0-9]{{1,14}}(\.[0-9]{{1,10}})?$"})
    if isinstance(field, CurrencyCodeField):
        return {"type": "string", "pattern": "^[A-Z]{3}$" if field.required else "^([A-Z]{3})?$"}
    if isinstance(field, DateField):
        return nullable(DAY)
    if isinstance(field, MomentField | forms.DateTimeField):
        return nullable(MOMENT)
    if isinstance(field, forms.BooleanField):
        return {"type": "boolean"}
    if isinstance(field, forms.IntegerField):
        return nullable({"type": "integer", "minimum": field.min_value, "maximum": field.max_value})
    if isinstance(field, forms.ChoiceField):
        choices: Any = field.choices
        return {"type": "string", "enum": [str(value) for value, _label in choices]}
    return text(getattr(field, "max_length", None) or 10_000, **(NOT_EMPTY if field.required else {}))


def as_typed(value: Any) -> Any:
    """A value of JSON as a form gets it."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if isinstance(value, bool) else "" if value is None else str(value)


def spread(given: Mapping[str, Any]) -> dict[str, Any]:
    """A body as form data: addresses and custom properties are fields of their own there."""
    data: dict[str, Any] = {}
    for name, value in given.items():
        if name == PROPERTIES:
            data |= {f"{FIELD}{slot}": as_typed(each) for slot, each in value.items()}
        elif isinstance(value, dict):
            data |= {f"{name}_{part}": value.get(part, "") for part, _label, _longest in ADDRESS_PARTS}
        else:
            data[name] = as_typed(value)
    return data


def filled(kind: Kind, given: Mapping[str, Any], *, user: Any, record: Any = None) -> RecordForm:
    """The form of the page, with what was given over what the record has; checked. Raises Problem."""
    data = spread(given)
    form = kind.form(dict(data), user=user, record=record)
    unknown = [slot for slot in given.get(PROPERTIES, {}) if FIELD + slot not in form.fields]
    if unknown:
        raise unfit(*(Mistake("There is no such property.", pointer(PROPERTIES, slot)) for slot in unknown))
    held = {name: as_typed(plain(form.get_initial_for_field(field, name))) for name, field in form.fields.items()}
    form.data = {**held, **data}
    if found := _mistakes(form, data):
        raise unfit(*found)
    return form


def values_given(form: RecordForm, given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that were given, as the services take them."""
    values = {name: value for name, value in form.values().items() if name in given}
    if PROPERTIES in given:
        values[PROPERTIES] = {slot: form.properties.given().get(slot) for slot in given[PROPERTIES]}
    return values


def refused(error: BadValues) -> Problem:
    """What a service refuses of custom properties."""
    return unfit(*(Mistake(str(words), pointer(PROPERTIES, slot)) for slot, words in error.problems.items()))


def _place_of(name: str) -> str:
    """Where in the body the value of a form field stands."""
    if name.startswith(FIELD):
        return pointer(PROPERTIES, name.removeprefix(FIELD))
    for part, _label, _longest in ADDRESS_PARTS:
        if name.endswith(f"_address_{part}"):
            return pointer(name.removesuffix(f"_{part}"), part)
    return "" if name == "__all__" else pointer(name)


def _mistakes(form: RecordForm, given: Mapping[str, Any]) -> list[Mistake]:
    """What the form refuses, but for odd old values of fields that were not given."""
    return [
        Mistake(str(message), _place_of(name))
        for name, messages in form.errors.items()
        if name in given or not _was_odd_before(form, name)
        for message in messages
    ]


def _was_odd_before(form: RecordForm, name: str) -> bool:
    field = form.fields.get(name)
    if field is None or form.record is None:
        return False
    try:
        field.clean(form.data.get(name))
    except ValidationError:
        return True
    return False
