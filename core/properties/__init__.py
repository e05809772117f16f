"""Custom properties of records. This is the whole public interface; the modules below are its parts.

``definitions(object_type)`` says what properties there are; conditions, mappings and events call one
``property:<id>`` (``Definition.name``), records hold its value under ``Definition.slot``. Whoever writes records
gives ``properties={"12": value}`` to their services, which call ``clean_values``; only what is given changes, and
None empties.
"""

from core.enums import PropertyKind
from core.properties.cleaning import BadValues, clean_many, clean_values, named, put_defaults
from core.properties.expressions import PropertyValue, holds, value_of
from core.properties.history import changes_between, described, is_told, told_change
from core.properties.objects import Fixed, PropertyObject, add_object, objects, property_uses
from core.properties.schema import (
    PREFIX,
    Choice,
    Definition,
    by_slot,
    catalogue,
    definitions,
    forget,
    remembered,
)
from core.properties.values import BadValue, canonical, display, typed

__all__ = [
    "PREFIX",
    "BadValue",
    "BadValues",
    "Choice",
    "Definition",
    "Fixed",
    "PropertyKind",
    "PropertyObject",
    "PropertyValue",
    "add_object",
    "by_slot",
    "canonical",
    "catalogue",
    "changes_between",
    "clean_many",
    "clean_values",
    "definitions",
    "described",
    "display",
    "forget",
    "holds",
    "is_told",
    "named",
    "objects",
    "property_uses",
    "put_defaults",
    "remembered",
    "told_change",
    "typed",
    "value_of",
]
