"""Estimates of companies outside the US: tax codes and inclusive prices; another currency than the company's."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from crm.models import Quote
from crm.services import companies, deal_lines, deals, pipelines, quotes
from crm.services.lines import LineValues
from crm.services.quotes import Discount
from invoices.models import Estimate
from invoices.ports import accounting
from invoices.services import estimates
from invoices.services.estimates import NoEstimate, Wanted
from qbo_connector.models import Connection
from sync.publish import estimates as publishing
from tests import makers
from tests.quickbooks import QuickBooks, connect, drain_until_settled, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


def company_of(quickbooks: QuickBooks, name: str) -> Connection:
    company = connect(quickbooks, name)
    enable(company)
    sync_company(company)
    return company


def quote_in(currency: str, rep: User, *, tax_code: str = "") -> Quote:
    pipelines.ensure_default()
    buyer = companies.create(by=rep, name="Brand New Ltd", email="new@example.com")
    deal = deals.create(by=rep, name="Garden", company=buyer, currency=currency)
    deal_lines.set_lines(deal, [LineValues("Advice", Decimal(3), Decimal("33.35"), tax_code=tax_code)], by=rep)
    draft = quotes.create_from_deal(deal, by=rep)
    lines = [LineValues("Advice", Decimal(3), Decimal("33.35"), tax_code=tax_code)]
    return quotes.publish(quotes.set_lines(draft, lines, by=rep, discount=Discount(percent=Decimal(10))), by=rep)


def there(quickbooks: QuickBooks, company: Connection, estimate: Estimate) -> Any:
    return next(row for row in quickbooks.objects(company.realm_id, "Estimate") if row["Id"] == estimate.external_id)


def test_a_british_estimate_carries_its_tax_codes(quickbooks: QuickBooks, rep: User, transactional_db: None) -> None:
    company = company_of(quickbooks, "uk")
    code = next(code for code in accounting().tax_codes(company.pk) if code.percent == 20)
    quote = quote_in("GBP", rep, tax_code=code.name)
    proposal = estimates.propose(quote, company.pk)
    assert [match.tax_code for match in proposal.lines] == [code.external_id]

    estimate = estimates.request(quote, Wanted(company.pk), by=rep)
    publishing.publish(estimate.pk)
    drain_until_settled(company)
    sync_company(company)

    estimate.refresh_from_db()
    row = there(quickbooks, company, estimate)
    assert row["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"]["value"] == code.external_id
    assert (Decimal(str(row["TotalAmt"])), estimate.total) == (Decimal("108.05"), Decimal("108.05"))
    assert estimate.total - estimate.tax_total == quote.amount
    assert Quote.objects.filter(replaces=quote).count() == 0


def test_a_canadian_customer_is_quoted_in_its_currency(
    quickbooks: QuickBooks, rep: User, transactional_db: None
) -> None:
    company = company_of(quickbooks, "ca")
    code = accounting().tax_codes(company.pk)[0]
    quote = quote_in("USD", rep)
    estimate = estimates.request(quote, Wanted(company.pk, tax_codes={0: code.external_id}), by=rep)
    publishing.publish(estimate.pk)
    drain_until_settled(company)
    sync_company(company)
    estimate.refresh_from_db()
    assert there(quickbooks, company, estimate)["CurrencyRef"]["value"] == "USD"
    assert estimate.currency == "USD"


def test_a_company_with_one_currency_takes_no_other(quickbooks: QuickBooks, rep: User, us_company: Connection) -> None:
    enable(us_company)
    sync_company(us_company)
    with pytest.raises(NoEstimate, match="USD only"):
        estimates.request(quote_in("EUR", rep), Wanted(us_company.pk), by=rep)
    assert not Estimate.objects.exclude(request_id=None).exists()


def test_a_line_without_a_tax_code_is_refused_where_one_is_needed(
    quickbooks: QuickBooks, rep: User, transactional_db: None
) -> None:
    company = company_of(quickbooks, "uk")
    with pytest.raises(NoEstimate, match="tax code"):
        estimates.request(quote_in("GBP", rep), Wanted(company.pk), by=rep)
    assert not Estimate.objects.exclude(request_id=None).exists()
