"""Sync health in a browser: from a figure to its list and its file, from a refusal to its remedy."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from core.models import Heartbeat
from crm.models import Company
from sync.enums import Exclusion, Outcome
from sync.models import Link
from tests import makers
from tests.books import Books
from tests.e2e.axe import assert_accessible, assert_looks
from tests.e2e.conftest import sign_in

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


def records(books: Books) -> None:
    """Records that stand in every way."""
    books.customer("Bright Gardens")
    books.customer("Silent Ltd", email="")
    books.sync()
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": timezone.now()})
    owner = {"name": "Rose Yard", "qbo_id": "9", "entity": "Customer", "active": True}
    for name, values in {
        "Rose Yard": {
            "outcome": Outcome.FAILING,
            "reason": "QuickBooks already has the customer “Rose Yard”. Link to it, or use another name.",
            "detail": "The name supplied already exists.",
            "remedy": {"kind": "name", "name": "Rose Yard", "owner": owner, "can_link": True},
        },
        "Long Field": {
            "outcome": Outcome.FAILING,
            "reason": "Phone is too long for QuickBooks.",
            "remedy": {"kind": "field", "field": "PrimaryPhone"},
        },
        "Far Away": {
            "outcome": Outcome.EXCLUDED,
            "exclusion": Exclusion.FILTER,
            "reason": "Country is not Canada",
        },
        "Gone Ltd": {"outcome": Outcome.BROKEN, "reason": "It no longer exists in QuickBooks.", "qbo_id": "77"},
        "Waiting Ltd": {"outcome": Outcome.PENDING, "reason": "Read-only mode"},
    }.items():
        record = Company.objects.create(name=name)
        Link.objects.create(
            connection=books.connection, entity="Customer", object_type="company", object_id=record.pk, **values
        )


def test_from_a_figure_to_its_list_and_file_and_from_a_refusal_to_its_remedy(books: Books, window, live_server):
    records(books)
    makers.user("Admin", "admin@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    page.goto(f"{live_server.url}/settings/sync-health/")

    page.get_by_role("link", name="Companies: It does not match the filter").click()
    expect(page.get_by_role("link", name="Far Away", exact=True)).to_be_visible()
    expect(page.get_by_text("It does not match the filter: Country is not Canada")).to_be_visible()
    expect(page.get_by_role("link", name="Open the settings · Far Away")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert "Far Away" in download.value.path().read_text("utf-8-sig")

    page.goto(f"{live_server.url}/settings/sync-health/company/{books.connection.pk}/")
    expect(page.get_by_role("button", name="Link to “Rose Yard”")).to_be_visible()
    expect(page.get_by_role("link", name="Edit · Long Field")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Another name for Rose Yard in QuickBooks").fill("Rose Yard (2)")
    page.get_by_role("button", name="Rename Rose Yard").click()
    expect(page.get_by_role("heading", name="Sync health of")).to_be_visible()

    page.get_by_role("link", name="What QuickBooks has and the CRM has not").click()
    expect(page.get_by_text("It has no e-mail address")).to_be_visible()


def test_the_pages_are_accessible_and_fit_the_window(books: Books, window, live_server):
    records(books)
    makers.user("Admin", "admin@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    pk = books.connection.pk
    for path in (
        "/settings/sync-health/",
        f"/settings/sync-health/company/{pk}/",
        "/settings/sync-health/records/?outcome=failing",
        f"/settings/sync-health/company/{pk}/left-out/contact/",
        f"/companies/{Company.objects.get(name='Rose Yard').pk}/",
    ):
        page.goto(live_server.url + path)
        page.wait_for_load_state("networkidle")
        assert_looks(page)
