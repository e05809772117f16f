"""R17: amounts are decimals end to end and the same to the cent on both sides, whatever QuickBooks writes them like."""

import ast
from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from crm.models import Product
from crm.services import products
from invoices.models import Invoice, Payment
from tests.agreement import assert_agreement
from tests.faults.test_r10_both_sides_converge import assert_idle
from tests.faults.two_sides import open_world
from tests.makers import deal_of, requested_invoice

ROOT = Path(__file__).resolve().parents[2]
APPS = ("core", "accounts", "crm", "invoices", "qbo_connector", "sync")
LARGEST = "99999999999.99"
# Quantity and unit price of lines: half cents in both directions, many digits, large, small.
LINES = [
    ("1", "0.005"), ("3", "0.335"), ("1", "1.005"), ("7", "14.285714"), ("0.333333", "3"), ("1.5", "0.01"),
    ("1", "8.345"), ("1", "99999999999"), ("1000", "99999999.99"), ("2", "0.0049"),
]  # fmt: skip


@pytest.mark.parametrize(("quantity", "price"), LINES)
def test_a_line_made_here_is_the_same_there(quantity, price, world):
    deal = deal_of("Bright Gardens", world.rep, ("Design", quantity, price))
    invoice = requested_invoice(deal, world.rep)
    world.cycle()
    world.cycle()

    invoice.refresh_from_db()
    row = next(row for row in world.there("Invoice") if row["Id"] == invoice.external_id)
    cents = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), "ROUND_HALF_UP")
    assert invoice.total == Decimal(str(row["TotalAmt"])) == cents
    assert_agreement(world.quickbooks, world.connection)


@pytest.mark.parametrize(
    ("amount", "known"),
    [
        (1000, "1000"), ("1e3", "1000"), ("1E+3", "1000"), ("1000.00", "1000"), (1000.1, "1000.1"), (-25.5, "-25.5"),
        (0.1 + 0.2, "0.30000000000000004"), ("99999999999.99", LARGEST), (0, "0"),
    ],
)  # fmt: skip
def test_a_number_in_any_notation_is_the_same_amount(amount, known, world):
    item = next(row for row in world.there("Item") if row["Name"] == "Design")
    world.act(f"Item/{item['Id']}", operation="corrupt", set={"UnitPrice": amount})
    world.act(f"Item/{item['Id']}", Sku="D-2")
    world.cycle()

    price = Product.objects.get(name="Design").unit_price
    assert price is not None
    assert abs(price - Decimal(known)) < Decimal("0.0000001")
    assert isinstance(price, Decimal)
    assert world.writes() == 0


@pytest.mark.parametrize(
    ("currency", "price", "total"),
    [("JPY", "1234", "2468"), ("JPY", "0.5", "1"), ("KWD", "1.234", "2.468"), ("KWD", "0.0005", "0.001"),
     ("EUR", "10.005", "20.01")],
)  # fmt: skip
def test_currencies_have_their_own_decimals(currency, price, total, quickbooks, world):
    preferences = {"CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}}}
    other = open_world(quickbooks, invoices_of=(), preferences=preferences)
    if not any(row["Code"] == currency for row in other.there("CompanyCurrency")):
        other.act("CompanyCurrency", Code=currency)
    customer = other.act("Customer", DisplayName=f"Kunde {currency}", CompanyName=f"Kunde {currency}",
                         CurrencyRef={"value": currency}, PrimaryEmailAddr={"Address": "k@there.example"})  # fmt: skip
    assert customer is not None
    item = next(row["Id"] for row in other.there("Item") if row["Name"] == "Design")
    line = {"DetailType": "SalesItemLineDetail", "Amount": float(total),
            "SalesItemLineDetail": {"Qty": 2, "UnitPrice": float(price), "ItemRef": {"value": item}}}  # fmt: skip
    made = other.act("Invoice", CustomerRef={"value": customer["Id"]}, Line=[line], ExchangeRate=0.0067,
                     CurrencyRef={"value": currency})  # fmt: skip
    assert made is not None
    other.act("Payment", CustomerRef={"value": customer["Id"]}, TotalAmt=float(total), ExchangeRate=0.0067,
              CurrencyRef={"value": currency},
              Line=[{"Amount": float(total), "LinkedTxn": [{"TxnId": made["Id"], "TxnType": "Invoice"}]}])  # fmt: skip
    other.cycle()

    invoice = Invoice.objects.get(connection=other.connection, external_id=made["Id"])
    # QuickBooks keeps cents of every currency; what it keeps is what is shown.
    held = Decimal(str(made["TotalAmt"]))
    assert abs(held - Decimal(total)) < Decimal("0.005")
    assert (invoice.currency, invoice.total, invoice.balance) == (currency, held, 0)
    assert invoice.exchange_rate == Decimal("0.0067")
    assert Payment.objects.get(connection=other.connection).amount == held
    assert_agreement(other.quickbooks, other.connection)


@pytest.mark.parametrize("calculation", ["TaxExcluded", "TaxInclusive"])
@pytest.mark.parametrize("discount", ["", "percent", "amount"])
def test_three_taxed_lines_with_a_discount_add_up(calculation, discount, quickbooks, world):
    other = open_world(quickbooks, invoices_of=(), country="GB", template="uk")
    code = next(row for row in other.there("TaxCode") if "20" in row["Name"])
    item = next(row["Id"] for row in other.there("Item") if row["Name"] == "Design")
    lines = [
        {"DetailType": "SalesItemLineDetail", "Amount": amount,
         "SalesItemLineDetail": {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code["Id"]}}}
        for amount in (0.33, 33.33, 0.05)
    ]  # fmt: skip
    if discount:
        detail = {"PercentBased": True, "DiscountPercent": 3.33} if discount == "percent" else {"PercentBased": False}
        lines.append({"DetailType": "DiscountLineDetail", "Amount": 1.11, "DiscountLineDetail": detail})
    made = other.act("Invoice", CustomerRef={"value": "1"}, GlobalTaxCalculation=calculation, Line=lines)
    assert made is not None
    other.cycle()

    invoice = Invoice.objects.get(connection=other.connection, external_id=made["Id"])
    assert invoice.total == Decimal(str(made["TotalAmt"]))
    assert invoice.tax_total == Decimal(str(made["TxnTaxDetail"]["TotalTax"]))
    assert_agreement(other.quickbooks, other.connection)
    assert_idle(other)


def test_a_price_with_ten_decimals_goes_there_and_comes_back(world):
    product = Product.objects.get(name="Design")
    products.update(product, by=world.rep, unit_price=Decimal("0.0000012"))
    world.cycle()
    world.cycle()

    product.refresh_from_db()
    assert product.unit_price == Decimal("0.0000012")
    assert_agreement(world.quickbooks, world.connection)
    assert_idle(world)


def test_no_column_of_the_schema_is_a_float():
    floats = [
        f"{model.__name__}.{field.name}"
        for name in APPS
        for model in apps.get_app_config(name).get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FloatField)
    ]
    assert not floats


def test_nothing_calls_float():
    found = []
    for name in APPS:
        for path in sorted((ROOT / name).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not found
