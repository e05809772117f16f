"""Mapping, from recorded payloads and by property: QuickBooks' figures as they come, nothing guessed."""

import contextlib
import datetime
import json
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.enums import LineKind, TaxMode
from invoices.models import Invoice, InvoiceLine
from qbo_connector.mirror import parse
from qbo_connector.outbox.freeze import storable
from sync.mapping.customer import clean_name, to_customer
from sync.mapping.invoice import Names, from_invoice, is_voided, marked_request_id, marker, to_invoice
from sync.mapping.payment import from_payment
from sync.mapping.reading import BadPayload, name_without_mark

COMPANIES = Path(__file__).resolve().parents[2] / "qbo_simulator" / "companies"
NAMES = Names(home_currency="USD")


def recorded(country: str, entity: str) -> list[dict]:
    """Recorded objects, numbers with a point as Decimal as the mirror reads them."""
    text = (COMPANIES / country / f"{entity}.json").read_text()
    return json.loads(text, parse_float=Decimal)


def invoices():
    return [(country, row) for country in ("us", "uk", "ca", "au") for row in recorded(country, "Invoice")]


@pytest.mark.parametrize(
    ("country", "payload"), invoices(), ids=lambda value: value if isinstance(value, str) else value["Id"]
)
def test_a_recorded_invoice_keeps_every_figure(country, payload):
    invoice = from_invoice(payload, NAMES, invoice_id=None, tracked=False)

    assert invoice.total == Decimal(str(payload["TotalAmt"]))
    assert invoice.balance == Decimal(str(payload["Balance"]))
    assert invoice.number == payload.get("DocNumber", "")
    assert invoice.due_on == datetime.date.fromisoformat(payload["DueDate"])
    inclusive = invoice.tax_mode == TaxMode.INCLUSIVE
    tax = Decimal(0) if inclusive else invoice.tax_total
    if payload["Id"] != "42" or country != "us":  # it bills a statement charge that the API does not return
        included = invoice.tax_total if inclusive else Decimal(0)
        assert (
            abs(invoice.subtotal - invoice.discount_total + tax + included - invoice.total) <= Decimal("0.02")
            or inclusive
        )
    assert all(line.kind != LineKind.ITEM or line.item_external_id for line in invoice.lines)


def test_recorded_payments_and_their_invoices():
    for payload in recorded("us", "Payment"):
        payment = from_payment(payload, NAMES, methods={}, accounts={})
        applied = sum((part.amount for part in payment.applications), Decimal(0))
        assert payment.amount == Decimal(str(payload["TotalAmt"]))
        if payload["TotalAmt"]:
            assert applied + payment.unapplied >= payment.amount


@pytest.mark.parametrize(
    ("name", "clean"),
    [("Pump (deleted)", "Pump"), ("Pump (deleted 2)", "Pump"), ("Not (deleted) yet", "Not (deleted) yet")],
)
def test_the_mark_of_deleted_names_never_leaks(name, clean):
    assert name_without_mark(name, active=False) == clean
    assert name_without_mark(name, active=True) == name


def test_documents_of_an_inactive_customer_and_item_bear_their_old_names():
    found = recorded("us", "Invoice")[0]
    line = next(each for each in found["Line"] if each["DetailType"] == "SalesItemLineDetail")
    found["CustomerRef"]["name"] = "Pumps & Co (deleted)"
    line["SalesItemLineDetail"]["ItemRef"]["name"] = "Pump (deleted 2)"
    paid = recorded("us", "Payment")[0]
    paid["CustomerRef"]["name"] = "Pumps & Co (deleted)"

    invoice = from_invoice(found, NAMES, invoice_id=None, tracked=False)

    assert invoice.customer_name == "Pumps & Co"
    assert "Pump" in [each.item_name for each in invoice.lines]
    assert from_payment(paid, NAMES, methods={}, accounts={}).customer_name == "Pumps & Co"


