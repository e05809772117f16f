"""Sync settings of a company: progress, switches, interval and time zone, "Sync now"."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from core.models import Event, Heartbeat
from crm.models import Contact, Product
from invoices.models import Invoice
from qbo_connector import errors
from qbo_connector.enums import Cause, ConnectionStatus, LoadState
from qbo_connector.models import ApiUsage, Connection, LoadProgress, MirrorObject, PullSchedule
from qbo_connector.services import status
from sync import progress
from sync.models import ObjectSettings
from sync.reconcile import run
from sync.services import again
from tests import makers
from tests.quickbooks import connect, read_company, sync_company

pytestmark = pytest.mark.django_db


def company(**values) -> Connection:
    """A company that was read completely a minute ago and is not due."""
    values = {"company_name": "Cool Cars Inc", "country": "US", "environment": "sandbox", **values}
    connection = Connection.objects.create(realm_id=str(Connection.objects.count() + 1), **values)
    now = timezone.now()
    PullSchedule.objects.create(
        connection=connection,
        loaded_at=now,
        finished_at=now - datetime.timedelta(minutes=1),
        cursor=now,
        due_at=now + datetime.timedelta(minutes=5),
    )
    Heartbeat.objects.update_or_create(name="worker", defaults={"beaten_at": now})
    return connection


def url(name: str, connection: Connection) -> str:
    return reverse(f"sync:{name}", args=[connection.pk])


def mirror(connection: Connection, entity: str, count: int, *, unread: bool) -> None:
    MirrorObject.objects.bulk_create(
        MirrorObject(
            connection=connection,
            entity=entity,
            qbo_id=str(number),
            digest=b"1",
            remote_updated_at=timezone.now(),
            unread=unread,
        )
        for number in range(count)
    )


def first_load(connection: Connection, **entities: tuple[LoadState, int, int | None]) -> None:
    PullSchedule.objects.filter(connection=connection).update(loaded_at=None, cursor=None, finished_at=None)
    LoadProgress.objects.bulk_create(
        LoadProgress(connection=connection, entity=entity, state=state, loaded=loaded, expected=expected)
        for entity, (state, loaded, expected) in entities.items()
    )


def test_the_first_load_shows_a_bar_for_each_entity_and_asks_again(admin):
    connection = company()
    first_load(
        connection,
        Account=(LoadState.DONE, 90, 90),
        Customer=(LoadState.DONE, 2340, 2340),
        Item=(LoadState.DONE, 0, 0),
        Invoice=(LoadState.RUNNING, 1200, 3400),
        Payment=(LoadState.WAITING, 0, None),
    )
    mirror(connection, "Customer", 3, unread=True)

    response = admin.get(url("connection-progress", connection))

    shown = response.content.decode()
    assert response["HX-Trigger"] == "sync-progress"
    assert "every 2s" in shown
    assert "1,200 of 3,400 read" in shown
    assert "2,340 read, applying 3…" in shown
    assert '<progress max="3400" value="1200"' in shown
    assert "First load" in shown
    assert '<progress max="100" value="67"' in shown
    assert "No worker" not in shown
    assert "First load" in admin.get(url("connection-settings", connection)).content.decode(), "a reload loses nothing"


def test_before_quickbooks_was_asked_everything_is_waiting():
    connection = company()
    first_load(connection)

    found = progress.of(connection)

    assert (found.stage, found.percent) == ("loading", 0)
    assert {step.words for step in found.steps} == {"waiting"}


def test_more_objects_than_expected_do_not_overfill_the_bar():
    connection = company()
    first_load(connection, Invoice=(LoadState.RUNNING, 120, 100))

    invoices = next(step for step in progress.of(connection).steps if step.label == "Invoices")

    assert (invoices.value, invoices.maximum) == (120, 120)


def test_applying_goes_on_after_reading(admin):
    connection = company()
    mirror(connection, "Invoice", 2, unread=True)

    shown = admin.get(url("connection-progress", connection)).content.decode()

    assert "Applying what was read" in shown
    assert "every 2s" in shown


def test_when_all_is_done_nobody_asks_again(admin):
    connection = company()
    LoadProgress.objects.create(connection=connection, entity="Customer", state=LoadState.DONE, loaded=29, expected=29)

    response = admin.get(url("connection-progress", connection))

    shown = response.content.decode()
    assert response["HX-Trigger"] == "sync-finished"
    assert "every 2s" not in shown
    assert "Up to date" in shown
    assert "1 min at most" in shown
    assert "Customers: 29" in shown


def test_a_failing_read_says_why_and_how_often(admin):
    connection = company()
    PullSchedule.objects.update(failures=4, last_problem="QuickBooks had an internal error.")

    shown = admin.get(url("connection-progress", connection)).content.decode()

    assert "The last 4 tries failed" in shown
    assert "QuickBooks had an internal error." in shown
    assert "It is tried again by itself." in shown


def test_a_stopped_company_says_so_and_does_not_ask_again(admin):
    connection = company()
    status.needs_reconnect(connection, errors.NeedsReconnect())
    mirror(connection, "Invoice", 2, unread=True)

    shown = admin.get(url("connection-progress", connection)).content.decode()

    assert "The sync has stopped" in shown
    assert str(errors.NeedsReconnect.sentence) in shown
    assert "every 2s" not in shown


def test_a_silent_worker_is_named_as_the_reason(admin):
    connection = company()
    first_load(connection)
    Heartbeat.objects.update(beaten_at=timezone.now() - datetime.timedelta(minutes=5))

    assert "No worker has reported for a while" in admin.get(url("connection-progress", connection)).content.decode()


@pytest.mark.django_db(transaction=True)
def test_switching_an_object_on_applies_what_was_read(admin, quickbooks):
    connection = connect(quickbooks)
    sync_company(connection)
    assert not Contact.objects.exists()

    response = admin.post(url("switch", connection), {"object": "contact", "on": "1"}, headers={"HX-Request": "true"})
    assert not MirrorObject.objects.filter(unread=True).exists(), "a worker marks what is to be applied"
    assert "Applying what was read" in admin.get(url("connection-progress", connection)).content.decode()
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))
    while not run.reconcile(connection):
        pass
    assert "Applying what was read" not in admin.get(url("connection-progress", connection)).content.decode()

    assert response.status_code == 200
    assert 'id="switch-contact" role="switch" aria-checked="true"' in response.content.decode()
    assert "sync-started" in response["HX-Trigger"]
    assert Contact.objects.exists()
    assert not Product.objects.exists()
    assert Event.objects.get(name="sync.switched_on").actor == admin.user
    shown = admin.get(url("connection-objects", connection)).content.decode()
    assert "29 customers in QuickBooks" in shown
    assert "17 companies and 26 contacts in the CRM" in shown
    assert "31 invoices and 16 payments in QuickBooks" in shown
    assert "0 invoices and 0 payments in the CRM" in shown


@pytest.mark.django_db(transaction=True)
def test_switching_off_keeps_the_records(admin, quickbooks):
    connection = connect(quickbooks)
    read_company(connection)
    for on in ("1", "0"):
        admin.post(url("switch", connection), {"object": "invoice", "on": on})
        while not run.reconcile(connection):
            pass

    assert Invoice.objects.count() == 31
    assert ObjectSettings.objects.get(connection=connection, sync_object="invoice").enabled is False
    history = admin.get(url("connection-settings", connection)).content.decode()
    assert "switched off the sync of Invoices and payments" in history


def test_an_unknown_object_is_refused(admin):
    assert admin.post(url("switch", company()), {"object": "everything", "on": "1"}).status_code == 400
    assert not ObjectSettings.objects.exists()


def test_interval_and_time_zone_are_saved_with_their_cost(admin):
    connection = company()

    response = admin.post(
        url("connection-settings", connection), {"interval_minutes": "2", "time_zone": "Europe/London"}, follow=True
    )

    connection.refresh_from_db()
    assert (connection.interval_minutes, connection.time_zone) == (2, "Europe/London")
    assert connection.pull.due_at <= timezone.now() + datetime.timedelta(minutes=2), "not only after the next read"
    shown = response.content.decode()
    assert "About 21,720 reads a month" in shown
    assert "set the sync to every 2 minutes and set the time zone to Europe/London" in shown
    assert Event.objects.filter(name="connection.settings_changed").count() == 1


def test_saving_what_is_set_already_tells_nothing(admin):
    connection = company(time_zone="UTC")

    admin.post(url("connection-settings", connection), {"interval_minutes": "10", "time_zone": "UTC"})

    assert not Event.objects.filter(name="connection.settings_changed").exists()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"interval_minutes": "0"}, "greater than or equal to 1"),
        ({"interval_minutes": "61"}, "less than or equal to 60"),
        ({"interval_minutes": "soon"}, "Enter a whole number"),
        ({"interval_minutes": ""}, "This field is required"),
        ({"time_zone": "Mars/Base"}, "Select a valid choice"),
    ],
)
def test_wrong_values_are_refused_at_the_field(admin, values, words):
    connection = company()

    response = admin.post(
        url("connection-settings", connection), {"interval_minutes": "10", "time_zone": "UTC", **values}
    )

    assert response.status_code == 422
    assert words in response.content.decode()
    connection.refresh_from_db()
    assert (connection.interval_minutes, connection.time_zone) == (10, "UTC")


@pytest.mark.parametrize(
    ("typed", "words"),
    [("10", "About 4,440 reads"), ("1", "About 43,320 reads"), ("", "Type a number"), ("999", "Type a number")],
)
def test_the_estimate_follows_the_field(admin, typed, words):
    response = admin.get(url("reads-estimate", company()), {"interval_minutes": typed})

    assert words in response.content.decode()


def test_sync_now_makes_the_company_due(ops):
    connection = company()

    response = ops.post(url("sync-now", connection), {"back": "health"}, follow=True)

    plan = PullSchedule.objects.get(connection=connection)
    assert plan.due_at <= timezone.now()
    assert (plan.cause, plan.read_reference) == (Cause.SYNC_NOW, True)
    assert response.redirect_chain == [(reverse("sync:health"), 302)]
    assert "is being read now" in response.content.decode()
    assert progress.of(connection).stage == "reading"


def test_sync_now_of_a_disconnected_company_is_refused_in_words(admin):
    connection = company(status=ConnectionStatus.DISCONNECTED)

    response = admin.post(url("sync-now", connection), follow=True)

    assert "can&#x27;t be read: disconnected" in response.content.decode()
    assert PullSchedule.objects.get().requested_at is None


@pytest.mark.django_db(transaction=True)
def test_the_time_zone_stays_when_the_company_is_read(quickbooks):
    connection = connect(quickbooks)
    Connection.objects.update(time_zone="Europe/Paris")

    read_company(connection)

    connection.refresh_from_db()
    assert connection.time_zone == "Europe/Paris"
    assert connection.reference_read_at is not None


def test_only_who_may_configure_gets_here(ops):
    connection = company()

    answers = [
        ops.get(url("connection-settings", connection)),
        ops.post(url("connection-settings", connection), {"interval_minutes": "1", "time_zone": "UTC"}),
        ops.get(url("connection-progress", connection)),
        ops.get(url("connection-objects", connection)),
        ops.get(url("reads-estimate", connection)),
        ops.post(url("switch", connection), {"object": "contact", "on": "1"}),
    ]

    assert [answer.status_code for answer in answers] == [403] * len(answers)
    assert "Change what is synced" in answers[0].content.decode()
    assert not ObjectSettings.objects.exists()


def test_economical_needs_webhooks(admin, settings):
    connection = company(time_zone="UTC")
    sent = {"interval_minutes": "10", "time_zone": "UTC", "economical": "on"}
    settings.QBO_WEBHOOK_VERIFIER = ""

    admin.post(url("connection-settings", connection), sent)
    connection.refresh_from_db()
    assert not connection.economical
    assert "QBO_WEBHOOK_VERIFIER" in admin.get(url("connection-settings", connection)).content.decode()

    settings.QBO_WEBHOOK_VERIFIER = "secret"
    admin.post(url("connection-settings", connection), sent)
    connection.refresh_from_db()
    assert connection.economical
    words = admin.get(url("reads-estimate", connection), {"interval_minutes": "10", "economical": "on"})
    assert "About 240 reads" in words.content.decode()


def test_budget_and_alerts_are_saved_and_the_meter_shows_months_and_causes(admin):
    connection = company()
    today = timezone.now().date()
    last_month = today.replace(day=1) - datetime.timedelta(days=1)
    for day, cause, reads in ((today, Cause.CYCLE, 80), (today, Cause.SYNC_NOW, 5), (last_month, Cause.CYCLE, 4321)):
        ApiUsage.objects.create(connection=connection, day=day, cause=cause, reads=reads)

    sent = {"monthly_budget": "100", "alert_records": "3", "alert_minutes": "15"}
    shown = admin.post(url("connection-limits", connection), sent, follow=True).content.decode()

    connection.refresh_from_db()
    assert (connection.monthly_budget, connection.alert_records, connection.alert_minutes) == (100, 3, 15)
    assert "85 of 100 reads of this month are used" in shown
    assert "4,321" in shown
    assert shown.count('class="reads-bar"') == 2
    assert "close to its monthly budget" in shown
    refused = admin.post(url("connection-limits", connection), {**sent, "monthly_budget": "-1"})
    assert refused.status_code == 422
    assert "greater than or equal to 1" in refused.content.decode()


def test_read_only_mode_is_switched_and_told_on_every_page(admin):
    connection = company()

    shown = admin.post(url("read-only", connection), {"on": "1"}, follow=True).content.decode()

    assert "Read-only mode is on" in shown
    assert "switched read-only mode on" in shown
    told = "Read-only mode is on: nothing is written to"
    addresses = [url("set-up", connection), url("connection-settings", connection), "/"]
    assert all(admin.get(address).content.decode().count(told) == 1 for address in addresses)
    rep = Client()
    rep.force_login(makers.user())
    seen = rep.get("/", follow=True).content.decode()
    assert told in seen
    assert "Show the switch" not in seen
    shown = admin.post(url("read-only", connection), {"on": "0"}, follow=True).content.decode()
    assert told not in shown


def test_a_sandbox_company_is_marked_on_every_page(admin):
    connection = company(environment="sandbox")
    names = ["connection-settings", "set-up", "simple"]
    pages = [url(name, connection) for name in names]
    pages += [reverse(f"sync:{name}", args=[connection.pk, "product"]) for name in ("object-settings", "dry-run")]
    pages += [reverse(f"sync:{name}", args=[connection.pk, "product"]) for name in ("object-delete", "object-started")]

    assert [page for page in pages if "Sandbox" not in admin.get(page).content.decode()] == []


def test_a_company_that_does_not_exist_is_not_found(admin):
    assert admin.get(reverse("sync:connection-settings", args=[404])).status_code == 404


def test_the_page_costs_a_fixed_number_of_statements(admin, django_assert_max_num_queries):
    connection = company()

    # Session, person, banner; company and its rules; progress 4;
    # objects 4; usage, months, forecast, estimate; timeline.
    with django_assert_max_num_queries(18):
        admin.get(url("connection-settings", connection))
    with django_assert_max_num_queries(8):
        admin.get(url("connection-progress", connection), headers={"HX-Request": "true"})


def test_one_object_is_read_and_looked_at_again_now(admin):
    connection = company()
    ObjectSettings.objects.create(connection=connection, sync_object="product", enabled=True)
    address = reverse("sync:object-sync-now", args=[connection.pk, "product"])

    shown = admin.post(address, follow=True).content.decode()

    plan = PullSchedule.objects.get(connection=connection)
    assert plan.requested_at is not None
    assert not plan.read_reference
    assert "which costs one read" in shown
    assert Event.objects.get(name="sync.look_again").data["objects"] == ["product"]
    assert address in shown
    status.pause(connection, errors.CompanyInactive())
    assert "can&#x27;t be read: paused" in admin.post(address, follow=True).content.decode()
