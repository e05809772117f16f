"""Changing one property of a record from its list: how it is typed, and writing it."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.forms.values import form_field
from core.properties import BadValues, Definition, Fixed, definitions, objects, typed
from core.properties.objects import stored
from core.tables.actions import Refused
from core.tables.described import Table


def as_it_is(value: Any) -> Any:
    """A value that needs nothing more."""
    return value


@dataclass(frozen=True)
class Editor:
    """The form field of a property, what it shows at first, and what is done to the typed value afterwards."""

    field: forms.Field
    initial: Any = None
    finish: Callable[[Any], Any] = as_it_is

    def read(self, data: Any) -> Any:
        """The value that a form sent under ``value``. Raises ValidationError."""
        typed_in = self.field.widget.value_from_datadict(data, {}, "value")
        return self.finish(self.field.clean(typed_in))


def custom(table: Table, name: str) -> Definition | None:
    """The custom property of this name."""
    return next((each for each in definitions(table.object_type) if each.name == name), None)


def editor_of(table: Table, name: str, record: Any, user: Any) -> Editor | None:
    """How a property of a record (None: of any) is typed; None for one that is not changed in lists."""
    if definition := custom(table, name):
        held = stored(record).get(definition.slot) if record is not None else None
        people = _people() if definition.kind == PropertyKind.USER else []
        value = typed(definition.kind, held)
        shown = str(value) if definition.kind == PropertyKind.USER and value is not None else value
        return Editor(form_field(definition, held, people), shown)
    if table.editor is None or name not in {column.edit for column in table.columns if column.edit}:
        return None
    found: Editor | None = table.editor(name, record, user)
    return found


def _people() -> list[tuple[str, str]]:
    users = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
    return [(str(user.pk), str(user)) for user in users]


def write(table: Table, record: Any, name: str, value: Any, *, by: Any) -> Any:
    """Write one property through the record's service. Raises Refused."""
    definition = custom(table, name)
    try:
        if definition is not None:
            return objects[table.object_type].change(record, {definition.slot: value or None}, by=by)
        if table.change is None:
            raise Refused(_("This can't be changed here."))
        return table.change(record, {name: value}, by=by)
    except Fixed as fixed:
        raise Refused(str(fixed)) from fixed
    except BadValues as bad:
        raise Refused(" ".join(bad.problems.values())) from bad


def plain_value(table: Table, record: Any, name: str) -> Any:
    """The property's value as JSON, for undoing a change."""
    if definition := custom(table, name):
        return stored(record).get(definition.slot)
    value = getattr(record, name)
    if isinstance(value, Model):
        return value.pk
    return str(value) if isinstance(value, Decimal | datetime.date) else value


def from_plain(table: Table, record: Any, name: str, value: Any) -> Any:
    """What ``plain_value`` gave, as services take it; None for a record that is gone."""
    if custom(table, name) is not None or value is None:
        return value
    field: Any = record._meta.get_field(name)
    if field.is_relation:
        return field.related_model._default_manager.filter(pk=value).first()
    return field.to_python(value)


def messages_of(error: ValidationError) -> str:
    """Its sentences."""
    return " ".join(error.messages)
