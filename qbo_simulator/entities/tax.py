"""Tax of a sales form: one code for the whole form in the US, a code on each line elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.amounts import ZERO, cents, decimal_of

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Line = dict[str, Any]
_NEED_CODE = ("SalesItemLineDetail", "AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")


@dataclass
class Taxed:
    """The outcome: the form's TxnTaxDetail and its total tax."""

    detail: dict[str, Any] = field(default_factory=lambda: {"TotalTax": ZERO})
    total: Decimal = ZERO


def check_code(books: Books, code: str) -> dict[str, Any]:
    """Return a tax code that can be used. Raises Refused when there is none, or it is inactive."""
    body = books.shelf.get("TaxCode", code)
    if body is None:
        raise faults.invalid_reference("TaxCode", code)
    if body.get("Active") is False:
        raise faults.object_not_found()
    return body


def rates_of(books: Books, code: str, *, purchase: bool = False) -> list[tuple[str, Decimal]]:
    """Return the Ids and percentages of a tax code's rates. Raises Refused when there is no such code."""
    body = books.shelf.get("TaxCode", code)
    if body is None:
        raise faults.invalid_reference("TaxCode", code)
    rates = []
    for entry in (body.get("PurchaseTaxRateList" if purchase else "SalesTaxRateList") or {}).get("TaxRateDetail") or ():
        identifier = entry["TaxRateRef"]["value"]
        rate = books.shelf.get("TaxRate", identifier) or {}
        rates.append((identifier, decimal_of(rate.get("RateValue"))))
    return rates


def _tax_line(rate: str, percent: Decimal, net: Decimal, amount: Decimal) -> Line:
    return {
        "Amount": amount,
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": {
            "TaxRateRef": {"value": rate},
            "PercentBased": True,
            "TaxPercent": percent,
            "NetAmountTaxable": net,
        },
    }


def tax_in_us(
    books: Books,
    lines: list[Line],
    *,
    asked: str | None,
    customer: dict[str, Any] | None,
    subtotal: Decimal,
    discount: Decimal,
    after_discount: bool,
    given: dict[str, Any] | None = None,
) -> Taxed:
    """Tax the lines marked TAX with one code: the one asked for, else the customer's, else the company's."""
    company = books.company
    if not company.uses_sales_tax:
        return Taxed()
    taxable = sum(
        (cents(line.get("Amount")) for line in lines if _detail(line).get("TaxCodeRef", {}).get("value") == "TAX"), ZERO
    )
    code = asked
    if code is None and taxable and customer is not None and customer.get("Taxable") is not False:
        code = (customer.get("DefaultTaxCodeRef") or {}).get("value") or company.default_tax_code
    if given is not None and "TxnTaxCodeRef" not in given and not given["TaxLine"]:
        return Taxed() if not given["TotalTax"] else _taken_over(books, given, [], taxable)
    if code is None:
        return Taxed() if given is None else _taken_over(books, given, [], taxable)
    rates = rates_of(books, code)
    if after_discount and subtotal:
        discounted = taxable - sum((cents(line.get("Amount")) for line in lines if _taxed_shipping(line)), ZERO)
        taxable -= cents(discount * discounted / subtotal)
    if given is not None:
        return _taken_over(books, {**given, "TxnTaxCodeRef": {"value": code}}, rates, taxable)
    tax_lines = [_tax_line(rate, percent, taxable, cents(taxable * percent / 100)) for rate, percent in rates]
    total = sum((line["Amount"] for line in tax_lines), ZERO)
    detail: dict[str, Any] = {"TxnTaxCodeRef": {"value": code}, "TotalTax": total}
    if taxable:
        detail["TaxLine"] = tax_lines
    return Taxed(detail, total)


