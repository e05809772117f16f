"""An invoice of QuickBooks, read and written again without a change, is the invoice of QuickBooks."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from invoices import editing
from qbo_simulator import companies
from sync.mapping.invoice import Names, from_invoice
from sync.mapping.invoice_change import change_payload
from sync.tax_rates import codes_of

RECORDED = Path(companies.__path__[0])


def payloads(country: str, entity: str = "Invoice") -> list[dict[str, Any]]:
    return json.loads((RECORDED / country / f"{entity}.json").read_text(), parse_float=Decimal)


INVOICES = [
    pytest.param(country, payload, id=f"{country}-{payload['Id']}")
    for country in ("us", "uk", "ca", "au")
    for payload in payloads(country)
]


def written(country: str, payload: dict[str, Any], head: dict[str, Any] | None = None, change: Any = None) -> Any:
    row = from_invoice(payload, Names(), invoice_id=None, tracked=False)
    lines = [editing.line_of(line) for line in row.lines]
    if change is not None:
        change(lines)
    codes = codes_of(payloads(country, "TaxCode"), payloads(country, "TaxRate"))
    sent, problems = change_payload(copy.deepcopy(payload), head or {}, lines, (), codes)
    assert not problems
    return sent


def own_lines(payload: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for line in payload["Line"] if line["DetailType"] != "SubTotalLineDetail"]


@pytest.mark.parametrize(("country", "payload"), INVOICES)
def test_unchanged_lines_go_out_as_they_came(country: str, payload: dict[str, Any]) -> None:
    sent = written(country, payload)

    assert sent["Line"] == own_lines(payload)
    assert set(sent) == {"Id", "SyncToken", "sparse", "CustomerRef", "Line"}


def inclusive() -> dict[str, Any]:
    return next(payload for payload in payloads("au") if payload["Id"] == "165")


def test_a_price_with_tax_is_read_with_it_and_written_before_it() -> None:
    row = from_invoice(inclusive(), Names(), invoice_id=None, tracked=False)
    assert (row.lines[0].amount, row.lines[0].unit_price) == (Decimal("1301.3"), Decimal("650.65"))
    assert (row.subtotal, row.tax_total, row.total) == (1183, Decimal("118.3"), Decimal("1301.3"))

    def cheaper(lines: list[dict[str, Any]]) -> None:
        lines[0] |= {"unit_price": "330", "amount": "660"}

    line = written("au", inclusive(), change=cheaper)["Line"][0]
    assert line["Amount"] == 600
    assert (line["SalesItemLineDetail"]["TaxInclusiveAmt"], line["SalesItemLineDetail"]["UnitPrice"]) == (660, 300)


def with_shipping() -> dict[str, Any]:
    payload = copy.deepcopy(payloads("us")[0])
    # fmt: off
    shipping = {"Id": "9", "LineNum": 9, "Amount": Decimal("12.5"), "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "SHIPPING_ITEM_ID"}, "TaxCodeRef": {"value": "NON"}}}
    # fmt: on
    discount = {
        "Amount": 5,
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": {"PercentBased": False, "DiscountAccountRef": {"value": "86"}},
    }  # fmt: skip
    payload["Line"] += [discount, shipping]
    return payload


def test_shipping_and_discount_stay_below_the_lines() -> None:
    payload = with_shipping()
    row = from_invoice(payload, Names(), invoice_id=None, tracked=False)
    assert (row.shipping_total, row.shipping_tax_code_external_id) == (Decimal("12.5"), "NON")
    assert (row.discount_percent, row.discount_total) == (None, 5)
    assert not any(line.item_external_id == "SHIPPING_ITEM_ID" for line in row.lines)
    assert written("us", payload)["Line"] == own_lines(payload)


def test_shipping_and_discount_can_be_changed_and_removed() -> None:
    sent = written("us", with_shipping(), {"shipping_total": Decimal(20), "discount": "10%"})
    discount, shipping = sent["Line"][-2:]
    lines = sum((line["Amount"] for line in sent["Line"][:-2]), Decimal(0))
    assert discount["DiscountLineDetail"] == {
        "PercentBased": True, "DiscountPercent": 10, "DiscountAccountRef": {"value": "86"},
    }  # fmt: skip
    assert discount["Amount"] == round(lines / 10, 2)
    assert (shipping["Id"], shipping["Amount"]) == ("9", 20)

    bare = written("us", with_shipping(), {"shipping_total": Decimal(0), "discount": ""})
    assert bare["Line"] == own_lines(payloads("us")[0])


def test_the_head_fields_without_a_mapping_go_out() -> None:
    head = {
        "cc": "a@x.example",
        "bcc": "",
        "class_external_id": "7",
        "location_external_id": "",
        "deposit": Decimal("5.50"),
    }
    sent = written("us", payloads("us")[0], head)
    assert (sent["BillEmailCc"], sent["BillEmailBcc"]) == ({"Address": "a@x.example"}, None)
    assert (sent["ClassRef"], sent["DepartmentRef"], sent["Deposit"]) == ({"value": "7"}, None, Decimal("5.5"))
