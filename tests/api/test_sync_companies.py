"""The settings of a whole QuickBooks company over the API; reading it now; ending the sync of an object."""

import pytest

from core.models import Event
from qbo_connector.enums import ConnectionStatus
from qbo_connector.models import Connection, PullSchedule
from sync.models import ConnectionSettings, Link, ObjectSettings
from tests.api.programs import program_of


@pytest.fixture
def program(books):
    return program_of()


@pytest.fixture
def path(books):
    return f"sync/settings/{books.connection.pk}"


def test_a_company_is_changed_in_the_version_that_was_read(program, books, path):
    before = program.get(path)
    wanted = {"interval_minutes": 15, "time_zone": "Europe/Berlin", "monthly_budget": 9000, "read_only": True}

    after = program.patch(path, wanted, If_Match=before["ETag"])
    late = program.patch(path, {"interval_minutes": 5}, If_Match=before["ETag"])

    assert after.status_code == 200, after.content
    assert after.json() == before.json() | wanted
    assert (late.status_code, late["ETag"]) == (412, after["ETag"])
    stored = Connection.objects.get(pk=books.connection.pk)
    assert (stored.interval_minutes, stored.time_zone, stored.monthly_budget) == (15, "Europe/Berlin", 9000)
    assert (stored.holds_writes, ConnectionSettings.objects.get().read_only) == (True, True)
    told = Event.objects.filter(origin="api").values_list("name", flat=True)
    assert set(told) >= {"connection.settings_changed", "sync.read_only_on"}
    assert program.get("sync/settings").json()["data"] == [after.json()]

    freed = program.patch(path, {"monthly_budget": None, "read_only": False}, If_Match=after["ETag"])
    assert (freed.json()["monthly_budget"], freed.json()["read_only"]) == (None, False)
    assert not Connection.objects.get(pk=books.connection.pk).holds_writes


def test_what_can_not_be_is_told_at_its_place_and_changes_nothing(program, path, settings):
    settings.QBO_WEBHOOK_VERIFIER = ""
    before = program.get(path).json()
    for given, place in (
        ({"interval_minutes": 0}, "/interval_minutes"),
        ({"interval_minutes": 61}, "/interval_minutes"),
        ({"time_zone": "Mars/Base"}, "/time_zone"),
        ({"economical": True}, "/economical"),
        ({"monthly_budget": 0}, "/monthly_budget"),
        ({"alert_records": 0}, "/alert_records"),
        ({"interval_minutes": 20, "alert_minutes": -1}, "/alert_minutes"),
    ):
        answer = program.patch(path, given, If_Match="*")
        assert (answer.status_code, [each["pointer"] for each in answer.json()["errors"]]) == (422, [place]), given
    assert program.get(path).json() == before


def test_a_company_is_read_now_unless_it_is_not_connected(program, books, path):
    PullSchedule.objects.update(due_at="2030-01-01T00:00:00Z")

    answer = program.post(f"{path}/read")

    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/sync/health/{books.connection.pk}")
    assert PullSchedule.objects.get().due_at.year < 2030
    Connection.objects.update(status=ConnectionStatus.DISCONNECTED)
    assert (program.post(f"{path}/read").status_code, program.get("sync/settings/999999").status_code) == (409, 404)


def test_the_sync_of_an_object_is_ended_with_or_without_its_links(program, books, path):
    books.customer()
    books.sync()
    assert books.link()
    version = program.get(f"{path}/contact")["ETag"]

    kept = program.call("DELETE", f"{path}/contact", None, If_Match=version)
    assert (kept.status_code, kept.json()) == (200, {"links_removed": 0})
    setting = ObjectSettings.objects.get(connection=books.connection, sync_object="contact")
    assert (setting.enabled, setting.configured_at) == (False, None)

    assert program.call("DELETE", f"{path}/contact?links=remove", None, If_Match=version).status_code == 412
    removed = program.call("DELETE", f"{path}/contact?links=remove", None, If_Match="*")
    assert removed.json() == {"links_removed": 1}
    assert not Link.objects.filter(object_type="company").exists()
