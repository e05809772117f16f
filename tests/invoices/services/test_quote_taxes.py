"""Taxes of quotes and accounting: which are offered, and that the invoice comes to what the quote said."""

from decimal import Decimal

import pytest
from django.utils import timezone

from core.registry import SalesTax
from crm import taxes
from crm.models import Deal
from crm.services import quotes
from crm.services.lines import LineValues
from crm.services.quotes import Discount
from invoices import draft_totals
from invoices.drafts import DraftContent
from invoices.models import Estimate, EstimateLine
from invoices.ports import TaxCodeChoice
from invoices.services import drafts
from invoices.services.estimates import keep_up
from tests.invoices.fakes import books

pytestmark = pytest.mark.django_db
D = Decimal


@pytest.fixture
def quote(deal, rep):
    Deal.objects.filter(pk=deal.pk).update(currency="GBP")
    deal.refresh_from_db()
    return quotes.create_from_deal(deal, by=rep)


def line(name: str, quantity: str, price: str, code: str, rate: int) -> LineValues:
    return LineValues(name, D(quantity), D(price), tax_code=code, tax_rate=D(rate))


def test_the_codes_of_usable_companies_are_offered_once_the_currencys_own_first(connection, uk_connection):
    books.tax_codes[connection.pk] = [TaxCodeChoice("8", "California", percent=D(8)), TaxCodeChoice("9", "20% S")]

    assert taxes.choices("GBP") == [
        SalesTax("20.0% S", D(20)), SalesTax("0.0% Z", D(0)), SalesTax("California", D(8)),
    ]  # fmt: skip


def test_an_invoice_from_a_quote_comes_to_what_the_quote_said_with_tax(uk_connection, quote, rep):
    wanted = [line("Design", "3", "33.35", "20% S", 20), line("Care", "1", "0.97", "20% S", 20),
              line("Book", "7", "4.99", "0% Z", 0)]  # fmt: skip
    quote = quotes.publish(quotes.set_lines(quote, wanted, by=rep, discount=Discount(percent=D("7.5"))), by=rep)
    said = taxes.taxes(wanted, quote.subtotal - quote.amount, "GBP")

    content = DraftContent.from_json(drafts.start_from("quote", quote=quote, by=rep).data)

    assert [each.tax_code for each in content.lines] == ["2", "2", "5"]
    billed = draft_totals.of_draft(content, books.accounts[-1]).totals
    assert (billed.tax, billed.total) == (said.total, quote.amount + said.total) == (D("18.69"), D("144.44"))


def test_an_estimate_follows_the_tax_code_of_a_draft(uk_connection, quote, rep):
    quotes.set_lines(quote, [line("Design", "1", "100", "20% S", 20)], by=rep)
    estimate = Estimate.objects.create(
        connection=uk_connection, quote=quote, currency="GBP", issued_on=timezone.localdate(),
        subtotal=D(100), expires_on=quote.expires_on,
    )  # fmt: skip
    EstimateLine.objects.create(
        estimate=estimate, position=0, item_external_id="4", item_name="Design", description="Design", quantity=1,
        unit_price=100, amount=100, tax_code_external_id="2", tax_code_name="20.0% S",
    )  # fmt: skip
    keep_up(quote.pk)
    assert not Estimate.objects.get().lines_waiting

    quotes.set_lines(quote, [line("Design", "1", "100", "0%z", 0)], by=rep)
    keep_up(quote.pk)

    kept = Estimate.objects.get().lines.get()
    assert (kept.tax_code_external_id, kept.tax_code_name, kept.item_external_id) == ("5", "0.0% Z", "4")
    assert Estimate.objects.get().lines_waiting
