"""Lines of QuickBooks' sales forms <-> ours: items with their discount, discount of the whole, shipping. Pure.

A line's own discount has no field of its own in what QuickBooks stores: DiscountRate and DiscountAmt of
SalesItemLineDetail are read where they are there, but an amount that is not quantity times price is refused. So a
discounted line is sent with its price after the discount, and its description says what was taken off. A discount on
the whole is one DiscountLineDetail, with a positive amount before tax. Shipping is a line whose item is
SHIPPING_ITEM_ID; it stands below the subtotal, and no discount lowers it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.line_discounts import taken_off, with_words
from invoices.models import InvoiceLine
from invoices.tax import TaxCodeRates, cents, net_of
from invoices.totals import line_amount
from sync.mapping.reading import Payload, amount, part, text

SALES_ITEM = "SalesItemLineDetail"
DISCOUNT = "DiscountLineDetail"
SHIPPING = "SHIPPING_ITEM_ID"
ZERO = Decimal(0)
PRICE_STEP = Decimal("0.0000001")  # QuickBooks keeps seven decimals of a price


def is_shipping(raw: Payload) -> bool:
    """Whether a line is what is asked for shipping."""
    return text(raw, "DetailType") == SALES_ITEM and text(part(raw, SALES_ITEM), "ItemRef", "value") == SHIPPING


def is_discount(raw: Payload) -> bool:
    """Whether a line is the discount of the whole document."""
    return text(raw, "DetailType") == DISCOUNT


def gross(raw: Payload) -> Decimal:
    """A line's amount as people read it: with tax where the price includes it."""
    included = amount(part(raw, SALES_ITEM), "TaxInclusiveAmt")
    return included if included is not None else amount(raw, "Amount") or ZERO


def gross_price(raw: Payload) -> Decimal | None:
    """A line's price as people read it."""
    detail = part(raw, SALES_ITEM)
    price, quantity = amount(detail, "UnitPrice"), amount(detail, "Qty")
    included = amount(detail, "TaxInclusiveAmt")
    if included is None or price is None or not quantity or included == amount(raw, "Amount"):
        return price
    return short(included / quantity)


def short(price: Decimal) -> Decimal:
    """A price with the decimals that QuickBooks keeps."""
    shortened: Decimal = plain_number(price.quantize(PRICE_STEP))
    return shortened


def item_line(
    line: InvoiceLine,
    item: Any,
    *,
    currency: str,
    in_us: bool,
    inclusive: bool,
    codes: Mapping[str, TaxCodeRates],
) -> dict[str, Any]:
    """A new SalesItemLineDetail line. ``item`` is an id or a placeholder for one.

    The price is sent as it was typed where quantity times price is the amount; else (a discount, a currency without
    decimals) what makes it so. With tax in prices, QuickBooks wants the amount before tax, and the one with tax beside.
    """
    detail: dict[str, Any] = {"ItemRef": {"value": item}, "Qty": line.quantity, "UnitPrice": line.unit_price}
    sent = line.amount
    code = codes.get(line.tax_code_external_id) if inclusive else None
    if inclusive:
        detail["TaxInclusiveAmt"] = line.amount
        sent = net_of(line.amount, code) if code is not None and code.known else line.amount
    if line.quantity and line.unit_price is not None and _follows(line, sent, currency):
        detail["UnitPrice"] = price_for(line.quantity, line.unit_price, sent)
    if line.service_on:
        detail["ServiceDate"] = line.service_on.isoformat()
    if line.tax_code_external_id and not in_us:
        detail["TaxCodeRef"] = {"value": line.tax_code_external_id}
    if line.class_external_id:
        detail["ClassRef"] = {"value": line.class_external_id}
    payload: dict[str, Any] = {
        "Amount": plain_number(sent),
        "DetailType": SALES_ITEM,
        SALES_ITEM: {name: plain_number(value) for name, value in detail.items()},
    }
    if words := description_of(line, currency):
        payload["Description"] = words
    return payload


