"""Tax on line items: what a typed tax means, and that lines and codes always add up."""

from decimal import Decimal

import pytest

from core.registry import SalesTax
from crm import taxes
from crm.services.lines import LineValues

D = Decimal
KNOWN = [SalesTax("20.0% S", D(20)), SalesTax("GST/HST", D("13.5")), SalesTax("Odd", None)]


def line(price: str, code: str = "", rate: str | None = None, quantity: str = "1") -> LineValues:
    return LineValues("Something", D(quantity), D(price), tax_code=code, tax_rate=None if rate is None else D(rate))


@pytest.mark.parametrize(
    ("typed", "rate"),
    [
        ("20% s", D(20)),
        ("gst/hst", D("13.5")),
        ("7,25%", D("7.25")),
        ("8", D(8)),
        ("5.5 % reduced", D("5.5")),
        ("0%", D(0)),
        ("Odd", None),
        ("101%", None),
        ("2nd rate", None),
        ("Exempt", None),
    ],
)
def test_a_typed_tax_is_a_code_of_accounting_or_says_its_rate(typed, rate):
    assert taxes.rate_of(typed, KNOWN) == rate


def test_a_mere_number_is_printed_as_a_percentage():
    assert [taxes.written(typed) for typed in ("20", "7.25", "20%", "20% S", "", "GST")] == [
        "20%", "7.25%", "20%", "20% S", "", "GST",
    ]  # fmt: skip


def test_tax_is_rounded_once_for_each_code_and_the_lines_add_up_to_it():
    lines = [line("0.33", "20%", "20"), line("0.33", "20%", "20"), line("0.33", "20%", "20"), line("10", "5%", "5")]

    found = taxes.taxes(lines, D(0), "USD")

    # Three times 0.066 would be 0.21 when each line was rounded: accounting says 0.20 of 0.99.
    assert [(each.label, each.net, each.amount) for each in found.sums] == [
        ("20%", D("0.99"), D("0.20")),
        ("5%", D("10.00"), D("0.50")),
    ]
    assert found.by_line == (D("0.07"), D("0.07"), D("0.06"), D("0.50"))
    assert (found.total, found.told) == (D("0.70"), True)


def test_a_discount_on_the_whole_lowers_the_tax_of_each_code_by_its_part():
    lines = [line("100", "20%", "20"), line("50", "0% Z", "0"), line("50")]

    found = taxes.taxes(lines, D(20), "USD")

    assert [(each.label, each.net, each.amount) for each in found.sums] == [
        ("20%", D("90.00"), D("18.00")),
        ("0% Z", D("45.00"), D("0.00")),
    ]
    assert found.by_line == (D("18.00"), D("0.00"), None)


def test_lines_that_take_something_back_add_up_too():
    lines = [line("100", "7%", "7"), line("-33.33", "7%", "7"), line("-66.67", "7%", "7"), line("0.07", "7%", "7")]

    found = taxes.taxes(lines, D(0), "USD")

    assert sum(tax for tax in found.by_line if tax is not None) == found.total == D("0.00")


def test_a_currency_without_decimals_has_none_in_its_tax():
    found = taxes.taxes([line("105", "10%", "10"), line("105", "10%", "10")], D(0), "JPY")

    assert (found.by_line, found.total) == ((D(11), D(10)), D(21))


def test_a_total_with_tax_is_told_only_where_every_rate_is_known():
    known, untold = line("100", "20%", "20"), line("50", "Taxable")

    both = taxes.printed([known, untold], D(0), D(150), "USD")
    one = taxes.printed([known, line("50")], D(0), D(150), "USD")
    none = taxes.printed([line("50")], D(0), D(50), "USD")

    assert (both.total, both.unknown, both.by_line) == ("", "Taxable", ["$20.00", ""])
    assert (one.total, one.unknown, one.sums) == ("$170.00", "", [("20% on $100.00", "$20.00")])
    assert (none.total, none.unknown, none.sums) == ("", "", [])
