"""JSON Schema: the pieces that operations share, and the check of what is sent against exactly what is published."""

import json
from functools import cache
from typing import Any

import jsonschema_rs

from api.described import Schema
from api.problems import Mistake, Problem, against_schema, pointer, unfit_at

LARGEST_ID = 2**53 - 1
MOST_MISTAKES = 50

ID: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
MOMENT: Schema = {"type": "string", "format": "date-time"}
DAY: Schema = {"type": "string", "format": "date"}
AMOUNT: Schema = {
    "type": "string",
    "pattern": r"^-?[0-9]{1,14}(\.[0-9]{1,10})?$",
    "description": "A decimal number as text, so that nothing is rounded on the way.",
}
ETAG = r'(W/)?"[!#-~]*"'
IF_MATCH = rf"^(\*|{ETAG}( *, *{ETAG})*)$"
IDEMPOTENCY_KEY = "^[!-~]{1,255}$"
# Named schemas, as the published document lists them.
components: dict[str, Schema] = {}


def text(longest: int, **more: Any) -> Schema:
    """A text of at most so many characters."""
    return {"type": "string", "maxLength": longest, **more}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    if "$ref" in schema or "enum" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": [*kinds, "null"]}


def array(of: Schema, **more: Any) -> Schema:
    """A list."""
    return {"type": "array", "items": of, **more}


def record(properties: dict[str, Schema], *required: str, **more: Any) -> Schema:
    """An object of these properties and no others."""
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **needed, **more}


def named(name: str, schema: Schema) -> Schema:
    """Publish ``schema`` under a name; gives the reference to it."""
    components[name] = schema
    return {"$ref": f"#/components/schemas/{name}"}


@cache
def _validator(printed: str) -> Any:
    schema = {**json.loads(printed), "components": {"schemas": components}}
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def mistakes_in(value: Any, schema: Schema) -> list[Mistake]:
    """What is wrong with ``value``, each with its place."""
    found = []
    for error in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value):
        found.append(Mistake(_said(error), pointer(*error.instance_path)))
        if len(found) == MOST_MISTAKES:
            break
    return found


def _said(error: Any) -> str:
    """The message without the value, which may be long."""
    message = str(error.message)
    return message if len(message) < 300 else f"{message[:140]} … {message[-140:]}"


def check(value: Any, schema: Schema) -> None:
    """Raises Problem with everything that is wrong with a body."""
    if found := mistakes_in(value, schema):
        raise against_schema(*found)


def _number(text_: str) -> int | float:
    number = float(text_)
    return int(number) if number.is_integer() else number


def _constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def read_json(raw: bytes) -> Any:
    """A body as values. Raises Problem for what is no JSON, or holds characters that can't be kept."""
    try:
        value = json.loads(raw.decode("utf-8"), parse_float=_number, parse_constant=_constant)
    except (ValueError, OverflowError, RecursionError) as error:
        raise Problem(400, f"The body is not JSON: {str(error)[:200]}.", "not-json") from error
    _storable(value)
    return value


def _storable(value: Any, *place: Any) -> None:
    """Raises Problem for text that PostgreSQL can't hold: the character NUL, and halves of surrogate pairs."""
    if isinstance(value, str):
        if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise unfit_at(pointer(*place), "This holds characters that are no text.")
    elif isinstance(value, dict):
        for name, each in value.items():
            _storable(name, *place)
            _storable(each, *place, name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            _storable(each, *place, number)


PROBLEM = named(
    "Problem",
    record(
        {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": array(
                record(
                    {
                        "detail": {"type": "string"},
                        "pointer": {"type": "string", "description": "JSON pointer into the body."},
                        "parameter": {"type": "string"},
                    },
                    "detail",
                )
            ),
        },
        "type",
        "title",
        "status",
        "detail",
        description="Why something was refused (RFC 9457).",
    ),
)