def text_line(line: InvoiceLine) -> dict[str, Any]:
    """A new line that only prints its description (Intuit, "Invoice": DescriptionOnly line)."""
    return {"Description": line.description, "DetailType": "DescriptionOnly", "DescriptionLineDetail": {}}


def _follows(line: InvoiceLine, sent: Decimal, currency: str) -> bool:
    """Whether the price may be sent as what leads to the amount: it did so before discount, rounding and tax."""
    if line.quantity is None or line.unit_price is None:
        return False
    before: Decimal = line.amount + (line.discount_amount or ZERO)
    return bool(sent != line.amount) or line_amount(line.quantity, line.unit_price, currency) == before


def price_for(quantity: Decimal, price: Decimal, wanted: Decimal) -> Decimal:
    """``price`` where it leads to the ``wanted`` amount, else the price that does."""
    if abs(quantity * price - wanted) <= Decimal("0.005"):
        return price
    return short(wanted / quantity)


def description_of(line: InvoiceLine, currency: str) -> str:
    """What is printed on a line: its description, and what was taken off its price."""
    if not line.discount_amount or not line.quantity or line.unit_price is None:
        return line.description
    words = taken_off(line.amount + line.discount_amount, line.discount_percent, line.discount_amount, currency)
    return with_words(line.description, words)


def discount_line(percent: Decimal | None, total: Decimal, *, raw: Payload | None = None) -> dict[str, Any]:
    """The discount of the whole; ``total`` is before tax. ``raw`` is the line that QuickBooks has."""
    detail = {name: value for name, value in part(raw or {}, DISCOUNT).items() if name != "DiscountPercent"}
    detail["PercentBased"] = percent is not None
    if percent is not None:
        detail["DiscountPercent"] = plain_number(percent)
    kept = {name: value for name, value in (raw or {}).items() if name != "Amount"}
    return {**kept, "Amount": plain_number(total), "DetailType": DISCOUNT, DISCOUNT: detail}


def shipping_line(
    total: Decimal,
    tax_code: str,
    *,
    inclusive: bool = False,
    codes: Mapping[str, TaxCodeRates] | None = None,
    raw: Payload | None = None,
) -> dict[str, Any]:
    """What is asked for shipping, before tax. ``raw`` is the line that QuickBooks has."""
    dropped = ("TaxInclusiveAmt", "Qty", "UnitPrice", "TaxCodeRef")
    detail = {name: value for name, value in part(raw or {}, SALES_ITEM).items() if name not in dropped}
    detail["ItemRef"] = {"value": SHIPPING}
    if tax_code:
        detail["TaxCodeRef"] = {"value": tax_code}
    code = (codes or {}).get(tax_code)
    if inclusive and code is not None and code.known:
        detail["TaxInclusiveAmt"] = plain_number(cents(total * (1 + code.factor())))
    kept = {name: value for name, value in (raw or {}).items() if name != "Amount"}
    return {**kept, "Amount": plain_number(total), "DetailType": SALES_ITEM, SALES_ITEM: detail}


def shipping_of(lines: Sequence[Payload]) -> tuple[Decimal, str]:
    """What is asked for shipping, before tax, and its tax code."""
    found = next((raw for raw in lines if is_shipping(raw)), None)
    if found is None:
        return ZERO, ""
    return amount(found, "Amount") or ZERO, text(part(found, SALES_ITEM), "TaxCodeRef", "value")


def discount_of(lines: Sequence[Payload]) -> tuple[Decimal | None, Decimal]:
    """The percentage of the discount of the whole, if it has one, and what it comes to, before tax."""
    found = next((raw for raw in lines if is_discount(raw)), None)
    if found is None:
        return None, ZERO
    detail = part(found, DISCOUNT)
    percent = amount(detail, "DiscountPercent") if detail.get("PercentBased") is True else None
    return percent, amount(found, "Amount") or ZERO


def plain_number(value: Any) -> Any:
    """A Decimal without the zeros that the database column adds."""
    if not isinstance(value, Decimal):
        return value
    stripped = value.normalize()
    return stripped.quantize(Decimal(1)) if stripped == stripped.to_integral_value() else stripped
