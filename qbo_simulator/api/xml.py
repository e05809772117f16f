"""Answers for clients that do not ask for JSON: the same body as XML."""

from __future__ import annotations

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_SPACE = 'xmlns="http://schema.intuit.com/finance/v3"'


def wants_xml(accept: str) -> bool:
    """Whether a client that sends this Accept header gets XML."""
    return "json" not in accept.lower()


def as_xml(body: str | bytes) -> bytes:
    """Return a JSON body of the API as XML."""
    content = json.loads(body)
    time = content.pop("time", None)
    stamp = f" time={quoteattr(str(time))}" if time is not None else ""
    return f"{_HEAD}<IntuitResponse {_SPACE}{stamp}>{_children(content)}</IntuitResponse>".encode()


def throttled(time: str, status: int = 429) -> bytes:
    """Return the body with which the gateway refuses a call over the limits: XML whatever was asked for."""
    return (
        f'{_HEAD}<IntuitResponse {_SPACE} time="{time}"><Fault type="SERVICE"><Error code="3001">'
        f"<Message>message=ThrottleExceeded; errorCode=003001; statusCode={status}</Message>"
        "<Detail>The request limit was reached.  Try again later</Detail></Error></Fault></IntuitResponse>"
    ).encode()


def _children(content: dict[str, Any]) -> str:
    parts = []
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            parts.append(_element(name, item))
    return "".join(parts)


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f"<{name}>{str(value).lower()}</{name}>"
    if not isinstance(value, dict):
        return f"<{name}>{escape(str(value))}</{name}>"
    attributes = {}
    inner = dict(value)
    for key in ("domain", "sparse", "status", "startPosition", "maxResults", "totalCount", "type", "code", "element"):
        if key in inner and not isinstance(inner[key], (dict, list)):
            item = inner.pop(key)
            attributes[key] = str(item).lower() if isinstance(item, bool) else str(item)
    text = ""
    if name.endswith("Ref") and "value" in inner:
        text = escape(str(inner.pop("value")))
        attributes |= {key: str(item) for key, item in inner.items()}
        inner = {}
    written = "".join(f" {key}={quoteattr(item)}" for key, item in attributes.items())
    return f"<{name}{written}>{text}{_children(inner)}</{name}>"
