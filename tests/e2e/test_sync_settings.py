"""The sync settings in a browser: set-up to the initial sync, a change with its consequence, off, delete, upgrade."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from crm.models import Company
from crm.services import companies
from qbo_connector.models import ApiUsage
from sync.enums import SyncObject
from sync.models import ConnectionSettings, Link, ObjectSettings
from sync.services import objects
from tests import makers
from tests.books import Books
from tests.e2e.axe import assert_accessible, assert_fits
from tests.e2e.conftest import sign_in
from tests.sync.dry_runs import work_out
from tests.sync.views.test_setup import applied

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def admin(window, live_server, books: Books):
    """An admin's window on the page of a company with two customers, nothing set up; and the books."""
    by = makers.user("Admin", "admin@example.com")
    books.customer("Bright Gardens", "hello@bright.example")
    books.customer("Silent Stones", "")
    for name in ("contact", "product", "invoice"):
        books.settings(name, enabled=False)
    books.sync()
    companies.create(by=by, name="Ours alone", email="ours@example.com")
    page = window()
    sign_in(page, live_server.url, "admin@example.com")
    home = f"{live_server.url}/settings/connected-apps/quickbooks/{books.connection.pk}/"
    page.goto(home)
    return page, books, home


def looks_good(page: Page) -> None:
    """Nothing serious for axe in both themes, and nothing wider than a phone."""
    for theme in ("dark", "light"):
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        assert_accessible(page)
    page.set_viewport_size({"width": 390, "height": 844})
    assert_fits(page)
    page.set_viewport_size({"width": 1280, "height": 900})


def act(page: Page, label: str, name: str) -> None:
    """Choose from *Actions* of an object."""
    page.locator(f"#actions-{label}").click()
    page.locator("details[open] .menu-panel").get_by_text(name, exact=True).click()


def test_set_up_from_the_object_to_the_end_of_the_initial_sync(admin):
    page, books, _home = admin
    looks_good(page)
    page.get_by_role("link", name="Set up your sync").click()
    expect(page.get_by_role("heading", name="Choose an object to sync")).to_be_visible()
    looks_good(page)
    page.get_by_role("link", name="Set up Contacts and companies").click()

    expect(page.locator(".only-fields")).to_be_hidden()
    page.get_by_label("By chosen fields").check()
    expect(page.locator(".only-fields")).to_be_visible()
    page.get_by_label("Standard").check()
    page.locator("[name=display_name_template]").fill("{name} (CRM)")
    expect(page.locator("#name-preview")).to_contain_text("Ours alone (CRM)")
    looks_good(page)
    page.get_by_label("QuickBooks to CRM").check()
    expect(page.locator("[name=display_name_template]")).to_be_hidden()
    page.get_by_label("Both ways").check()
    page.get_by_role("button", name="Continue to the dry run").click()
    expect(page.locator(".dry-run-progress")).to_contain_text("Working it out")
    looks_good(page)
    work_out()

    expect(page.get_by_text("1 record is created in the CRM.")).to_be_visible()
    expect(page.get_by_text("1 object is created in QuickBooks.")).to_be_visible()
    looks_good(page)
    page.get_by_role("link", name="Stays out (CRM)").click()
    expect(page.get_by_role("cell", name="It has no e-mail address")).to_be_visible()
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("heading", name="Initial sync: Contacts and companies")).to_be_visible()
    applied(books)
    books.settle()

    expect(page.locator("#initial-sync")).to_contain_text("The initial sync is done: 2 companies in sync.")
    looks_good(page)
    assert Company.objects.filter(name="Bright Gardens").exists()


def test_a_change_tells_its_consequence_and_is_saved_after_a_yes(admin):
    page, books, home = admin
    objects.turn_on(books.connection, SyncObject.CONTACT, by=None)
    applied(books)
    page.goto(home)
    act(page, "contact", "Edit sync settings")
    page.locator("[name=without_email][value=included]").check()
    page.get_by_role("button", name="Continue").click()

    expect(page.get_by_role("heading", name="What this changes")).to_be_visible()
    work_out()
    expect(page.get_by_text("1 record is created in the CRM.")).to_be_visible()
    looks_good(page)
    assert ObjectSettings.objects.get(sync_object="contact").without_email == "excluded"
    page.get_by_role("button", name="Back to the settings").click()
    expect(page.locator("[name=without_email][value=included]")).to_be_checked()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("#toasts")).to_contain_text("everything is being looked at again")
    assert ObjectSettings.objects.get(sync_object="contact").without_email == "included"


