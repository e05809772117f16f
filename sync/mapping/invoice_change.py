"""A change of an invoice -> the sparse update that carries it. Pure."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.enums import LineKind
from sync.mapping.engine import Mapped, to_quickbooks
from sync.mapping.invoice import note_with_marker
from sync.mapping.reading import Payload, parts, text
from sync.merge_lines import Line

_DETAIL = "SalesItemLineDetail"
_NUMBERS = {"quantity": "Qty", "unit_price": "UnitPrice"}
_REFERENCES = {"item_external_id": "ItemRef", "tax_code_external_id": "TaxCodeRef"}


def change_payload(
    current: Payload, head: Mapping[str, Any], lines: Sequence[Line] | None, mappings: Iterable[Mapped]
) -> tuple[dict[str, Any], dict[int, str]]:
    """The sparse update of ``current`` that writes ``head`` (by CRM field) and ``lines``; problems by mapping id.

    The lines always go in full: a sparse update deletes the lines that it does not name. What a line holds besides
    the fields known here goes along as it is. Source: Intuit, "Sparse update an object".
    """
    values = dict(head)
    if "private_note" in values:
        values["private_note"] = note_with_marker(values["private_note"] or "", text(current, "PrivateNote"))
    payload, problems = to_quickbooks(values, mappings, current=current)
    payload |= {
        "Id": text(current, "Id"),
        "SyncToken": text(current, "SyncToken"),
        "sparse": True,
        "CustomerRef": dict(current["CustomerRef"]),
        "Line": _lines(current, lines),
    }
    return payload, problems


def new_lines(lines: Sequence[Line] | None) -> list[list[int]]:
    """Row and position among the sent lines of each line that QuickBooks does not have yet."""
    sent = [line for line in lines or [] if line["kind"] != LineKind.MEMBER]
    return [[line["pk"], position] for position, line in enumerate(sent) if not line["id"] and "pk" in line]


def _lines(current: Payload, lines: Sequence[Line] | None) -> list[dict[str, Any]]:
    raw = [copy.deepcopy(dict(line)) for line in parts(current, "Line")]
    raw = [line for line in raw if text(line, "DetailType") != "SubTotalLineDetail"]
    if lines is None:
        return raw
    by_id = {text(line, "Id"): line for line in raw}
    # A discount on the whole has no line id in some answers; it is kept where it was, at the end.
    nameless = [line for line in raw if not text(line, "Id")]
    wanted = [line for line in lines if line["kind"] != LineKind.MEMBER]
    written = [
        _line(line, by_id.get(line["id"]) if line["id"] else None) for line in wanted if not _kept(line, nameless)
    ]
    return [*written, *nameless]


def _kept(line: Line, nameless: Sequence[Mapping[str, Any]]) -> bool:
    return line["kind"] == LineKind.DISCOUNT and not line["id"] and bool(nameless)


def _line(line: Line, raw: dict[str, Any] | None) -> dict[str, Any]:
    if raw is not None and line["kind"] != LineKind.ITEM:
        return raw
    payload = raw or {"DetailType": _DETAIL, _DETAIL: {}}
    detail = payload.setdefault(_DETAIL, {})
    for name, theirs in _REFERENCES.items():
        if line[name] and text(detail.get(theirs) or {}, "value") != line[name]:
            detail[theirs] = {"value": line[name]}
        elif not line[name]:
            detail.pop(theirs, None)
    for name, theirs in _NUMBERS.items():
        _put(detail, theirs, None if line[name] is None else Decimal(line[name]))
    _put(detail, "ServiceDate", line["service_on"])
    _put(payload, "Description", line["description"])
    amount = Decimal(line["amount"] or 0)
    if payload.get("Amount") != amount:
        payload["Amount"] = amount
        detail.pop("TaxInclusiveAmt", None)
    return payload


def _put(target: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        target.pop(name, None)
    else:
        target[name] = value
