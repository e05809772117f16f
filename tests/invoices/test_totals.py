"""What an invoice comes to: examples that people can check by hand, and laws that hold for all numbers."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.money import decimals
from invoices.enums import TaxMode
from invoices.totals import (
    Discount,
    PricedLine,
    RateBase,
    TaxCodeRates,
    TaxRatePart,
    discounted,
    line_amount,
    reckon,
)

D = Decimal
VAT = TaxCodeRates("20.0% S", (TaxRatePart("VAT", D(20), "8"),))
REDUCED = TaxCodeRates("5.0% R", (TaxRatePart("Reduced", D(5), "10"),))
GROUP = TaxCodeRates("GST/QST", (TaxRatePart("GST", D(5), "7"), TaxRatePart("QST", D("9.975"), "18")))
OLD_QST = TaxCodeRates(
    "QST on GST",
    (
        TaxRatePart("QST", D("9.5"), "18", order=1, base=RateBase.AMOUNT_AND_TAX),
        TaxRatePart("GST", D(5), "7", order=0),
    ),
)
CODES = {"S": VAT, "R": REDUCED, "Q": GROUP, "C": OLD_QST, "Z": TaxCodeRates("0.0% Z", (TaxRatePart("Zero", D(0)),))}
US = {"TAX": TaxCodeRates("Tucson", (TaxRatePart("AZ", D("7.1")), TaxRatePart("City", D(2)))), "NON": TaxCodeRates()}


def lines(*pairs):
    return [PricedLine(D(amount), code) for amount, code in pairs]


def figures(totals):
    return (totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total)


def test_tax_on_top_is_rounded_once_for_each_rate():
    # Line by line it would be 3 x 0.07 = 0.21.
    totals = reckon(
        lines(("0.33", "S"), ("0.33", "S"), ("0.33", "S")), currency="GBP", mode=TaxMode.EXCLUSIVE, codes=CODES
    )
    assert figures(totals) == (D("0.99"), 0, 0, D("0.20"), D("1.19"))
    assert [(tax.name, tax.net, tax.amount) for tax in totals.tax_by_rate] == [("VAT", D("0.99"), D("0.20"))]


def test_a_group_has_an_entry_for_each_rate():
    totals = reckon(lines(("450", "Q")), currency="CAD", mode=TaxMode.EXCLUSIVE, codes=CODES)
    assert [(tax.name, tax.amount) for tax in totals.tax_by_rate] == [("GST", D("22.50")), ("QST", D("44.89"))]
    assert totals.total == D("517.39")


def test_tax_on_tax_is_taken_in_its_order():
    totals = reckon(lines(("100", "C")), currency="CAD", mode=TaxMode.EXCLUSIVE, codes=CODES)
    assert [(tax.name, tax.amount) for tax in totals.tax_by_rate] == [("GST", D("5.00")), ("QST", D("9.98"))]


def test_prices_with_tax_and_a_discount_come_to_what_a_recorded_invoice_says():
    hst = {"5": TaxCodeRates("HST ON", (TaxRatePart("HST ON", D(13), "12"),))}
    totals = reckon(
        lines(("9.00", "5"), ("3.00", "5")), currency="CAD", mode=TaxMode.INCLUSIVE, codes=hst,
        discount=Discount(percent=D(20)),
    )  # fmt: skip
    assert figures(totals) == (D("10.61"), D("2.12"), 0, D("1.11"), D("9.60"))


@pytest.mark.parametrize(("after", "tax"), [(True, D("8.19")), (False, D("9.10"))])
def test_in_the_us_the_discount_lowers_the_tax_only_where_it_says_so(after, tax):
    totals = reckon(
        lines(("100", "TAX"), ("50", "NON")), currency="USD", codes=US, discount=Discount(percent=D(10)),
        tax_after_discount=after, deposit=D(20),
    )  # fmt: skip
    assert (totals.discount, totals.tax) == (D(15), tax)
    assert totals.balance == totals.total - 20 == D(135) + tax - 20


def test_shipping_is_taxed_and_never_discounted():
    totals = reckon(
        lines(("100", "S")), currency="GBP", mode=TaxMode.EXCLUSIVE, codes=CODES, discount=Discount(amount=D(50)),
        shipping=D(10), shipping_tax_code="R",
    )  # fmt: skip
    assert figures(totals) == (100, 50, 10, D("10.50"), D("70.50"))


@pytest.mark.parametrize(
    ("codes", "code"), [(None, "TAX"), ({"TAX": TaxCodeRates("?", (TaxRatePart("?", None),))}, "TAX")]
)
def test_a_tax_that_is_not_known_is_none_and_the_total_before_tax(codes, code):
    totals = reckon(lines(("100", code)), currency="USD", codes=codes, discount=Discount(percent=D(10)))
    assert (totals.tax, totals.total, totals.tax_by_rate) == (None, D(90), ())


def test_without_tax_nothing_is_taxed():
    assert reckon(lines(("100", "")), currency="GBP", mode=TaxMode.NOT_APPLICABLE, codes=CODES).tax == 0


def test_a_line_without_its_code_leaves_the_tax_open():
    assert reckon(lines(("100", "")), currency="GBP", mode=TaxMode.EXCLUSIVE, codes=CODES).tax is None
    assert reckon(lines(("0", ""), ("5", "S")), currency="GBP", mode=TaxMode.EXCLUSIVE, codes=CODES).tax == D("1.00")


# The first draw of a process takes seconds on a busy machine.
CALMLY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
CURRENCIES = st.sampled_from(["USD", "JPY", "KWD", "EUR"])
AMOUNTS = st.decimals(D("-99999999999"), D("99999999999"), places=2)
POSITIVE = st.decimals(D("0.01"), D("99999999999"), places=2)
CHOSEN = st.sampled_from(["S", "R", "Q", "C", "Z"])
PERCENT = st.decimals(D(0), D(100), places=4)
MANY = st.lists(st.tuples(POSITIVE, CHOSEN), min_size=1, max_size=12)


@CALMLY
@given(
    st.lists(st.tuples(AMOUNTS, CHOSEN), max_size=8), PERCENT, POSITIVE, POSITIVE, st.sampled_from(TaxMode), CURRENCIES
)
def test_the_parts_always_add_up(pairs, percent, shipping, deposit, mode, currency):
    totals = reckon(
        lines(*pairs), currency=currency, mode=mode, codes=CODES, discount=Discount(percent=percent),
        shipping=shipping, shipping_tax_code="S", deposit=deposit,
    )  # fmt: skip
    assert totals.total == totals.subtotal - totals.discount + totals.shipping + (totals.tax or 0)
    assert totals.balance == totals.total - totals.deposit
    if totals.tax is not None:
        assert totals.tax == sum((tax.amount for tax in totals.tax_by_rate), D(0))
    for amount in (totals.subtotal, totals.discount, totals.shipping, totals.total, totals.balance):
        assert amount == round(amount, 2)


@CALMLY
@given(MANY)
def test_prices_with_tax_add_up_to_what_was_agreed(pairs):
    totals = reckon(lines(*pairs), currency="GBP", mode=TaxMode.INCLUSIVE, codes=CODES)
    zero = sum((amount for amount, code in pairs if code == "Z"), D(0))
    agreed = sum((amount for amount, _code in pairs), D(0))
    assert totals.total == agreed
    assert totals.subtotal >= zero


@CALMLY
@given(MANY)
def test_tax_on_top_is_within_a_cent_of_the_exact_one_for_each_rate(pairs):
    totals = reckon(lines(*pairs), currency="GBP", mode=TaxMode.EXCLUSIVE, codes=CODES)
    exact = sum((amount * CODES[code].factor() for amount, code in pairs), D(0))
    rates = sum(len(CODES[code].rates) for code in {code for _amount, code in pairs})
    assert totals.tax is not None
    # Tax on tax is taken of the rounded tax below it: a little more than half a cent for each rate.
    assert abs(totals.tax - exact) <= D("0.006") * rates


def by_rate(totals):
    return {(tax.name, tax.percent): tax.amount for tax in totals.tax_by_rate}


@CALMLY
@given(MANY, st.randoms(use_true_random=False))
def test_the_order_of_lines_changes_nothing(pairs, random):
    shuffled = list(pairs)
    random.shuffle(shuffled)
    options = {"currency": "EUR", "mode": TaxMode.EXCLUSIVE, "codes": CODES, "discount": Discount(percent=D("7.5"))}
    one, other = reckon(lines(*pairs), **options), reckon(lines(*shuffled), **options)
    assert figures(one) == figures(other)
    assert by_rate(one) == by_rate(other)


@CALMLY
@given(st.decimals(D("0.001"), D(99999), places=3), st.decimals(D(0), D(99999), places=7), CURRENCIES, PERCENT)
def test_a_line_is_rounded_to_its_currency_and_at_most_two_decimals(quantity, price, currency, percent):
    places = min(decimals(currency), 2)
    amount = line_amount(quantity, price, currency)
    assert amount == round(amount, places)
    assert abs(amount - quantity * price) <= D(1).scaleb(-places) / 2
    left = discounted(amount, Discount(percent=percent), currency)
    assert 0 <= left <= amount
    assert left == round(left, places)