def given_detail(books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the tax amounts that the request itself names, or None where the tax is to be computed."""
    detail = new.get("TxnTaxDetail")
    if not isinstance(detail, dict) or books.switches["given_tax"] == "compute":
        return None
    if old is not None and detail is old.get("TxnTaxDetail"):
        return None
    rows = [line for line in detail.get("TaxLine") or () if isinstance(line, dict) and line.get("Amount") is not None]
    if detail.get("TotalTax") is None and not rows:
        return None
    if books.company.automated_tax and not (
        books.switches["automated_tax_override"] and detail.get("TxnTaxCodeRef") and detail.get("TotalTax") is not None
    ):
        return None
    return {**detail, "TaxLine": rows}


def _taken_over(books: Books, given: dict[str, Any], rates: list[tuple[str, Decimal]], taxable: Decimal) -> Taxed:
    """Return the tax as the request names it, spread over the rates where it names only the total."""
    rows = []
    for line in given["TaxLine"]:
        reference = str((_detail(line).get("TaxRateRef") or {}).get("value"))
        rate = books.shelf.get("TaxRate", reference)
        if rate is None:
            raise faults.invalid_reference("TaxRate", reference)
        percent = decimal_of(_detail(line).get("TaxPercent", rate.get("RateValue")))
        net = cents(_detail(line).get("NetAmountTaxable", taxable))
        rows.append(_tax_line(reference, percent, net, cents(line["Amount"])))
    together = sum((line["Amount"] for line in rows), ZERO)
    total = cents(given["TotalTax"]) if given.get("TotalTax") is not None else together
    if rows and total != together:
        raise faults.business("The total tax must be the sum of the tax lines.")
    if not rows and taxable:
        left, whole = total, sum((percent for _, percent in rates), ZERO)
        for rate_id, percent in rates:
            part = cents(total * percent / whole) if whole and rate_id != rates[-1][0] else left
            left -= part
            rows.append(_tax_line(rate_id, percent, taxable, part))
    detail: dict[str, Any] = {"TotalTax": total}
    if given.get("TxnTaxCodeRef"):
        detail = {"TxnTaxCodeRef": {"value": given["TxnTaxCodeRef"]["value"]}, **detail}
    if rows:
        detail["TaxLine"] = rows
    return Taxed(detail, total)


@dataclass
class _Share:
    net: Decimal = ZERO
    gross: Decimal = ZERO


def tax_elsewhere(
    books: Books,
    lines: list[Line],
    *,
    how: str,
    subtotal: Decimal,
    discount: Decimal,
    purchase: bool = False,
    given: dict[str, Any] | None = None,
) -> Taxed:
    """Tax each line by its own code; ``how`` is TaxExcluded, TaxInclusive or NotApplicable."""
    if how == "NotApplicable" or not books.company.uses_sales_tax:
        return Taxed()
    shares: dict[str, _Share] = {}
    carried: dict[str, _Share] = {}
    for line in lines:
        code = (_detail(line).get("TaxCodeRef") or {}).get("value")
        if code is None:
            if line.get("DetailType") in _NEED_CODE:
                raise _no_code(books)
            continue
        share = (carried if _is_shipping(line) else shares).setdefault(code, _Share())
        share.net += cents(line.get("Amount"))
        share.gross += cents(_detail(line).get("TaxInclusiveAmt", line.get("Amount")))
    if discount and subtotal:
        for share in shares.values():
            # With tax in the prices, the discount takes its part of the tax away as well.
            share.gross -= cents(discount * share.gross / subtotal)
            share.net -= cents(discount * share.net / subtotal)
    for code, share in carried.items():
        both = shares.setdefault(code, _Share())
        both.net, both.gross = both.net + share.net, both.gross + share.gross
    if given is not None and given["TaxLine"]:
        return _taken_over(books, given, [], sum((share.net for share in shares.values()), ZERO))
    rows: dict[str, Line] = {}
    for code, share in shares.items():
        rates = rates_of(books, code, purchase=purchase)
        for rate, percent, tax in _split(rates, share, inclusive=how == "TaxInclusive"):
            if rate in rows:
                rows[rate]["Amount"] += tax
                rows[rate]["TaxLineDetail"]["NetAmountTaxable"] += share.net
            else:
                rows[rate] = _tax_line(rate, percent, share.net, tax)
    ordered = sorted(rows.values(), key=lambda line: line["Amount"] == 0)
    total = sum((line["Amount"] for line in ordered), ZERO)
    detail: dict[str, Any] = {"TotalTax": total}
    if ordered:
        detail["TaxLine"] = ordered
    return Taxed(detail, total)


def _split(rates: list[tuple[str, Decimal]], share: _Share, *, inclusive: bool) -> list[tuple[str, Decimal, Decimal]]:
    parts = [(rate, percent, cents(share.net * percent / 100)) for rate, percent in rates]
    whole = share.gross - share.net
    if inclusive and parts and whole and sum(percent for _, percent, _ in parts):
        # The price with tax is what was agreed: what rounding leaves over belongs to the last rate.
        rate, percent, _ = parts[-1]
        parts[-1] = (rate, percent, whole - sum((tax for _, _, tax in parts[:-1]), ZERO))
    return parts


def take_tax_out(books: Books, line: Line, *, purchase: bool = False) -> None:
    """Set Amount and UnitPrice of a line whose price includes tax; with no such price, work it out."""
    detail = _detail(line)
    code = (detail.get("TaxCodeRef") or {}).get("value")
    if code is None:
        return
    percent = sum((rate for _, rate in rates_of(books, code, purchase=purchase)), ZERO)
    gross = detail.get("TaxInclusiveAmt")
    if gross is None:
        detail["TaxInclusiveAmt"] = cents(cents(line["Amount"]) * (100 + percent) / 100)
        return
    net = cents(cents(gross) * 100 / (100 + percent))
    if net != cents(line.get("Amount")):
        line["Amount"] = net
        if detail.get("Qty"):
            detail["UnitPrice"] = (net / detail["Qty"]).quantize(Decimal("0.0000001")).normalize()


def _is_shipping(line: Line) -> bool:
    return (_detail(line).get("ItemRef") or {}).get("value") == "SHIPPING_ITEM_ID"


def _taxed_shipping(line: Line) -> bool:
    return _is_shipping(line) and (_detail(line).get("TaxCodeRef") or {}).get("value") == "TAX"


def _detail(line: Line) -> dict[str, Any]:
    detail = line.get(str(line.get("DetailType")))
    return detail if isinstance(detail, dict) else {}


def _no_code(books: Books) -> faults.Refused:
    name = {"CA": "GST/HST", "CAN": "GST/HST", "AU": "GST"}.get(books.company.country.upper(), "VAT")
    return faults.business(f"Make sure all your transactions have a {name} rate before you save.")
