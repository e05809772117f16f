"""From Connect to the consent page and back, over real HTTP, in every way it can end."""

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from qbo_connector import oauth
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, ConnectionToken, OAuthState
from qbo_connector.services import consent, status
from tests.quickbooks import connect as connected

pytestmark = pytest.mark.django_db
CONNECT = "/settings/connected-apps/quickbooks/connect/"


@pytest.fixture
def browser(admin, browser_of):
    """An admin's browser."""
    return browser_of(admin)


def reconnect_url(connection) -> str:
    return reverse("qbo_connector:reconnect", args=[connection.pk])


def kind_of(response) -> str:
    return response.context["kind"]


def test_the_callback_is_where_the_app_at_intuit_says():
    assert reverse("qbo_connector:callback") == oauth.CALLBACK_PATH


def test_a_company_is_connected(quickbooks, browser, admin, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm("uk"))

    response = browser.get(back)

    connection = Connection.objects.get()
    assert response.status_code == 302
    assert response["Location"] == reverse("sync:connection-settings", args=[connection.pk])
    assert (connection.realm_id, connection.country, connection.status, connection.connected_by) == (
        quickbooks.realm("uk"),
        "GB",
        ConnectionStatus.ACTIVE,
        admin,
    )
    assert Event.objects.filter(name="connection.connected", actor=admin, object_id=connection.pk).count() == 1
    assert connection.company_name in browser.get(response["Location"]).content.decode()


def test_a_second_company_is_connected_beside_the_first(quickbooks, browser, consent_page):
    connected(quickbooks, "us")

    browser.get(consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm("ca")))

    assert set(Connection.objects.values_list("country", flat=True)) == {"US", "CA"}


