"""The list of companies in every state, and disconnecting one."""

import datetime

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from qbo_connector import errors
from qbo_connector.enums import Cause, ConnectionStatus, OperationState
from qbo_connector.models import ApiUsage, Connection, ConnectionToken, MirrorObject, Operation, PullSchedule
from qbo_connector.services import meter, status
from tests.quickbooks import connect as connected

pytestmark = pytest.mark.django_db
LIST = "/settings/connected-apps/quickbooks/"
CONNECT = "Connect QuickBooks account"


@pytest.fixture
def browser(admin, browser_of):
    """An admin's browser."""
    return browser_of(admin)


def company(number: int = 1, **values) -> Connection:
    """A company without tokens."""
    values = {"company_name": f"Company {number}", "country": "US", "environment": "sandbox", **values}
    connection = Connection.objects.create(realm_id=str(number), **values)
    PullSchedule.objects.create(connection=connection, finished_at=timezone.now(), loaded_at=timezone.now())
    return connection


def page(browser, url=LIST) -> str:
    response = browser.get(url)
    assert response.status_code == 200
    return response.content.decode()


def test_without_a_company_the_page_says_what_will_happen(browser):
    shown = page(browser)

    assert "No QuickBooks company is connected yet" in shown
    assert CONNECT in shown
    assert "Not connected" in page(browser, "/settings/connected-apps/")


def test_in_the_demo_the_page_says_whose_consent_page_opens(browser, settings):
    assert "simulator&#x27;s" not in page(browser)

    settings.DEMO = True

    assert "the consent page that opens is the simulator's" in page(browser)


def test_a_connected_company_shows_its_figures(browser, admin):
    connection = company(connected_by=admin, environment="production", country="GB", home_currency="GBP")
    meter.record(connection, Cause.CYCLE, reads=1200)
    meter.record(connection, Cause.CONNECT, reads=34)
    ApiUsage.objects.create(connection=connection, day=datetime.date(2020, 1, 1), cause=Cause.CYCLE, reads=500)

    shown = page(browser)

    for words in ("Company 1", "GB · GBP", "Production", "Connected", "Ada Admin", "1,234", "just now", "Sync now"):
        assert words in shown, words
    assert CONNECT in shown, "one more company can be connected"
    assert "Company 1" in page(browser, "/settings/connected-apps/")


@pytest.mark.parametrize(
    ("environment", "badge"), [("production", "Production"), ("sandbox", "Sandbox"), ("simulator", "Simulator")]
)
def test_a_badge_tells_real_books_from_others(browser, environment, badge):
    company(environment=environment)

    assert f"<span>{badge}</span>" in page(browser)


def test_a_company_that_needs_a_person_says_why(browser):
    connection = company()
    status.needs_reconnect(connection, errors.NeedsReconnect())

    shown = page(browser)

    assert "Needs to be reconnected" in shown
    assert str(errors.NeedsReconnect.sentence) in shown
    assert reverse("qbo_connector:reconnect", args=[connection.pk]) in shown
    assert reverse("sync:sync-now", args=[connection.pk]) not in shown


def test_a_paused_company_says_why(browser):
    status.pause(company(), errors.CompanyInactive())

    assert str(errors.CompanyInactive.sentence) in page(browser)


def test_a_failed_read_is_shown(browser):
    company()
    PullSchedule.objects.update(failures=3, last_problem="QuickBooks had an internal error.")

    assert "QuickBooks had an internal error." in page(browser)


def test_a_company_name_is_text(browser):
    company(company_name='<script>alert("1")</script>')

    shown = page(browser)

    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown


@pytest.mark.parametrize("url", [LIST, "/settings/connected-apps/"])
def test_thirty_companies_cost_no_more_statements_than_one(browser, django_assert_max_num_queries, url):
    company(1)
    with django_assert_max_num_queries(8) as one:
        browser.get(url)
    for number in range(2, 31):
        company(number)

    with django_assert_max_num_queries(8) as thirty:
        browser.get(url)

    assert len(thirty) == len(one)


