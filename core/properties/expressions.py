"""Values of custom properties in SQL, typed, for filters and order. Odd stored values are empty, never an error.

Every part is immutable, so the same expression can be indexed; ``values.typed`` gives the same in Python.
"""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Func, Q

from core.enums import PropertyKind
from core.properties.schema import Definition
from core.properties.values import PATTERNS

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

# {json} and {text} stand for the stored value as JSON and as text.
_IS_TEXT = "jsonb_typeof({json}) = 'string'"
_DAY = "substr({text}, 1, 4)::int, substr({text}, 6, 2)::int, substr({text}, 9, 2)::int"
_TIME = "substr({text}, 12, 2)::int, substr({text}, 15, 2)::int, substr({text}, 18, 2)::double precision"
_TEXT = f"CASE WHEN {_IS_TEXT} THEN NULLIF({{text}}, '') END"
_STRINGS = "jsonb_path_query_array({json}, '$[*] ? (@.type() == \"string\")')"


def _matching(kind: PropertyKind, value: str) -> str:
    return f"CASE WHEN {_IS_TEXT} AND {{text}} ~ '^(?:{{pattern}})$' THEN {value} END".replace(
        "{pattern}", PATTERNS[kind]
    )


_SQL: dict[PropertyKind, str] = {
    PropertyKind.TEXT: _TEXT,
    PropertyKind.LONG_TEXT: _TEXT,
    PropertyKind.CHOICE: _TEXT,
    PropertyKind.NUMBER: _matching(PropertyKind.NUMBER, "{text}::numeric"),
    PropertyKind.CURRENCY: _matching(PropertyKind.CURRENCY, "{text}::numeric"),
    PropertyKind.DATE: _matching(PropertyKind.DATE, f"make_date({_DAY})"),
    PropertyKind.DATETIME: _matching(PropertyKind.DATETIME, f"make_timestamp({_DAY}, {_TIME}) AT TIME ZONE 'UTC'"),
    PropertyKind.USER: _matching(PropertyKind.USER, "{text}::bigint"),
    PropertyKind.CHECKBOX: "CASE {json} WHEN 'true'::jsonb THEN true WHEN 'false'::jsonb THEN false END",
    PropertyKind.CHOICES: f"CASE WHEN jsonb_typeof({{json}}) = 'array' THEN NULLIF({_STRINGS}, '[]'::jsonb) END",
}
_COLUMNS: "dict[PropertyKind, models.Field[Any, Any]]" = {
    PropertyKind.TEXT: models.TextField(),
    PropertyKind.LONG_TEXT: models.TextField(),
    PropertyKind.CHOICE: models.TextField(),
    PropertyKind.NUMBER: models.DecimalField(max_digits=60, decimal_places=30),
    PropertyKind.CURRENCY: models.DecimalField(max_digits=60, decimal_places=30),
    PropertyKind.DATE: models.DateField(),
    PropertyKind.DATETIME: models.DateTimeField(),
    PropertyKind.USER: models.BigIntegerField(),
    PropertyKind.CHECKBOX: models.BooleanField(),
    PropertyKind.CHOICES: models.JSONField(),
}


class PropertyValue(Func):
    """The value of one property of a record, typed by its kind; NULL for an empty and for an odd one.

    ``path`` leads to the record's ``properties`` (``company__properties``). The slot stands in the statement itself,
    not in a parameter: only then does the planner see the same expression as in the index.
    """

    def __init__(self, definition_id: int, kind: PropertyKind | str, path: str = "properties") -> None:
        self.slot, self.property_kind = str(int(definition_id)), PropertyKind(kind)
        super().__init__(F(path), output_field=_COLUMNS[self.property_kind])

    def as_sql(  # type: ignore[override]
        self, compiler: "SQLCompiler", connection: "BaseDatabaseWrapper", **_more: Any
    ) -> tuple[str, Any]:
        """The statement's part."""
        column, params = compiler.compile(self.source_expressions[0])
        assert not params, "a column has no parameters"
        return _typed(column, self.slot, self.property_kind), params


def _typed(column: str, slot: str, kind: PropertyKind) -> str:
    json, text = f"({column} -> '{slot}')", f"({column} ->> '{slot}')"
    return f"({_SQL[kind].replace('{json}', json).replace('{text}', text)})"


def value_of(definition: Definition, path: str = "properties") -> PropertyValue:
    """The expression of a property's value."""
    return PropertyValue(definition.id, definition.kind, path)


def holds(definition: Definition, stored: Any, path: str = "properties") -> Q:
    """Records with exactly this stored value; served by the index over all properties of the table."""
    return Q(**{f"{path}__contains": {definition.slot: stored}})


def index_columns(definition_id: int, kind: PropertyKind | str) -> dict[str, str]:
    """The columns of the two indexes of a property that sorts at any size, by the indexes' names.

    Empty values are last in both directions, so the reverse order needs an index of its own.
    """
    value = _typed("properties", str(int(definition_id)), PropertyKind(kind))
    name = f"property_{int(definition_id)}"
    return {name: f"{value}, id", f"{name}_back": f"{value} DESC NULLS LAST, id DESC"}