def test_deny_says_that_nothing_was_connected(quickbooks, browser, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("deny")

    response = browser.get(back)

    assert (response.status_code, kind_of(response)) == (200, "denied")
    assert "You chose not to connect" in response.content.decode()
    assert not Connection.objects.exists()


def test_a_wrong_state_connects_nothing(quickbooks, browser, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())

    response = browser.get(back.replace("state=", "state=x"))

    assert (response.status_code, kind_of(response)) == (400, "state")
    assert not Connection.objects.exists()
    assert browser.get(back).status_code == 302, "the real answer still works"


def test_another_persons_answer_connects_nothing(quickbooks, browser, browser_of, admin, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())

    response = browser_of(admin).get(back)  # the same person in another browser

    assert (response.status_code, kind_of(response)) == (400, "state")
    assert not Connection.objects.exists()


def test_an_answer_after_ten_minutes_is_too_late(quickbooks, browser, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    OAuthState.objects.update(created_at=timezone.now() - consent.STATE_LIFETIME)

    assert kind_of(browser.get(back)) == "state"


def test_coming_back_twice_connects_once(quickbooks, browser, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    browser.get(back)

    response = browser.get(back)

    assert (response.status_code, kind_of(response)) == (400, "state")
    assert Connection.objects.get().status == ConnectionStatus.ACTIVE
    assert Event.objects.filter(name="connection.connected").count() == 1


def test_a_browser_that_looks_ahead_uses_nothing_up(quickbooks, browser, consent_page):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())

    assert browser.get(back, headers={"Sec-Purpose": "prefetch;prerender"}).status_code == 503
    assert browser.head(back).status_code == 405
    assert browser.get(back).status_code == 302


def test_a_code_that_was_used_is_refused(quickbooks, browser, consent_page):
    first = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    browser.get(first)
    second = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    used = first.partition("code=")[2].partition("&")[0]
    fresh = second.partition("code=")[2].partition("&")[0]

    response = browser.get(second.replace(fresh, used))

    assert (response.status_code, kind_of(response)) == (400, "code")


@pytest.mark.parametrize("missing", ["code", "realmId"])
def test_an_answer_without_code_or_company_is_incomplete(quickbooks, browser, consent_page, missing):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())

    response = browser.get(back.replace(f"{missing}=", "other="))

    assert (response.status_code, kind_of(response)) == (400, "incomplete")


def test_an_empty_answer_is_explained(quickbooks, browser):
    response = browser.get(oauth.CALLBACK_PATH)

    assert (response.status_code, kind_of(response)) == (400, "state")


def test_reconnecting_keeps_the_company(quickbooks, browser, consent_page):
    connection = connected(quickbooks)
    status.needs_reconnect(connection, oauth.errors.NeedsReconnect())

    back = consent_page(browser.post(reconnect_url(connection))).decide("connect", connection.realm_id)
    browser.get(back)

    again = Connection.objects.get()
    assert (again.pk, again.status, again.status_reason) == (connection.pk, ConnectionStatus.ACTIVE, "")


def test_another_company_on_reconnect_changes_nothing(quickbooks, browser, consent_page):
    connection = connected(quickbooks)
    status.needs_reconnect(connection, oauth.errors.NeedsReconnect())

    back = consent_page(browser.post(reconnect_url(connection))).decide("connect", quickbooks.realm("uk"))
    response = browser.get(back)

    assert (response.status_code, kind_of(response)) == (400, "other-company")
    assert connection.company_name in response.content.decode()
    assert reconnect_url(connection) in response.content.decode(), "the button tries the same company again"
    assert Connection.objects.get().status == ConnectionStatus.NEEDS_RECONNECT


def test_without_keys_the_page_says_what_to_set(browser, settings):
    settings.QBO_CLIENT_ID = settings.QBO_CLIENT_SECRET = ""

    shown = browser.get(reverse("qbo_connector:connection-list")).content.decode()
    response = browser.post(CONNECT)

    assert "QBO_CLIENT_ID, QBO_CLIENT_SECRET" in shown
    assert CONNECT not in shown, "no button that can't work"
    assert (response.status_code, kind_of(response)) == (400, "keys")


def test_wrong_keys_are_the_operators_business(quickbooks, browser, consent_page, settings):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    settings.QBO_CLIENT_SECRET = "wrong"

    response = browser.get(back)

    assert (response.status_code, kind_of(response)) == (400, "keys")
    assert oauth.redirect_uri() in response.content.decode()


def test_quickbooks_away_is_said_at_once(quickbooks, browser, settings):
    settings.QBO_DISCOVERY_URL = "http://127.0.0.1:9/discovery"

    response = browser.post(CONNECT)

    assert (response.status_code, kind_of(response)) == (400, "unavailable")
    assert "can&#x27;t be reached" in response.content.decode()


def test_quickbooks_going_away_in_the_middle_connects_nothing(quickbooks, browser, consent_page, settings):
    back = consent_page(browser.post(CONNECT)).decide("connect", quickbooks.realm())
    settings.QBO_API_URL = "http://127.0.0.1:9"

    response = browser.get(back)

    assert (response.status_code, kind_of(response)) == (400, "unavailable")
    assert not Connection.objects.exists()


def test_only_who_may_connect_gets_anywhere(quickbooks, rep, browser_of):
    connection = connected(quickbooks)
    browser = browser_of(rep)

    answers = [
        browser.post(CONNECT),
        browser.post(reconnect_url(connection)),
        browser.get(f"{oauth.CALLBACK_PATH}?code=1&state=2&realmId=3"),
        browser.get(reverse("qbo_connector:connection-list")),
        browser.get(reverse("qbo_connector:app-list")),
        browser.get(reverse("qbo_connector:disconnect", args=[connection.pk])),
        browser.post(reverse("qbo_connector:disconnect", args=[connection.pk])),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert "Connect and disconnect QuickBooks companies" in answers[0].content.decode()
    assert Connection.objects.get().active
    assert ConnectionToken.objects.count() == 1
    assert not OAuthState.objects.exists()


def test_the_time_zone_that_an_admin_chose_survives(quickbooks, browser, consent_page):
    connection = connected(quickbooks)
    Connection.objects.update(time_zone="Europe/Paris")

    browser.get(consent_page(browser.post(reconnect_url(connection))).decide("connect", connection.realm_id))

    assert Connection.objects.get().time_zone == "Europe/Paris"