def test_a_void_is_told_from_a_free_invoice():
    assert is_voided({"TotalAmt": 0, "PrivateNote": "Voided - by mistake"})
    assert not is_voided({"TotalAmt": 0, "PrivateNote": "free of charge"})
    assert not is_voided({"TotalAmt": 5, "PrivateNote": "Voided"})


def test_the_marker_is_found_again_in_the_last_line_alone():
    invoice = Invoice(request_id=uuid4())
    note = f"Ask Bob.\n{marker(invoice)}"
    assert marked_request_id({"PrivateNote": note}) == str(invoice.request_id)
    assert marked_request_id({"PrivateNote": f"{note}\nsomething after it"}) == ""
    assert marked_request_id({}) == ""


money = st.decimals(min_value=0, max_value=10**9, places=5, allow_nan=False, allow_infinity=False)


@given(
    price=st.decimals(min_value=0, max_value=10**6, places=7, allow_nan=False, allow_infinity=False),
    quantity=st.decimals(min_value=Decimal("0.001"), max_value=10**4, places=3, allow_nan=False, allow_infinity=False),
    amount=money,
    text=st.text(max_size=60).filter(lambda value: "\x00" not in value and value.isprintable()),
)
def test_there_and_back_changes_nothing(price, quantity, amount, text):
    invoice = Invoice(
        request_id=uuid4(), issued_on=datetime.date(2026, 11, 22), due_on=datetime.date(2026, 12, 22),
        currency="USD", message=text, recipient="a@b.example", tax_mode=TaxMode.AUTOMATIC,
    )  # fmt: skip
    line = InvoiceLine(pk=1, quantity=quantity, unit_price=price, amount=amount, description=text)

    payload = to_invoice(invoice, [line], customer="7", items={1: "5"}, in_us=True, multicurrency=False)
    sent = msgspec.json.Encoder(decimal_format="number").encode(payload)
    returned = {
        **msgspec.json.Decoder(float_hook=Decimal).decode(sent),
        "Id": "9",
        "TotalAmt": amount,
        "Balance": amount,
    }
    back = from_invoice(returned, NAMES, invoice_id=None, tracked=False)

    assert (back.issued_on, back.due_on, back.message, back.recipient) == (
        invoice.issued_on, invoice.due_on, text, "a@b.example",
    )  # fmt: skip
    assert (back.lines[0].quantity, back.lines[0].unit_price, back.lines[0].amount) == (quantity, price, amount)
    assert back.customer_external_id == "7"
    assert json.dumps(storable(payload))


@given(st.text(max_size=80))
def test_names_hold_nothing_that_quickbooks_forbids(name):
    cleaned = clean_name(name)
    assert not set(cleaned) & set(":\t\n\r")
    assert to_customer({"name": name}).get("DisplayName", "") == cleaned[:500]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
FIELDS = ["Id", "TxnDate", "TotalAmt", "Balance", "Line", "CustomerRef", "CurrencyRef", "MetaData", "DueDate",
          "TxnTaxDetail", "BillEmail", "SalesTermRef", "ExchangeRate", "PrivateNote", "DeliveryInfo"]  # fmt: skip


@given(field=st.sampled_from(FIELDS), value=ANYTHING)
def test_a_payload_of_the_wrong_form_is_named_and_nothing_else_happens(field, value):
    payload = {**recorded("us", "Invoice")[0], field: value}
    with contextlib.suppress(BadPayload):
        from_invoice(payload, NAMES, invoice_id=None, tracked=False)


@given(field=st.sampled_from(FIELDS), value=ANYTHING)
def test_the_mirror_reads_or_refuses_but_never_fails(field, value):
    body = msgspec.json.encode({**recorded("us", "Invoice")[0], field: value})
    try:
        row = parse.read_object("Invoice", body)
    except (msgspec.MsgspecError, ValueError):
        return
    assert row.qbo_id
