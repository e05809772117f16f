"""“Set up your sync”: choose, set, dry run, switch on, watch; the simple set-up, its upgrade and the way back."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from crm.models import Company
from crm.services import companies
from qbo_connector.models import MirrorObject, PullSchedule
from sync.enums import Generation
from sync.models import ConnectionSettings, FieldMapping, Link, ObjectSettings, SyncDryRun
from sync.publish import backlog
from sync.reconcile import run
from sync.services import again, dry_runs
from tests.books import Books
from tests.sync.dry_runs import worked_out
from tests.sync.views.test_object_settings import company, sent, url

pytestmark = pytest.mark.django_db


def page_of(connection, name: str) -> str:
    return reverse(f"sync:{name}", args=[connection.pk])


def applied(books: Books) -> None:
    """What the workers do after a change."""
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))
    while not run.reconcile(books.connection):
        pass
    Company.objects.update(updated_at=timezone.now() - datetime.timedelta(minutes=1))
    for settings in backlog.sending():
        backlog.publish_left_behind(settings)


@pytest.mark.django_db(transaction=True)
def test_set_up_leads_from_the_object_to_the_end_of_the_initial_sync(admin, books):
    books.customer("Theirs", "theirs@example.com")
    books.customer("Their silent one", "")
    for name in ("contact", "product", "invoice"):
        books.settings(name, enabled=False)
    books.sync()
    companies.create(by=admin.user, name="Ours", email="ours@example.com")
    connection = books.connection

    choose = admin.get(page_of(connection, "set-up")).content.decode()
    assert "Choose an object to sync" in choose
    assert choose.count("Not set up") == 3
    response = admin.post(url(connection), {**sent(connection), "setup": "1"})
    assert response.url == f"{url(connection, 'dry-run')}?setup=1"
    waiting = admin.get(response.url).content.decode()
    assert "Working it out" in waiting
    assert "every 1s" in waiting
    assert "Switch on without waiting" in waiting
    dry = worked_out(admin, response.url)
    assert "every 1s" not in dry
    assert "1 record is created in the CRM." in dry
    assert "1 object is created in QuickBooks." in dry
    assert "1 object of QuickBooks stays out." in dry
    assert "It has no e-mail address: 1" in dry
    assert "<ins>theirs@example.com</ins>" in dry
    assert not Company.objects.filter(name="Theirs").exists()

    started = admin.post(page_of(connection, "switch"), {"object": "contact", "on": "1", "next": "started"})
    assert started.url == url(connection, "object-started")
    busy = admin.get(started.url, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in busy
    applied(books)
    books.settle()

    done = admin.get(started.url, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in done
    assert "The initial sync is done: 2 companies in sync." in done
    assert Company.objects.filter(name="Theirs").exists()


@pytest.mark.django_db(transaction=True)
def test_the_dry_run_is_listed_by_kind_and_in_pages(admin, books):
    books.settings("contact", enabled=False)
    books.customer("Theirs", "theirs@example.com")
    books.sync()
    for number in range(60):
        companies.create(by=admin.user, name=f"Ours {number:02}", email=f"ours{number}@example.com")
    address = url(books.connection, "dry-run")

    first = worked_out(admin, address)
    assert "1 to 50 of 61" in first
    assert "Theirs" in first
    assert "Ours 59" not in first
    second = admin.get(address, {"page": "2"}).content.decode()
    assert "51 to 61 of 61" in second
    assert "Ours 59" in second
    one_kind = admin.get(address, {"kind": "crm-create"}).content.decode()
    assert "1 to 1 of 1" in one_kind
    assert "Ours 01" not in one_kind
    assert admin.get(address, {"page": "x", "kind": "none"}).status_code == 200
    books.customer("Later", "later@example.com")
    books.sync()
    assert "1 record is created in the CRM" in worked_out(admin, address), "kept until somebody asks again"
    SyncDryRun.objects.update(finished_at=timezone.now() - datetime.timedelta(minutes=3))
    assert "3 min ago" in admin.get(address).content.decode().replace("\xa0", " ")
    again_page = admin.post(f"{address}?kind=crm-create", follow=True)
    assert again_page.redirect_chain == [(f"{address}?kind=crm-create", 302)]
    shown = again_page.content.decode()
    assert "1 record is created in the CRM" in shown, "the last one stays while the next is worked out"
    assert "Working it out" in shown
    assert "2 records are created in the CRM" in worked_out(admin, address)


@pytest.mark.django_db(transaction=True)
def test_what_is_too_much_to_list_is_counted_and_hides_no_other_kind(admin, books, monkeypatch):
    monkeypatch.setattr(dry_runs, "LISTED", 2)
    books.settings("contact", enabled=False)
    for number in range(4):
        books.customer(f"Theirs {number}", f"theirs{number}@example.com")
    books.sync()
    companies.create(by=admin.user, name="Ours", email="ours@example.com")
    address = url(books.connection, "dry-run")

    every = worked_out(admin, address)
    assert "4 records are created in the CRM." in every
    assert "1 to 3 of 5" in every
    assert "3 are listed, and 2 more are only counted" in every
    assert "Theirs 3" not in every
    assert ">Ours<" in admin.get(address, {"kind": "quickbooks-create"}).content.decode()


def test_the_initial_sync_says_what_needs_a_person(admin):
    connection = company(enabled=True)
    PullSchedule.objects.create(connection=connection, loaded_at=timezone.now(), cursor=timezone.now())
    shared = {"connection": connection, "entity": "Customer", "object_type": "company"}
    for number, outcome in enumerate(["in_sync", "excluded", "failing"]):
        more = {"exclusion": "no_email"} if outcome == "excluded" else {}
        Link.objects.create(**shared, qbo_id=str(number), object_id=number + 1, outcome=outcome, **more)

    page = admin.get(url(connection, "object-started")).content.decode()

    assert "The initial sync is done: 1 company in sync." in page
    assert "Open sync health" in page


def test_the_simple_set_up_has_three_tabs_with_a_toggle_and_two_dropdowns(admin):
    connection = company()
    address = page_of(connection, "simple")

    page = admin.get(address).content.decode()
    assert all(words in page for words in ("Create and update contacts", "Delete contacts", "Contacts", "Invoices"))
    assert "Create and update products" in admin.get(address, {"tab": "product"}).content.decode()
    assert "Delete invoice" in admin.get(address, {"tab": "invoice"}).content.decode()
    admin.post(address, {"tab": "contact", "enabled": "on", "incoming": "update", "removal": "archive"})
    admin.post(address, {"tab": "product", "enabled": "on", "incoming": "create", "removal": "nothing"})

    assert ConnectionSettings.objects.get(connection=connection).generation == Generation.SIMPLE
    rows = {row.sync_object: row for row in ObjectSettings.objects.filter(connection=connection)}
    contact, product, invoice = rows["contact"], rows["product"], rows["invoice"]
    assert (contact.enabled, contact.incoming, contact.removal, contact.direction) == (True, "update", "archive", "in")
    assert (product.enabled, product.incoming, invoice.enabled) == (True, "create", False)
    # Its objects are edited in the tabs; the page of all settings is for the full sync.
    assert admin.get(url(connection)).url == f"{address}?tab=contact"
    assert admin.post(address, {"tab": "contact", "incoming": "all", "removal": "nothing"}).status_code == 422


def test_a_running_full_sync_is_not_made_simple_by_accident(admin):
    connection = company(enabled=True)

    page = admin.post(
        page_of(connection, "simple"), {"tab": "contact", "incoming": "update", "removal": "nothing"}, follow=True
    )

    assert "Switch its objects off first" in page.content.decode()
    assert not ConnectionSettings.objects.filter(generation=Generation.SIMPLE).exists()
    assert "Set up the simple sync" not in admin.get(page_of(connection, "set-up")).content.decode()


def test_upgrade_shows_what_it_does_keeps_links_and_mappings_and_is_undone(admin):
    connection = company()
    admin.post(
        page_of(connection, "simple"),
        {"tab": "contact", "enabled": "on", "incoming": "update", "removal": "archive"},
    )
    linked = companies.create(by=admin.user, name="Linked", email="linked@example.com")
    companies.create(by=admin.user, name="Ours", email="ours@example.com")
    Link.objects.create(
        connection=connection, entity="Customer", qbo_id="7", object_type="company", object_id=linked.pk
    )
    before = (
        ObjectSettings.objects.filter(connection=connection)
        .order_by("pk")
        .values("sync_object", "direction", "removal")
    )
    as_simple, mappings = list(before), FieldMapping.objects.count()

    page = admin.get(page_of(connection, "connection-settings")).content.decode()
    assert "Upgrade to the full sync" in page
    explained = admin.get(page_of(connection, "upgrade")).content.decode()
    assert "All links (1)" in explained
    assert "plan" not in explained.lower().replace("explan", "")
    dry = worked_out(admin, page_of(connection, "upgrade"), {"step": "dry-run"})
    assert "1 object is created in QuickBooks." in dry
    listed = admin.get(url(connection, "dry-run"), {"upgrade": "1"}).content.decode()
    assert "Ours" in listed
    assert "What the full sync would do" in listed
    assert list(before.all()) == as_simple

    shown = admin.post(page_of(connection, "upgrade"), follow=True).content.decode()

    assert "Upgraded to the full sync" in shown
    assert "Undo the upgrade" in shown
    contact = ObjectSettings.objects.get(connection=connection, sync_object="contact")
    assert (contact.direction, contact.removal, contact.enabled) == ("both", "archive", True)
    assert (Link.objects.count(), FieldMapping.objects.count()) == (1, mappings)

    shown = admin.post(page_of(connection, "upgrade-undo"), follow=True).content.decode()

    assert "The sync is the simple one again" in shown
    assert list(before.all()) == as_simple
    assert (Link.objects.count(), FieldMapping.objects.count()) == (1, mappings)
    shown = admin.post(page_of(connection, "upgrade-undo"), follow=True).content.decode()
    assert "There is no upgrade to undo" in shown


def test_a_full_company_is_not_upgraded(admin):
    connection = company()
    assert "has the full sync already" in admin.post(page_of(connection, "upgrade"), follow=True).content.decode()


@pytest.mark.parametrize("name", ["object-settings", "dry-run", "object-started", "object-delete"])
def test_only_who_may_configure_gets_to_an_object(ops, name):
    assert ops.get(url(company(), name)).status_code == 403


@pytest.mark.parametrize("name", ["set-up", "simple", "upgrade", "name-preview"])
def test_only_who_may_configure_sets_up(ops, name):
    assert ops.get(page_of(company(), name)).status_code == 403


@pytest.mark.parametrize("size", [1, 30])
def test_set_up_costs_the_same_with_many_companies(admin, size, django_assert_max_num_queries):
    connection = company()
    for number in range(size):
        other = company()
        MirrorObject.objects.create(
            connection=other, entity="Customer", qbo_id=str(number), digest=b"1", remote_updated_at=timezone.now()
        )

    # Session, person, banner; company, rules, objects 4.
    with django_assert_max_num_queries(9):
        admin.get(page_of(connection, "set-up"))
    with django_assert_max_num_queries(11):
        admin.get(url(connection, "object-started"))
