"""A change of an invoice -> the sparse update that carries it. Pure."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.enums import LineKind
from invoices.tax import TaxCodeRates, cents, net_of
from sync.mapping.engine import Mapped, to_quickbooks
from sync.mapping.invoice import note_with_marker
from sync.mapping.reading import Payload, amount, part, parts, text
from sync.mapping.sales_lines import (
    discount_line,
    gross,
    gross_price,
    is_discount,
    is_shipping,
    plain_number,
    price_for,
    shipping_line,
    shipping_of,
)
from sync.merge_lines import Line

_DETAIL = "SalesItemLineDetail"
# Head fields that no mapping carries: they always go both ways.
_HEAD_REFERENCES = {"class_external_id": "ClassRef", "location_external_id": "DepartmentRef"}
_HEAD_ADDRESSES = {"cc": "BillEmailCc", "bcc": "BillEmailBcc"}
_REFERENCES = {
    "item_external_id": "ItemRef",
    "tax_code_external_id": "TaxCodeRef",
    "class_external_id": "ClassRef",
}


def change_payload(
    current: Payload,
    head: Mapping[str, Any],
    lines: Sequence[Line] | None,
    mappings: Iterable[Mapped],
    codes: Mapping[str, TaxCodeRates] | None = None,
) -> tuple[dict[str, Any], dict[int, str]]:
    """The sparse update of ``current`` that writes ``head`` (by CRM field) and ``lines``; problems by mapping id.

    The lines always go in full: a sparse update deletes the lines that it does not name. What a line holds besides
    the fields known here goes along as it is. ``codes`` are needed where prices include tax. Source: Intuit,
    "Sparse update an object".
    """
    values = dict(head)
    if "private_note" in values:
        values["private_note"] = note_with_marker(values["private_note"] or "", text(current, "PrivateNote"))
    payload, problems = to_quickbooks(values, mappings, current=current)
    payload |= _head(values)
    payload |= {
        "Id": text(current, "Id"),
        "SyncToken": text(current, "SyncToken"),
        "sparse": True,
        "CustomerRef": dict(current["CustomerRef"]),
        "Line": _below(current, _lines(current, lines, codes or {}), values, codes or {}),
    }
    return payload, problems


def _head(values: Mapping[str, Any]) -> dict[str, Any]:
    """The head fields that no mapping carries; an empty one is emptied in QuickBooks."""
    found: dict[str, Any] = {}
    for name, theirs in _HEAD_REFERENCES.items():
        if name in values:
            found[theirs] = {"value": values[name]} if values[name] else None
    for name, theirs in _HEAD_ADDRESSES.items():
        if name in values:
            found[theirs] = {"Address": values[name]} if values[name] else None
    if "deposit" in values:
        found["Deposit"] = plain_number(Decimal(values["deposit"] or 0))
    if "tax_after_discount" in values:
        found["ApplyTaxAfterDiscount"] = bool(values["tax_after_discount"])
    return found


def _below(
    current: Payload, lines: list[dict[str, Any]], values: Mapping[str, Any], codes: Mapping[str, TaxCodeRates]
) -> list[dict[str, Any]]:
    """The lines with discount and shipping below them, as they are or as ``values`` want them."""
    stored = parts(current, "Line")
    discount = next((line for line in stored if is_discount(line)), None)
    shipping = next((line for line in stored if is_shipping(line)), None)
    rest = [line for line in lines if not is_discount(line) and not is_shipping(line)]
    if "discount" in values:
        percent, total = read_discount(values["discount"])
        if percent is not None:
            # QuickBooks reckons it itself; what is sent beside the percentage should not contradict it.
            total = cents(sum((_net(line) for line in rest), Decimal(0)) * percent / 100)
        discount = discount_line(percent, total, raw=discount) if percent or total else None
    if "shipping_total" in values or "shipping_tax_code_external_id" in values:
        total, code = shipping_of(stored)
        total = Decimal(values.get("shipping_total", total) or 0)
        code = values.get("shipping_tax_code_external_id", code) or ""
        inclusive = text(current, "GlobalTaxCalculation") == "TaxInclusive"
        shipping = shipping_line(total, code, inclusive=inclusive, codes=codes, raw=shipping) if total else None
    return [*rest, *(copy.deepcopy(dict(line)) for line in (discount, shipping) if line is not None)]


def _net(line: Payload) -> Decimal:
    members = parts(part(line, "GroupLineDetail"), "Line")
    return sum((_net(member) for member in members), Decimal(0)) if members else amount(line, "Amount") or Decimal(0)


def read_discount(words: str) -> tuple[Decimal | None, Decimal]:
    """Percentage and amount of a discount in the notation of ``invoices.editing``."""
    if words.endswith("%"):
        return Decimal(words[:-1]), Decimal(0)
    return None, Decimal(words or 0)


def new_lines(lines: Sequence[Line] | None) -> list[list[int]]:
    """Row and position among the sent lines of each line that QuickBooks does not have yet."""
    sent = [line for line in lines or [] if line["kind"] != LineKind.MEMBER]
    return [[line["pk"], position] for position, line in enumerate(sent) if not line["id"] and "pk" in line]


def _lines(current: Payload, lines: Sequence[Line] | None, codes: Mapping[str, TaxCodeRates]) -> list[dict[str, Any]]:
    raw = [copy.deepcopy(dict(line)) for line in parts(current, "Line")]
    raw = [line for line in raw if text(line, "DetailType") != "SubTotalLineDetail"]
    if lines is None:
        return raw
    by_id = {text(line, "Id"): line for line in raw}
    # A discount on the whole has no line id in some answers; it is kept where it was, at the end.
    nameless = [line for line in raw if not text(line, "Id")]
    wanted = [line for line in lines if line["kind"] != LineKind.MEMBER]
    inclusive = text(current, "GlobalTaxCalculation") == "TaxInclusive"
    written = [
        _line(line, by_id.get(line["id"]) if line["id"] else None, codes if inclusive else None)
        for line in wanted
        if not _kept(line, nameless)
    ]
    return [*written, *nameless]


def _kept(line: Line, nameless: Sequence[Mapping[str, Any]]) -> bool:
    return line["kind"] == LineKind.DISCOUNT and not line["id"] and bool(nameless)


def _line(line: Line, raw: dict[str, Any] | None, codes: Mapping[str, TaxCodeRates] | None) -> dict[str, Any]:
    """A line as it shall be; ``codes`` are given where prices include tax."""
    if raw is not None and line["kind"] != LineKind.ITEM:
        return raw
    same = raw is not None and _same_figures(line, raw, inclusive=codes is not None)
    payload = raw or {"DetailType": _DETAIL, _DETAIL: {}}
    detail = payload.setdefault(_DETAIL, {})
    for name, theirs in _REFERENCES.items():
        if line.get(name) and text(detail.get(theirs) or {}, "value") != line[name]:
            detail[theirs] = {"value": line[name]}
        elif not line.get(name):
            detail.pop(theirs, None)
    _put(detail, "ServiceDate", line["service_on"])
    _put(payload, "Description", line["description"])
    if not same:
        _figures(line, payload, codes)
    return payload


def _same_figures(line: Line, raw: Payload, *, inclusive: bool) -> bool:
    """Whether quantity, price, amount and tax code are those that QuickBooks has."""
    detail = part(raw, _DETAIL)
    price = gross_price(raw) if inclusive else amount(detail, "UnitPrice")
    theirs = (amount(detail, "Qty"), price, gross(raw) if inclusive else amount(raw, "Amount") or Decimal(0))
    ours = (_decimal(line["quantity"]), _decimal(line["unit_price"]), _decimal(line["amount"]) or Decimal(0))
    code = text(detail, "TaxCodeRef", "value")
    return ours == theirs and (not inclusive or (line["tax_code_external_id"] or "") == code)


def _figures(line: Line, payload: dict[str, Any], codes: Mapping[str, TaxCodeRates] | None) -> None:
    """Write quantity, price and amount; with tax in prices before tax, and what they are with it beside."""
    detail = payload[_DETAIL]
    quantity, price = _decimal(line["quantity"]), _decimal(line["unit_price"])
    wanted = _decimal(line["amount"]) or Decimal(0)
    detail.pop("TaxInclusiveAmt", None)
    if codes is not None:
        detail["TaxInclusiveAmt"] = plain_number(wanted)
        code = codes.get(line["tax_code_external_id"] or "")
        wanted = net_of(wanted, code) if code is not None and code.known else wanted
    if quantity and price is not None:
        price = price_for(quantity, price, wanted)
    _put(detail, "Qty", quantity)
    _put(detail, "UnitPrice", price)
    payload["Amount"] = wanted


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _put(target: dict[str, Any], name: str, value: Any) -> None:
    if value is None:
        target.pop(name, None)
    else:
        target[name] = value
