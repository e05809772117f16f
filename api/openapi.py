"""The document of the API (OpenAPI 3.1), made of its operations."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from api.catalogue import OPERATIONS
from api.described import Operation, Schema
from api.problems import CONTENT_TYPE, TITLES
from api.schemas import ID, IDEMPOTENCY_KEY, IF_MATCH, PROBLEM, components
from api.scopes import SCOPES
from sync.enums import SyncObject

VERSION = "1.0"
ABOUT = """What is in the CRM, for other programs: records, invoices and payments, tasks, activities, files, reports.

A program works in somebody's name, with a key that this person has made under *Settings, API keys*: it may do what the
person may do, as far as the key's scopes reach. Amounts and days are text. Lists are paged by a cursor. What changes a
record needs the version that was read (`If-Match`); a write with an `Idempotency-Key` happens once, however often it is
sent within a day. What QuickBooks has to do is answered with 202 and a `Location` that says how far it is. Refusals are
problem details (RFC 9457) that name the place of each mistake.
"""
# Limits and versions, on every answer.
RATE_HEADERS = {
    name: {"schema": {"type": "string"}, "description": text}
    for name, text in {
        "RateLimit-Policy": "How many requests a key may make in how many seconds.",
        "RateLimit": "How many are left, and for how many seconds.",
    }.items()
}


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(f"/api/v1/{operation.path}", {})[operation.method.lower()] = _operation(operation)
    for path, item in paths.items():
        if parameters := list(_of_address(path)):
            item["parameters"] = parameters
    return {
        "openapi": "3.1.0",
        "info": {"title": "CRM Sync", "version": VERSION, "description": ABOUT},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in dict.fromkeys(operation.tag for operation in OPERATIONS)],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of yours."}},
        },
    }


def _of_address(path: str) -> Iterable[dict[str, Any]]:
    schemas: dict[str, Schema] = {
        "id": ID,
        "key": {"type": "string", "format": "uuid"},
        "object": {"type": "string", "enum": list(SyncObject.values)},
    }
    for name in re.findall(r"{(\w+)}", path):
        yield {"name": name, "in": "path", "required": True, "schema": schemas.get(name, {"type": "string"})}


def _operation(operation: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": f"{operation.text}\n\nScope `{operation.scope}`: {SCOPES[operation.scope].label}.".strip(),
        "parameters": [
            {"name": each.name, "in": "query", "schema": each.schema, "description": each.text,
             **({"required": True} if each.required else {}),
             **({"style": "form", "explode": False} if each.schema.get("type") == "array" else {})}
            for each in operation.params
        ] + list(_headers(operation)),
        "responses": {
            **{str(status): _answer(operation, status, schema) for status, schema in operation.answers.items()},
            **({"304": _unchanged()} if operation.method == "GET" and operation.shows_version else {}),
            **{str(status): _refusal(status) for status in sorted(_refusals(operation))},
        },
    }  # fmt: skip
    if operation.body is not None:
        found["requestBody"] = {"required": True, "content": {operation.body_type: {"schema": operation.body}}}
    return found


def _headers(operation: Operation) -> Iterable[dict[str, Any]]:
    if operation.versioned:
        text = "The ETag of the version that you have read, or * to change any."
        yield {
            "name": "If-Match",
            "in": "header",
            "required": True,
            "schema": {"type": "string", "pattern": IF_MATCH},
            "description": text,
        }
    if operation.shows_version and operation.method == "GET":
        text = "An ETag: 304 while it is still that version."
        yield {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}, "description": text}
    if operation.is_write:
        text = "Names this write: sent again within 24 hours it is answered again, and not done again."
        schema = {"type": "string", "pattern": IDEMPOTENCY_KEY}
        yield {"name": "Idempotency-Key", "in": "header", "schema": schema, "description": text}


def _answer(operation: Operation, status: int, schema: Schema | None) -> dict[str, Any]:
    headers: dict[str, Any] = dict(RATE_HEADERS)
    if operation.shows_version and status < 300:
        headers["ETag"] = {"schema": {"type": "string"}, "description": "The version, for If-Match."}
    if status == 201:
        headers["Location"] = {"schema": {"type": "string"}, "description": "Where it can be read."}
    found: dict[str, Any] = {"description": "Done." if operation.is_write else "Found.", "headers": headers}
    return found if schema is None else {**found, "content": {operation.answer_type: {"schema": schema}}}


def _unchanged() -> dict[str, Any]:
    return {"description": "It is still the version of If-None-Match.", "headers": dict(RATE_HEADERS)}


def _refusals(operation: Operation) -> set[int]:
    """The refusals that an operation can answer with."""
    found = {400, 401, 403, 422, 429, *operation.refuses}
    if "{" in operation.path:
        found.add(404)
    if operation.is_write:
        found.add(409)
    if operation.versioned:
        found |= {412, 428}
    if operation.body is not None:
        found |= {413, 415}
    return found


def _refusal(status: int) -> dict[str, Any]:
    return {"description": TITLES[status] + ".", "content": {CONTENT_TYPE: {"schema": PROBLEM}}}
