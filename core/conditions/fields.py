"""What a condition may name: properties (``Field``) and associations (``Relation``) of an object.

How a property reaches the two interpreters:

* in SQL, through ``path``, an ORM path such as ``stage__pipeline_id``, or through ``expression``, a function of an ORM
  prefix (empty, or ``company__`` when it is asked for through an association) that returns an expression;
* in memory, through ``read``, a function of the record's values (a mapping by the names of fields and relations); by
  default the value under the field's own name. ``loads`` are the columns that ``values_for`` has to put into the
  mapping for ``read``, each under its own name; by default ``path`` under the field's name.

What both have to give, by kind; None or NULL is *empty*, and so is what does not fit the kind:

=============  ==================================  =========================================================
kind           SQL                                 memory
=============  ==================================  =========================================================
text           text; '' is empty too               str; '' is empty too
number, money  any number                          Decimal, int, or a text such as "12.50"
date           date                                datetime.date or ISO text
datetime       timestamp with time zone            aware datetime or ISO text with offset
choice         text, compared exactly; '' empty    str
multi_choice   jsonb array of text; [] is empty    list of str
checkbox       boolean                             bool, or "true"/"false"
user, record   bigint                              int or text of digits
=============  ==================================  =========================================================

A custom property over a JSONB column is ``Field("property:12", label, "number", expression=lambda prefix: ...,
read=lambda values: (values.get("properties") or {}).get("12"), loads=("properties",))``; its expression casts and must
give NULL, not an error, for an odd stored value.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Case, F, Func, Q, QuerySet, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

KINDS = ("text", "number", "money", "date", "datetime", "choice", "multi_choice", "checkbox", "user", "record")

Choices = Iterable[tuple[str, "StrOrPromise"]]


@dataclass(frozen=True)
class Field:
    """A property that conditions may name. Its kind is one of KINDS; the module's docstring says what each gives."""

    name: str
    label: "StrOrPromise"
    kind: str
    path: str = ""
    choices: "tuple[tuple[str, StrOrPromise], ...]" = ()
    # Choices that only the database knows (stages, QuickBooks companies): a function of the user, asked by the editor.
    options: Callable[[Any], Choices] | None = None
    # The same for fields of many object types, by object type: the editor asks all of them at once.
    options_by_object: "Callable[[Any], Mapping[str, Choices]] | None" = None
    # The object type that a ``record`` points to.
    target: str = ""
    group: "StrOrPromise" = ""
    expression: Callable[[str], Any] | None = None
    read: Callable[[Mapping[str, Any]], Any] | None = None
    loads: tuple[str, ...] = ()
    permission: str = ""
    # A field whose choices are named conditions (segments): what each choice stands for, by its key. A choice that
    # is missing there is refused. Such a field has kind ``multi_choice`` and is never read itself.
    stands_for: "Callable[[tuple[str, ...]], Mapping[str, StandIn]] | None" = None

    def sql(self, prefix: str = "") -> Any:
        """The expression for this property of the record that ``prefix`` leads to."""
        return self.expression(prefix) if self.expression is not None else F(prefix + self.path)

    def value_in(self, values: Mapping[str, Any]) -> Any:
        """The raw value of this property among a record's values."""
        return self.read(values) if self.read is not None else values.get(self.name)

    def columns(self) -> dict[str, str]:
        """What ``values_for`` loads for this property: ORM paths by their key in the values."""
        if self.loads:
            return {column: column for column in self.loads}
        return {} if self.computed else {self.name: self.path}

    @property
    def computed(self) -> bool:
        """Whether only the database can tell it: ``values_for`` asks for its expression."""
        return self.expression is not None and not self.path and not self.loads


@dataclass(frozen=True)
class StandIn:
    """What a choice stands for: a condition about the same record, or a yes or no of it (a checkbox)."""

    label: str
    condition: "Mapping[str, Any] | None" = None
    field: Field | None = None


@dataclass(frozen=True)
class Relation:
    """An association: ``path`` leads to one record (``company``) or, with ``many``, to several (``deals``).

    ``target`` is the object type at its other end. ``back`` is the ORM path from there to here; it is found by itself
    where ``path`` is one field.
    """

    name: str
    label: "StrOrPromise"
    target: str
    path: str
    many: bool = False
    back: str = ""


@dataclass(frozen=True)
class ConditionObject:
    """An object whose records conditions are about.

    ``visible_to(user)`` are the records that a user may see; ``permission`` is what one needs to see any. Only records
    that fit ``counted`` (not archived, not removed) are found through associations and counted by the editor.
    ``choices_url`` names the address that a picker of such records asks.
    """

    name: str
    label: "StrOrPromise"
    model: Any
    visible_to: Callable[[Any], "QuerySet[Any]"]
    permission: str = ""
    counted: Q = field(default_factory=Q)
    choices_url: str = ""


Fields = Mapping[str, Field]


def fields(*listed: Field) -> dict[str, Field]:
    """The listed fields by name."""
    return {field.name: field for field in listed}


def json_text(column: str, key: str) -> Callable[[str], Any]:
    """For ``Field.expression``: the text under ``key`` of a JSON column; NULL where there is no text."""

    def expression(prefix: str) -> Any:
        kind = Func(KeyTransform(key, prefix + column), function="jsonb_typeof", output_field=TextField())
        text = KeyTextTransform(key, prefix + column)
        return Case(When(Exact(kind, Value("string")), then=text), output_field=TextField())

    return expression


def json_text_field(name: str, label: "StrOrPromise", column: str, key: str, **more: Any) -> Field:
    """A text property that is kept under ``key`` of a JSON column, such as the town of an address."""

    def read(values: Mapping[str, Any]) -> str | None:
        held = values.get(column)
        found = held.get(key) if isinstance(held, Mapping) else None
        return found if isinstance(found, str) else None

    return Field(name, label, "text", expression=json_text(column, key), read=read, loads=(column,), **more)
