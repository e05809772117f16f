"""The home page's card of failing records."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from tests.sync.views.test_health import company, link_of, refused_invoice

pytestmark = pytest.mark.django_db
URL = "/settings/sync-health/home/failures/"


def card(browser) -> str:
    response = browser.get(URL)
    assert response.status_code == 200
    return response.content.decode()


def test_the_most_frequent_causes_come_first_and_lead_to_their_records(ops):
    connection = company()
    first = refused_invoice(connection, "Cool Cars", "The period is closed.")
    refused_invoice(connection, "Berger", "The period is closed.")
    refused_invoice(connection, "Kestrel <b>", "The customer was deleted.")

    shown = card(ops)

    assert shown.index("The period is closed.") < shown.index("The customer was deleted.")
    assert "3 records need a person" in shown
    assert "Kestrel &lt;b&gt;" in shown
    link = next(part for part in shown.split('href="') if "cause=" in part).split('"')[0].replace("&amp;", "&")
    records = ops.get(link).content.decode()
    assert ("Cool Cars" in records, "Kestrel" in records) == (True, False)
    assert link_of(first).outcome == "failing"


def test_nothing_failed(ops):
    assert "Nothing failed" in card(ops)


def test_who_may_not_see_health_has_no_such_card(rep):
    assert rep.get(URL).status_code == 403
    assert "failures-home" not in rep.get("/").content.decode()


def test_its_statements_do_not_grow(ops):
    books = company()
    refused_invoice(books, "One", "Reason 0")
    card(ops)
    with CaptureQueriesContext(database) as one:
        card(ops)
    for number in range(12):
        refused_invoice(books, f"Customer {number}", f"Reason {number % 6}")
    with CaptureQueriesContext(database) as many:
        shown = card(ops)
    assert len(many) <= len(one)
    assert ("13 records need a person" in shown, shown.count("Reason ")) == (True, 5)
