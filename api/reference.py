"""The operations of the API as the page shows them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from api.described import Operation, Schema
from api.schemas import components
from api.scopes import SCOPES


@dataclass(frozen=True)
class Line:
    """A property of a body or answer: its name, its type in words, and whether it has to be there."""

    name: str
    kind: str
    required: bool = False
    text: str = ""


@dataclass(frozen=True)
class ShownOperation:
    """An operation, ready to print."""

    operation: Operation
    scope: Any
    takes: list[Line]
    answers: list[Line]
    example: str

    @property
    def text(self) -> str:
        """What there is to say of it, without the marks of the document."""
        return self.operation.text.replace("`", "")

    @property
    def address(self) -> str:
        """Its address."""
        return f"/api/v1/{self.operation.path}"


def shown(operations: Iterable[Operation]) -> dict[str, list[ShownOperation]]:
    """Operations by what they are about."""
    found: dict[str, list[ShownOperation]] = {}
    for operation in operations:
        answer = next(iter(operation.answers.values()), None)
        found.setdefault(operation.tag, []).append(
            ShownOperation(
                operation, SCOPES[operation.scope].label, lines_of(operation.body), lines_of(answer), example(operation)
            )
        )
    return found


def _resolved(schema: Schema) -> Schema:
    return components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def lines_of(schema: Schema | None) -> list[Line]:
    """The properties of an object, by name; of a page those of its records."""
    if schema is None:
        return []
    known = _resolved(schema)
    if "next_cursor" in known.get("properties", {}):
        known = _resolved(known["properties"]["data"]["items"])
    required = known.get("required", ())
    return [
        Line(name, in_words(each), name in required, str(each.get("description", "")))
        for name, each in known.get("properties", {}).items()
    ]


def in_words(schema: Schema) -> str:
    """The type of a value, such as “text, at most 200 characters”."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(in_words(each) for each in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(str(each) or "“”" for each in schema["enum"])
    kinds = schema.get("type", "any")
    words = " or ".join(kinds) if isinstance(kinds, list) else str(kinds)
    if words == "object" and "properties" in schema:
        words = f"object with {', '.join(schema['properties'])}"
    if "items" in schema:
        words += f" of {in_words(schema['items'])}"
    if "format" in schema:
        words += f" ({schema['format']})"
    return words + (f", at most {schema['maxLength']} characters" if "maxLength" in schema else "")


def example(operation: Operation) -> str:
    """The call with curl."""
    parts = [
        f"curl -X {operation.method} {settings.BASE_URL}/api/v1/{operation.path}",
        '-H "Authorization: Bearer $KEY"',
    ]
    if operation.versioned:
        parts.append("-H 'If-Match: \"…\"'")
    if operation.body is not None and operation.body_type == "application/json":
        body = dict.fromkeys(_resolved(operation.body).get("required", ()), "…")
        parts.append(f"-H 'Content-Type: application/json' -d '{json.dumps(body, ensure_ascii=False)}'")
    return " \\\n  ".join(parts)
