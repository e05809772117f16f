"""What is typed about money, read or refused with a sentence, its step, line and field."""

from decimal import Decimal

import pytest

from invoices.drafts import DraftContent, DraftDiscount, DraftItem, DraftLine
from invoices.enums import TaxMode
from invoices.ports import Account
from invoices.reading import DraftProblems, read
from invoices.reckoning import mode_of, reckoned
from invoices.totals import TaxCodeRates, TaxRatePart
from tests.invoices.fakes import books

US = Account(1, "Sample", "US", "USD", "simulator", usable=True)
UK = Account(1, "Sample", "GB", "GBP", "simulator", usable=True, needs_tax_codes=True, multicurrency=True)


def content(*lines, currency="USD", **values):
    made = DraftContent(
        connection_id=1,
        currency=currency,
        issued_on="2026-11-22",
        lines=list(lines) or [line("2", "50")],
        **values,
    )
    made.customer.mode, made.customer.external_id = "existing", "1"
    return made


def line(quantity, price, **values):
    return DraftLine("l1", DraftItem("existing", "4", "Design"), quantity=quantity, unit_price=price, **values)


def refused(draft, account=US):
    with pytest.raises(DraftProblems) as problems:
        read(draft, account)
    return [(each.step, each.line, each.field, each.message) for each in problems.value.problems]


def test_everything_is_read():
    found = read(
        content(
            line("3", "33.335", discount=DraftDiscount("percent", "10")),
            line("1", "20", discount=DraftDiscount("amount", "5")),
            discount=DraftDiscount("percent", "2.5"),
            shipping="1,000.50",
            deposit="10",
            number=" INV-7 ",
            cc="a@x.example, b@x.example",
        ),
        US,
    )
    assert [(each.amount, each.discount_percent, each.discount_amount) for each in found.lines] == [
        (Decimal("90.01"), 10, Decimal("10.00")),
        (15, None, 5),
    ]
    assert (found.subtotal, found.discount_percent, found.shipping) == (
        Decimal("105.01"),
        Decimal("2.5"),
        Decimal("1000.50"),
    )
    assert (found.deposit, found.number, found.exchange_rate) == (10, "INV-7", None)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"discount": DraftDiscount("percent", "101")},
            ("products", None, "discount", "A discount can't be more than 100%."),
        ),
        (
            {"discount": DraftDiscount("percent", "1.23456")},
            ("products", None, "discount", "A percentage may have at most four decimals."),
        ),
        (
            {"discount": DraftDiscount("amount", "-1")},
            ("products", None, "discount", "A discount can't be less than 0."),
        ),
        (
            {"discount": DraftDiscount("amount", "100.01")},
            ("products", None, "discount", "The discount is more than the lines come to ($100.00)."),
        ),
        (
            {"discount": DraftDiscount("amount", "x")},
            ("products", None, "discount", "“x” is not a number. Type it like 1,234.50."),
        ),
        ({"shipping": "-2"}, ("products", None, "shipping", "Shipping can't be less than 0.")),
        ({"deposit": "1e9"}, ("products", None, "deposit", "“1e9” is not a number. Type it like 1,234.50.")),
        ({"number": "N" * 22}, ("terms", None, "number", "A number may have at most 21 characters in QuickBooks.")),
        ({"cc": "nobody"}, ("message", None, "cc", "“nobody” is not an e-mail address.")),
        ({"bcc": "nobody"}, ("message", None, "bcc", "“nobody” is not an e-mail address.")),
        (
            {"private_note": "x" * 3901},
            ("message", None, "private_note", "A private note may have at most 3,900 characters."),
        ),
        (
            {"shipping_address": {"line1": "x" * 256}},
            ("message", None, "shipping_address", "A line of an address may have at most 255 characters."),
        ),
    ],
)
def test_what_is_wrong_is_said_where_it_is(values, problem):
    assert refused(content(**values)) == [problem]


def test_a_line_with_more_discount_than_it_comes_to_is_refused():
    draft = content(line("1", "5", discount=DraftDiscount("amount", "6")))
    assert refused(draft) == [("products", 0, "discount", "The discount is more than the line comes to.")]


def test_a_total_below_zero_is_refused():
    assert refused(content(line("1", "-5"))) == [
        ("products", None, "lines", "The total of an invoice can't be less than 0."),
    ]


@pytest.mark.parametrize("rate", ["0", "-1", "1000001"])
def test_an_impossible_rate_is_refused(rate):
    draft = content(line("1", "5", tax_code="2"), currency="EUR", exchange_rate=rate)
    assert refused(draft, UK)[0][:3] == ("terms", None, "exchange_rate")


def test_a_rate_of_the_own_currency_says_nothing():
    draft = content(line("1", "5", tax_code="2"), currency="GBP", exchange_rate="nonsense")
    assert read(draft, UK).exchange_rate is None


def test_shipping_needs_a_tax_code_where_lines_do():
    draft = content(line("1", "5", tax_code="2"), currency="GBP", shipping="3", tax_mode="exclusive")
    assert refused(draft, UK) == [("products", None, "shipping_tax_code", "Choose a tax code for shipping.")]
    draft.tax_mode = "none"
    draft.lines[0].tax_code = ""
    assert read(draft, UK).shipping == 3


def test_a_draft_is_reckoned_as_it_stands(accounting_books):
    books.tax_rates = {"2": TaxCodeRates("20", (TaxRatePart("20", Decimal(20)),))}
    draft = content(
        line("2", "50", tax_code="2"),
        line("nonsense", "1", tax_code="2"),
        currency="GBP",
        discount=DraftDiscount("percent", "10"),
        shipping="5",
        shipping_tax_code="2",
        deposit="x",
        tax_mode="exclusive",
    )
    totals = reckoned(draft, UK)
    assert (totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total) == (100, 10, 5, 19, 114)
    assert mode_of(draft, US) == TaxMode.AUTOMATIC
    draft.lines[0].tax_code = ""
    assert reckoned(draft, UK).tax is None


def test_in_the_us_the_item_says_whether_it_is_taxed(accounting_books, connection):
    account = Account(connection.pk, "Sample", "US", "USD", "simulator", usable=True)
    assert reckoned(content(), account).tax is None, "QuickBooks finds the tax itself"
    books.tax_rates = {"TAX": TaxCodeRates("8", (TaxRatePart("8", Decimal(8)),)), "NON": TaxCodeRates()}
    made = content(line("2", "50"), DraftLine("l2", DraftItem("create", "", "New"), quantity="1", unit_price="10"))
    assert (reckoned(made, account).tax, reckoned(made, account).total) == (8, 118)