def test_disconnecting_asks_first_and_says_what_is_pending(browser, quickbooks):
    connection = connected(quickbooks)
    MirrorObject.objects.create(
        connection=connection,
        entity="Customer",
        qbo_id="5",
        name="Cool Cars",
        digest=b"1",
        remote_updated_at=timezone.now(),
    )
    for number, state in enumerate([OperationState.PLANNED, OperationState.UNKNOWN, OperationState.DONE]):
        Operation.objects.create(
            connection=connection,
            entity="Invoice",
            subject=f"invoice:{number}",
            request_id=str(number),
            intent={"CustomerRef": {"value": "5"}},
            state=state,
        )

    shown = page(browser, reverse("qbo_connector:disconnect", args=[connection.pk]))

    assert "2 changes have not reached QuickBooks yet" in shown
    assert "Invoice: 2" in shown
    assert shown.count("Cool Cars") == 2
    assert "their links to QuickBooks" in shown
    assert Connection.objects.get().active


def test_disconnecting_withdraws_our_access_and_keeps_the_rest(browser, quickbooks, admin):
    connection = connected(quickbooks)
    Operation.objects.create(connection=connection, entity="Invoice", subject="invoice:1", request_id="1", intent={})
    url = reverse("qbo_connector:disconnect", args=[connection.pk])

    response = browser.post(url, follow=True)

    assert response.redirect_chain == [(LIST, 302)]
    assert "is disconnected. Its data and links stay." in response.content.decode()
    assert Connection.objects.get().status == ConnectionStatus.DISCONNECTED
    assert not ConnectionToken.objects.exists()
    assert Operation.objects.get().state == OperationState.PLANNED
    assert Event.objects.get(name="connection.disconnected").actor == admin
    assert "disconnected already" in browser.post(url, follow=True).content.decode()
    assert Event.objects.filter(name="connection.disconnected").count() == 1


def test_disconnecting_ends_here_even_when_quickbooks_is_away(browser, quickbooks, settings):
    connection = connected(quickbooks)
    settings.QBO_DISCOVERY_URL = "http://127.0.0.1:9/discovery"

    response = browser.post(reverse("qbo_connector:disconnect", args=[connection.pk]), follow=True)

    assert "QuickBooks did not confirm it" in response.content.decode()
    assert Connection.objects.get().status == ConnectionStatus.DISCONNECTED
    assert not ConnectionToken.objects.exists()


def test_the_banner_leads_an_admin_to_reconnect_and_tells_others_whom_to_ask(browser, admin, rep, browser_of):
    connection = company(connected_by=admin)
    status.needs_reconnect(connection, errors.NeedsReconnect())

    for_admin = page(browser, "/settings/profile/")
    for_rep = page(browser_of(rep), "/settings/profile/")

    assert "“Company 1” needs to be reconnected to QuickBooks." in for_admin
    assert f"{LIST}#company-{connection.pk}" in for_admin
    assert "new invoices wait until it is. Ask Ada Admin" in for_rep
    assert LIST not in for_rep


def test_many_companies_that_need_a_person_share_a_banner(browser):
    for number in range(5):
        status.needs_reconnect(company(number), errors.NeedsReconnect())

    shown = page(browser, "/settings/profile/")

    assert "5 QuickBooks companies need to be reconnected." in shown
    assert shown.count('class="banner') == 1


def test_the_banner_costs_one_statement(browser):
    def banner_statements() -> int:
        with CaptureQueriesContext(database) as captured:
            browser.get("/settings/profile/")
        return sum("qbo_connector_connection" in query["sql"] for query in captured)

    company()
    assert banner_statements() == 1
    status.needs_reconnect(Connection.objects.get(), errors.NeedsReconnect())
    assert banner_statements() == 1
