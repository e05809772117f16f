"""Answers for clients that do not ask for JSON: the same body as XML, in the shapes of the v3 schema."""

from __future__ import annotations

import json
import re
from typing import Any
from xml.sax.saxutils import escape, quoteattr

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_SPACE = 'xmlns="http://schema.intuit.com/finance/v3"'
#: Plain values that the schema has as attributes of the element that holds them.
_ATTRIBUTES = frozenset(
    "domain sparse status startPosition maxResults totalCount type code element bId group".split()  # noqa: SIM905
)
_FIRST = ("Id", "SyncToken", "MetaData")
#: Written with two decimals unless zero, as recorded.
_MONEY = frozenset(
    "Amount TotalAmt Balance BalanceWithJobs UnappliedAmt TotalTax NetAmountTaxable Deposit HomeTotalAmt "  # noqa: SIM905
    "HomeBalance RemainingCredit CurrentBalance CurrentBalanceWithSubAccounts TaxInclusiveAmt".split()
)
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def wants_xml(accept: str, content_type: str = "") -> bool:
    """Whether a client gets XML: it asks for it, or it neither asks for JSON nor sends it."""
    best: tuple[float, str] | None = None
    for part in accept.lower().split(","):
        kind, *parameters = (piece.strip() for piece in part.split(";"))
        if not kind.endswith(("json", "xml")):
            continue
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if best is None or quality > best[0]:
            best = (quality, kind)
    if best is not None:
        return best[1].endswith("xml")
    return "json" not in content_type.lower()


def as_xml(body: str | bytes) -> bytes:
    """Return a JSON body of the API as XML."""
    content = json.loads(body)
    if "Columns" in content and "Header" in content:
        return f"{_HEAD}<Report {_SPACE}>{_children(content)}</Report>".encode()
    time = content.pop("time", None)
    stamp = f" time={quoteattr(str(time))}" if time is not None else ""
    return f"{_HEAD}<IntuitResponse {_SPACE}{stamp}>{_children(content)}</IntuitResponse>".encode()


def gateway_fault(time: str, kind: str, error: dict[str, Any]) -> bytes:
    """Return a refusal of the gateway as XML."""
    detail = f"<Detail>{_text(error['detail'])}</Detail>" if error.get("detail") else ""
    return (
        f'{_HEAD}<IntuitResponse {_SPACE} time="{time}"><Fault type="{kind}"><Error code="{error["code"]}">'
        f"<Message>{_text(error['message'])}</Message>{detail}</Error></Fault></IntuitResponse>"
    ).encode()


def throttled(time: str, status: int = 429) -> bytes:
    """Return the body with which the gateway refuses a call over the limits: XML whatever was asked for."""
    error = {
        "code": "3001",
        "message": f"message=ThrottleExceeded; errorCode=003001; statusCode={status}",
        "detail": "The request limit was reached.  Try again later",
    }
    return gateway_fault(time, "SERVICE", error)


def _text(value: Any) -> str:
    return escape(_NOT_XML.sub("", str(value)))


def _children(content: dict[str, Any]) -> str:
    names = content
    if "domain" in content:
        # The schema begins with the identity, JSON has it wherever it is.
        names = {name: content[name] for name in _FIRST if name in content} | content
    parts = []
    for name, value in names.items():
        if isinstance(value, list):
            parts += [_element(name, item) for item in value]
        else:
            parts.append(_element(name, value))
    return "".join(parts)


def _scalar(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if name in _MONEY and isinstance(value, (int, float)) and value and round(value, 2) == value:
        return f"{value:.2f}"
    return _text(value)


def _element(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name == "any" and isinstance(value, dict):
        # An element of another type inside LineEx: JSON wraps it, XML has it as it is.
        return _element(str(value.get("name", "any")).rpartition("}")[2], value.get("value"))
    if not isinstance(value, dict):
        text = _scalar(name, value)
        return f"<{name}>{text}</{name}>" if text else f"<{name}/>"
    attributes: dict[str, Any] = {}
    inner: dict[str, Any] = {}
    text = ""
    if name == "ColData" or ("value" in value and not isinstance(value["value"], (dict, list))):
        attributes = {key: item for key, item in value.items() if not isinstance(item, (dict, list))}
        text = "" if name == "ColData" else _text(attributes.pop("value"))
    else:
        for key, item in value.items():
            (attributes if key in _ATTRIBUTES and not isinstance(item, (dict, list)) else inner)[key] = item
    order = {"domain": 0, "sparse": 1}
    written = "".join(
        f" {key}={quoteattr(_NOT_XML.sub('', str(item).lower() if isinstance(item, bool) else str(item)))}"
        for key, item in sorted(attributes.items(), key=lambda pair: order.get(pair[0], 2))
        if item is not None and not (key == "element" and item == "")
    )
    content = text + _children({"domain": None, **inner} if "domain" in attributes else inner)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"
