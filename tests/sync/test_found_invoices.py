"""Invoices of QuickBooks that the CRM does not have: searched in the mirror, added, and followed from then on."""

import datetime
from decimal import Decimal

import pytest

from accounts.models import User
from crm.models import Company
from invoices.models import Invoice
from invoices.ports import AccountingUnavailable, InvoiceSearch, accounting
from invoices.services import links
from qbo_connector.models import ApiUsage, Connection
from sync.models import Link
from tests import makers
from tests.quickbooks import QuickBooks, connect, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(quickbooks: QuickBooks, transactional_db: None) -> Connection:
    """Invoices are mirrored, but the sync of invoices is off: the CRM has none."""
    found = connect(quickbooks)
    enable(found, "contact", "product")
    sync_company(found)
    assert not Invoice.objects.exists()
    return found


def numbers(company: Connection, **wanted: object) -> list[str]:
    found = accounting().find_invoices(company.pk, InvoiceSearch(**wanted), limit=100)  # type: ignore[arg-type]
    return [row.number for row in found.rows]


def test_they_are_found_by_number_customer_amount_and_date(company: Connection) -> None:
    everything = accounting().find_invoices(company.pk, InvoiceSearch(), limit=100).rows
    one = next(row for row in everything if row.number == "1037")

    assert numbers(company, words="1037") == ["1037"]
    assert "1037" in numbers(company, words="sonnenschein")
    assert "1037" in numbers(company, words=str(one.total))
    assert one.issued_on is not None
    assert "1037" in numbers(company, words="1037", issued_from=one.issued_on, issued_to=one.issued_on)
    assert numbers(company, words="1037", issued_from=one.issued_on + datetime.timedelta(days=1)) == []
    assert numbers(company, words="no such thing") == []


def test_pages_go_on_where_the_last_one_ended(company: Connection) -> None:
    seen: list[str] = []
    after = 0
    while True:
        page = accounting().find_invoices(company.pk, InvoiceSearch(after=after), limit=10)
        seen += [row.external_id for row in page.rows]
        if not page.next:
            break
        after = page.next
    assert len(seen) == len(set(seen)) == len(accounting().find_invoices(company.pk, InvoiceSearch(), limit=100).rows)


def test_those_of_a_records_customers_come_first(company: Connection) -> None:
    cars = Company.objects.get(name="Cool Cars")
    found = accounting().find_invoices(company.pk, InvoiceSearch(record=("company", cars.pk)), limit=100).rows
    assert {row.customer_name for row in found} == {"Cool Cars"}


def test_a_chosen_one_comes_into_the_crm_and_is_followed(
    quickbooks: QuickBooks, company: Connection, rep: User
) -> None:
    cars = Company.objects.get(name="Cool Cars")
    row = accounting().find_invoices(company.pk, InvoiceSearch(record=("company", cars.pk))).rows[0]

    ids = accounting().track(company.pk, [row.external_id])
    links.add(ids.values(), cars, by=rep)

    invoice = Invoice.objects.get()
    assert (invoice.number, invoice.tracked, invoice.total) == (row.number, True, row.total)
    assert cars in invoice.companies.all()
    assert Link.objects.filter(object_type="invoice", object_id=invoice.pk, qbo_id=row.external_id).exists()
    assert accounting().track(company.pk, [row.external_id]) == ids
    fields = {"CustomerMemo": {"value": "Changed there"}}
    path = f"objects/{company.realm_id}/Invoice/{row.external_id}"
    quickbooks.call("POST", path, {"operation": "update", "fields": fields})
    sync_company(company)
    invoice.refresh_from_db()
    assert invoice.message == "Changed there"
    found = accounting().find_invoices(company.pk, InvoiceSearch(external_ids=[row.external_id])).rows
    assert [each.invoice_id for each in found] == [invoice.pk]


@pytest.mark.parametrize("limit", [1, 30])
def test_a_page_costs_the_same_for_one_and_many(
    company: Connection, django_assert_max_num_queries: object, limit: int
) -> None:
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        accounting().find_invoices(company.pk, InvoiceSearch(words="a"), limit=limit)


def test_the_payment_link_is_asked_once_and_counted_under_its_cause(
    quickbooks: QuickBooks, company: Connection
) -> None:
    path = f"objects/{company.realm_id}/Invoice/130"
    quickbooks.call("POST", path, {"operation": "update", "fields": {"AllowOnlineACHPayment": True}})
    ids = accounting().track(company.pk, ["130"])
    invoice = Invoice.objects.select_related("connection").get(pk=ids["130"])

    first = accounting().payment_link(invoice)
    assert first.startswith("http")
    assert accounting().payment_link(invoice) == first
    invoice.refresh_from_db()
    assert invoice.payment_url == first
    assert invoice.balance > Decimal(0)
    usage = ApiUsage.objects.get(connection=company, cause="payment_link")
    assert usage.reads == 1


def test_without_a_connection_there_is_a_reason_and_no_link(company: Connection) -> None:
    ids = accounting().track(company.pk, ["130"])
    Connection.objects.filter(pk=company.pk).update(status="reconnect")
    with pytest.raises(AccountingUnavailable, match="not connected"):
        accounting().payment_link(Invoice.objects.select_related("connection").get(pk=ids["130"]))
