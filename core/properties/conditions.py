"""Custom properties in the condition language: as filters, in mappings and wherever conditions are built."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from core.conditions.fields import Field
from core.enums import PropertyKind
from core.properties.expressions import value_of
from core.properties.objects import objects
from core.properties.schema import Definition, definitions
from core.properties.values import typed

KINDS = {
    PropertyKind.TEXT: "text",
    PropertyKind.LONG_TEXT: "text",
    PropertyKind.NUMBER: "number",
    PropertyKind.CURRENCY: "money",
    PropertyKind.DATE: "date",
    PropertyKind.DATETIME: "datetime",
    PropertyKind.CHOICE: "choice",
    PropertyKind.CHOICES: "multi_choice",
    PropertyKind.CHECKBOX: "checkbox",
    PropertyKind.USER: "user",
}


def fields_provider(object_type: str) -> Iterable[Field]:
    """The custom properties of an object as fields of conditions."""
    return [field_of(definition) for definition in definitions(object_type)] if object_type in objects else []


def field_of(definition: Definition) -> Field:
    """A property as a field of conditions; archived choices stay there to be looked for."""
    return Field(
        definition.name,
        definition.label,
        KINDS[definition.kind],
        choices=tuple(
            (choice.id, choice_label(choice.label, archived=choice.archived)) for choice in definition.choices
        ),
        group=definition.group or _("Custom properties"),
        expression=_expression(definition),
        read=partial(_read, definition),
        loads=("properties",),
    )


def choice_label(label: str, *, archived: bool) -> str:
    """A choice as it is offered in filters."""
    return _("%s (archived)") % label if archived else label


def _expression(definition: Definition) -> Callable[[str], Any]:
    return lambda prefix: value_of(definition, f"{prefix}properties")


def _read(definition: Definition, values: Mapping[str, Any]) -> Any:
    held = values.get("properties")
    return typed(definition.kind, held.get(definition.slot)) if isinstance(held, Mapping) else None
