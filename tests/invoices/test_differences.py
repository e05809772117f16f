"""Why QuickBooks came to another total than was reckoned, told apart."""

from decimal import Decimal

import pytest

from core.events import emit
from invoices import differences
from invoices.enums import TaxMode
from invoices.models import InvoiceLine
from invoices.ports import FormOptions
from invoices.totals import TaxCodeRates, TaxRatePart
from tests.invoices.fakes import books


def vat(percent):
    return {"5": TaxCodeRates("VAT", (TaxRatePart("VAT", Decimal(percent), "8"),))}


@pytest.fixture
def posted(make_invoice, uk_connection):
    """An invoice of three lines of 0.33 at 20 %, reckoned to 0.99 and 0.20."""
    books.tax_rates = vat(20)

    def make(**fields):
        values = {
            "connection": uk_connection, "currency": "GBP", "tax_mode": TaxMode.EXCLUSIVE, "subtotal": Decimal("0.99"),
            "expected_tax": Decimal("0.20"), "expected_total": Decimal("1.19"), "tax_total": Decimal("0.20"),
            "total": Decimal("1.19"),
        }  # fmt: skip
        invoice = make_invoice(**(values | fields))
        for position in range(3):
            InvoiceLine.objects.create(
                invoice=invoice, position=position, amount=Decimal("0.33"), tax_code_external_id="5"
            )
        return invoice

    return make


def cause(invoice):
    found = differences.explain(invoice)
    return found.cause if found else None


def test_no_difference_costs_no_query(posted, django_assert_num_queries):
    same, mirrored = posted(), posted(expected_total=None, expected_tax=None, total=Decimal(9))
    on_its_way, voided = posted(total=Decimal(1), external_id=""), posted(total=Decimal(0), voided=True)
    with django_assert_num_queries(0):
        assert [cause(each) for each in (same, mirrored, on_its_way, voided)] == [None] * 4


def test_a_changed_rate_is_told(posted):
    books.tax_rates = vat("21")
    invoice = posted(tax_total=Decimal("0.21"), total=Decimal("1.20"))
    found = differences.explain(invoice)
    assert (found.cause, found.amount, found.harmless) == ("rate", Decimal("0.01"), False)
    assert found.words == "The tax rate changed in QuickBooks: the tax is £0.21, where £0.20 was expected."


def test_tax_rounded_for_each_line_is_told(posted):
    assert cause(posted(tax_total=Decimal("0.21"), total=Decimal("1.20"))) == "per_line"


def test_what_nothing_explains_is_said_so(posted):
    assert cause(posted(tax_total=Decimal("0.35"), total=Decimal("1.34"))) == "unknown"


def test_quickbooks_own_tax_was_announced(posted):
    found = differences.explain(posted(expected_tax=None, expected_total=Decimal("0.99")))
    assert (found.cause, found.harmless, found.words) == (
        "quickbooks_tax", True, "QuickBooks added sales tax of £0.20.",
    )  # fmt: skip


def test_automated_tax_decides_by_the_place(posted):
    books.options = FormOptions(automated_tax=True)
    assert cause(posted(tax_total=Decimal("0.30"), total=Decimal("1.29"))) == "automated_tax"


@pytest.mark.parametrize(("event", "told"), [("invoice.edited", "edited_there"), ("invoice.changed", "edited_here")])
def test_an_edit_is_no_surprise(event, told, posted):
    invoice = posted(subtotal=Decimal(5), tax_total=Decimal(1), total=Decimal(6))
    assert cause(invoice) == "unknown"
    emit(event, invoice)
    assert cause(invoice) == told


def test_a_discount_on_the_other_side_of_the_tax_is_told(make_invoice, connection):
    books.tax_rates = {"TAX": TaxCodeRates("8", (TaxRatePart("8", Decimal(8)),)), "NON": TaxCodeRates()}
    invoice = make_invoice(
        subtotal=Decimal(100), discount_percent=Decimal(10), discount_total=Decimal(10), tax_after_discount=True,
        expected_tax=Decimal("7.20"), expected_total=Decimal("97.20"), tax_total=Decimal(8), total=Decimal(98),
    )  # fmt: skip
    InvoiceLine.objects.create(invoice=invoice, amount=Decimal(100), tax_code_external_id="TAX")
    assert cause(invoice) == "discount"


def test_card_and_page_show_it(web, posted, deal):
    books.tax_rates = vat("21")
    invoice = posted(tax_total=Decimal("0.21"), total=Decimal("1.20"), deal=deal)
    words = "The tax rate changed in QuickBooks"
    assert words in web.get(f"/invoices/{invoice.pk}/").content.decode()
    assert words in web.get(f"/invoices/of-deal/{deal.pk}/").content.decode()
