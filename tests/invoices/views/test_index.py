"""The index: search, filters, order, pages, sums; all of it in the address."""

import datetime
import re
from dataclasses import replace
from decimal import Decimal

import pytest
from django.urls import reverse

from core.tables import tables, totals
from crm.models import Deal
from tests.invoices.fakes import TODAY, books

URL = "/invoices/"


def numbers(client, **query) -> list[str]:
    response = client.get(URL, query)
    assert response.status_code == 200
    return re.findall(r'<a class="row-link" href="/invoices/\d+/">([^<]+)</a>', response.content.decode())


@pytest.fixture
def some(make_invoice, deal, rep, admin, uk_connection):
    make_invoice(
        number="1037",
        customer_name="Sonnenschein Family Store",
        total=Decimal("362.07"),
        owner=rep,
        issued_on=TODAY - datetime.timedelta(days=1),
        due_on=TODAY + datetime.timedelta(days=29),
    )
    make_invoice(
        number="1038",
        customer_name="Cool Cars",
        total=Decimal(500),
        balance=Decimal("362.07"),
        status="partial",
        deal=deal,
        issued_on=TODAY,
        due_on=None,
        owner=admin,
    )
    make_invoice(
        number="GB-1",
        connection=uk_connection,
        currency="GBP",
        total=Decimal(90),
        status="overdue",
        issued_on=TODAY - datetime.timedelta(days=40),
        due_on=TODAY - datetime.timedelta(days=10),
    )


def test_all_invoices_newest_first(web, some):
    assert numbers(web) == ["1038", "1037", "GB-1"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("1037", ["1037"]),
        ("103", ["1038", "1037"]),
        ("sonnen fam", ["1037"]),
        ("362.07", ["1038", "1037"]),
        ("$362.07", ["1038", "1037"]),
        ("500", ["1038"]),
        ("nobody", []),
        ("%", []),
        ("9" * 60, []),
    ],
)
def test_search_by_number_customer_and_amount(web, some, words, found):
    assert numbers(web, q=words) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "partial"}, ["1038"]),
        ({"status": ["partial", "overdue"]}, ["1038", "GB-1"]),
        ({"due_on": "2026-11-01..2026-11-30"}, ["GB-1"]),
        ({"due_on": "2026-12-01.."}, ["1037"]),
        ({"total": "100..400"}, ["1037"]),
        ({"sort": "total"}, ["GB-1", "1037", "1038"]),
        ({"sort": "due_on"}, ["GB-1", "1037", "1038"]),
        ({"sort": "-due_on"}, ["1037", "GB-1", "1038"]),
        ({"sort": "customer_name"}, ["1038", "GB-1", "1037"]),
        ({"sort": "nonsense"}, ["1038", "1037", "GB-1"]),
        ({"cursor": "nonsense"}, ["1038", "1037", "GB-1"]),
        ({"due_on": "soon"}, ["1038", "1037", "GB-1"]),
        ({"owner": "x"}, ["1038", "1037", "GB-1"]),
    ],
)
def test_filters_and_order(web, some, query, found):
    assert numbers(web, **query) == found


def test_filters_by_company_owner_and_deal_owner(web, some, uk_connection, rep, admin):
    assert numbers(web, company=uk_connection.pk) == ["GB-1"]
    assert numbers(web, owner=rep.pk) == ["1037"]
    assert numbers(web, deal_owner=rep.pk) == ["1038"]


def test_a_filter_that_cannot_be_read_is_told(web, some):
    assert "soon" in web.get(URL, {"due_on": "soon"}).content.decode()


def test_pages_by_key_there_and_back(web, make_invoice):
    for number in range(60):
        make_invoice(number=f"N{number:02}", issued_on=TODAY - datetime.timedelta(days=number // 3))
    seen, cursor, page = [], "", ""
    for _ in range(3):
        page = web.get(URL, {"size": 25, "cursor": cursor}).content.decode()
        seen.append(re.findall(r'href="/invoices/\d+/">(N\d\d)<', page))
        following = re.search(r'rel="next" href="\?([^"]+)"', page)
        cursor = re.search(r"cursor=([^&]+)", following[1])[1] if following else ""
    assert [len(each) for each in seen] == [25, 25, 10]
    assert len({number for each in seen for number in each}) == 60
    back = re.search(r'rel="prev" href="\?([^"]+)"', page)[1].replace("&amp;", "&")
    assert re.findall(r'href="/invoices/\d+/">(N\d\d)<', web.get(f"{URL}?{back}").content.decode()) == seen[1]


def test_sums_of_what_is_filtered_by_currency(web, some):
    page = " ".join(web.get(reverse("tables:sums", args=["invoice"])).content.decode().split())
    assert "2 in USD" in page
    assert "$862.07" in page
    assert "$724.14" in page
    assert "1 in GBP" in page

    page = web.get(reverse("tables:sums", args=["invoice"]), {"status": "partial"}).content.decode()
    assert "$500.00" in page
    assert "GBP" not in page


def test_sums_that_take_too_long_ask_to_narrow_the_filter(web, some, monkeypatch):
    monkeypatch.setattr(totals, "LIMIT_MS", 1)

    def asleep(rows, query):
        return rows.extra(where=["pg_sleep(0.05) IS NOT NULL"])

    monkeypatch.setitem(tables, "invoice", replace(tables["invoice"], fitted=asleep))

    assert "narrow the filter" in web.get(reverse("tables:sums", args=["invoice"])).content.decode()


def test_invoices_that_quickbooks_deleted_are_marked_and_have_no_status(web, make_invoice):
    gone = make_invoice(number="1", removed_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC))

    assert numbers(web) == ["1"]
    assert "Deleted in QuickBooks" in web.get(URL).content.decode()
    assert numbers(web, status=gone.status) == []


def test_archived_invoices_are_not_listed(web, make_invoice):
    make_invoice(archived_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC))

    assert numbers(web) == []


def test_empty_states_differ(web, make_invoice):
    assert "No invoices yet" in web.get(URL).content.decode()
    assert "Nothing matches" in web.get(URL, {"q": "x"}).content.decode()


def test_without_a_company_it_says_whom_to_ask(web, client, admin):
    assert "Ask an admin" in web.get(URL).content.decode()
    client.force_login(admin)
    assert "Connect QuickBooks" in client.get(URL).content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_costs_the_same_for_one_and_many(web, make_invoice, stage, rep, django_assert_max_num_queries, count):
    for number in range(count):
        make_invoice(deal=Deal.objects.create(name=str(number), stage=stage), owner=rep)
    web.get(URL)

    with django_assert_max_num_queries(8):
        assert len(numbers(web)) == count


def test_figures_are_never_stored_by_browsers(web, some):
    for url in (URL, reverse("tables:sums", args=["invoice"])):
        assert web.get(url)["Cache-Control"] == "no-cache, no-store"


def test_an_unreadable_accounting_is_told(web, some, monkeypatch):
    def broken(self, ids):
        self._answer()

    books.broken = "The mirror is away."
    monkeypatch.setattr("tests.invoices.fakes.ListAccounting.sync_marks", broken)

    assert "The mirror is away." in web.get(URL).content.decode()
