"""What a client sends: compressed or not, JSON or XML, to one object."""

from __future__ import annotations

import gzip
import re
import zlib
from typing import Any
from xml.etree import ElementTree

from qbo_simulator import amounts, faults
from qbo_simulator.entities.catalogue import words
from qbo_simulator.entities.intake import LISTS, NUMBERS, OBJECTS, TEXTS
from qbo_simulator.wire import Request

#: No body of the API is larger than this, and no compressed one becomes larger.
LARGEST = 64 * 1024 * 1024
_LISTS = LISTS | words("BatchItemRequest AttachableRef BudgetDetail TaxRateDetails TaxRateDetail OtherContactInfo Tag")
_NUMBERS = NUMBERS | words("Hours Minutes BreakHours BreakMinutes HourlyRate CostRate Rate Size TaxOrder")
#: Simple content that is an object with a ``value`` in JSON although its name does not end in Ref.
_VALUES = words("CustomerMemo HomeCurrency DefaultTerms")


def unpacked(request: Request) -> bytes:
    """Return the body without its compression. Raises Refused when it can't be read."""
    encoding = request.headers.get("content-encoding", "identity").lower().strip()
    if encoding in ("identity", "") or not request.body:
        return request.body
    try:
        if encoding in ("gzip", "x-gzip"):
            content = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(request.body, LARGEST + 1)
        elif encoding == "deflate":
            content = _inflate(request.body)
        else:
            raise faults.unsupported_operation("Cannot consume content encoding")
    except zlib.error as error:
        raise faults.invalid_property(f"Unexpected or malformed content: {error}") from error
    if len(content) > LARGEST:
        raise faults.invalid_property("Unexpected or malformed content: too large")
    return content


def _inflate(body: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(body, LARGEST + 1)
    except zlib.error:
        # Many clients leave out the zlib wrapper.
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, LARGEST + 1)


def packed(body: bytes, accepted: str) -> tuple[bytes, str | None]:
    """Return a body in the first compression that the client takes, and its name."""
    offered = [
        part.split(";")[0].strip() for part in accepted.lower().split(",") if not re.search(r";\s*q=0(\.0*)?$", part)
    ]
    if len(body) < 1024:
        return body, None
    if "gzip" in offered:
        return gzip.compress(body, 1, mtime=0), "gzip"
    if "deflate" in offered:
        return zlib.compress(body, 1), "deflate"
    return body, None


def read_object(request: Request, root: str | None = None) -> dict[str, Any]:
    """Return the object in a request, sent as JSON or XML. Raises Refused for anything else."""
    kind = request.headers.get("content-type", "").lower()
    text = unpacked(request)
    if "xml" in kind or (not kind and text.lstrip()[:1] == b"<"):
        return from_xml(text, root)
    if kind and "json" not in kind:
        raise faults.unsupported_operation("Cannot consume content type")
    return from_json(text)


def from_json(text: bytes) -> dict[str, Any]:
    """Return the object in a JSON text. Raises Refused for anything else."""
    try:
        body = amounts.load(text)
        # Half a surrogate pair is valid JSON and no text that could be stored.
        amounts.dump(body).encode()
    except (ValueError, RecursionError) as error:
        raise faults.invalid_property(f"Unexpected or malformed content: {error!r}") from error
    if not isinstance(body, dict):
        raise faults.invalid_property("An object is expected")
    return body


def from_xml(text: bytes, root: str | None = None) -> dict[str, Any]:
    """Return the object in an XML text as its JSON. Raises Refused."""
    if b"<!DOCTYPE" in text[:4096] or b"<!ENTITY" in text[:4096]:
        raise faults.invalid_property("Unexpected or malformed content: a document type is not allowed")
    try:
        top = ElementTree.fromstring(text)  # noqa: S314 (no document type, so no entities)
        found = _value(top)
    except (ElementTree.ParseError, RecursionError, ValueError) as error:
        raise faults.invalid_property(f"Unexpected or malformed content: {error}") from error
    name = _local(top.tag)
    if root is not None and name.lower() != root.lower():
        raise faults.invalid_property(f"{name} where {root} is expected", name)
    if not isinstance(found, dict):
        found = {}
    return found


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _value(element: ElementTree.Element) -> Any:
    name = _local(element.tag)
    attributes = {_local(key): value for key, value in element.attrib.items() if "XMLSchema-instance" not in key}
    if len(element):
        return {**{key: _typed(key, value) for key, value in attributes.items()}, **_members(element)}
    text = element.text or ""
    if name.endswith("Ref") or name in _VALUES:
        return {"value": text.strip(), **attributes}
    if attributes:
        plain = {key: _typed(key, value) for key, value in attributes.items()}
        return {**plain, "value": text} if text.strip() else plain
    return {} if not text and (name.endswith("Detail") or name in OBJECTS) else _typed(name, text)


def _members(element: ElementTree.Element) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for child in element:
        name = _local(child.tag)
        value = _value(child)
        if name in members:
            earlier = members[name]
            members[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        else:
            members[name] = [value] if name in _LISTS else value
    return members


def _typed(name: str, text: str) -> Any:
    if name not in TEXTS and text.strip() in ("true", "false"):
        return text.strip() == "true"
    if name in _NUMBERS and text.strip():
        try:
            return amounts.decimal_of(text)
        except ValueError:
            return text
    return text