def test_turn_off_keeps_and_delete_asks_what_happens_to_the_links(admin):
    page, books, home = admin
    objects.turn_on(books.connection, SyncObject.CONTACT, by=None)
    applied(books)
    linked = Link.objects.exclude(qbo_id="").count()
    page.goto(home)

    act(page, "contact", "Turn off sync")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Records, links, settings and mappings stay as they are.")
    dialog.get_by_role("button", name="Turn off sync").click()
    expect(page.locator("#switch-contact")).to_have_attribute("aria-checked", "false")
    assert Link.objects.exclude(qbo_id="").count() == linked

    act(page, "contact", "Delete sync")
    expect(page.get_by_text(re.compile("link is removed|links are removed"))).to_be_visible()
    looks_good(page)
    page.get_by_label("Remove the links").check()
    page.get_by_role("button", name="Delete sync").click()
    expect(page.get_by_role("alert").first).to_contain_text("Yes, delete this sync")
    page.get_by_label("Yes, delete this sync").check()
    page.get_by_role("button", name="Delete sync").click()
    expect(page.locator("#toasts")).to_contain_text("removed")
    assert not Link.objects.exclude(qbo_id="").exists()
    assert Company.objects.filter(name="Bright Gardens").exists()


def test_simple_is_upgraded_after_a_dry_run_and_undone(admin):
    page, _books, home = admin
    page.goto(f"{home}simple/")
    looks_good(page)
    page.get_by_label("Sync QuickBooks customers to contacts").check()
    page.get_by_label("Delete contacts").select_option("archive")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Delete contacts")).to_have_value("archive")
    # What was there before the switch takes part only with its next change.
    companies.create(by=makers.user("Admin", "admin@example.com"), name="New here", email="new@example.com")

    page.get_by_role("link", name="Upgrade to the full sync").click()
    looks_good(page)
    page.get_by_role("link", name="See what it would do").click()
    expect(page.locator(".dry-run-progress")).to_be_visible()
    work_out()
    expect(page.get_by_text("1 object is created in QuickBooks.")).to_be_visible()
    looks_good(page)
    page.get_by_role("button", name="Upgrade now").click()
    expect(page.locator("#toasts")).to_contain_text("Upgraded to the full sync")
    assert ConnectionSettings.objects.get().generation == "full"

    page.get_by_role("button", name="Undo the upgrade").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo the upgrade").click()
    expect(page.get_by_role("link", name="Edit the simple sync")).to_be_visible()
    contact = ObjectSettings.objects.get(sync_object="contact")
    assert (contact.direction, contact.removal, contact.enabled) == ("in", "archive", True)


def test_pace_budget_and_read_only_mode(admin, settings):
    page, books, home = admin
    settings.QBO_WEBHOOK_VERIFIER = "secret"
    ApiUsage.objects.update_or_create(
        connection=books.connection, day=timezone.now().date(), cause="cycle", defaults={"reads": 950}
    )
    page.goto(home)
    page.get_by_label("Minutes between two reads").fill("30")
    expect(page.locator("#reads-estimate")).to_contain_text(re.compile(r"About 1,[0-9]+ reads"))
    page.get_by_label("Economical").check()
    expect(page.locator("#reads-estimate")).to_contain_text(re.compile(r"About [0-9]{3} reads"))
    page.get_by_label("Budget of reads a month").fill("1000")
    page.get_by_role("button", name="Save limits").click()
    expect(page.locator("#reads")).to_contain_text("of 1,000 reads of this month are used")
    expect(page.locator(".reads-bar")).to_have_count(1)
    page.get_by_role("switch", name="Read-only mode").click()
    expect(page.locator(".banner-warning")).to_contain_text("Read-only mode is on: nothing is written")
    looks_good(page)
