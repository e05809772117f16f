"""The settings of a company's sync over the API: changed with the checks of the page, tried before, switched."""

import pytest

from core.models import Event
from crm.models import Company
from sync.enums import SyncObject
from sync.models import ConnectionSettings, ObjectSettings
from sync.services import generations
from tests.api.programs import program_of
from tests.sync.dry_runs import work_out


@pytest.fixture
def program(books):
    return program_of()


@pytest.fixture
def path(books):
    return f"sync/settings/{books.connection.pk}/contact"


def places(answer):
    return [each["pointer"] for each in answer.json()["errors"]]


def test_settings_are_changed_in_the_version_that_was_read(program, books, path):
    before = program.get(path)
    wanted = {"direction": "in", "winner": "newest", "back_fill": "since", "back_fill_since": "2026-01-31"}

    after = program.patch(path, wanted, If_Match=before["ETag"], Idempotency_Key="one")
    again = program.patch(path, wanted, If_Match=before["ETag"], Idempotency_Key="one")
    late = program.patch(path, {"winner": "crm"}, If_Match=before["ETag"])

    assert after.status_code == 200, after.content
    assert {name: after.json()[name] for name in wanted} == wanted
    assert (again.json(), again["Idempotency-Replayed"]) == (after.json(), "true")
    assert (late.status_code, late["ETag"], program.patch(path, wanted).status_code) == (412, after["ETag"], 428)
    stored = ObjectSettings.objects.get(connection=books.connection, sync_object="contact")
    assert (stored.direction, stored.winner) == ("in", "newest")
    told = Event.objects.get(name="sync.settings_changed")
    assert (told.origin, set(told.data["changes"])) == ("api", set(wanted))
    [company] = program.get("sync/settings").json()["data"]
    assert after.json() in company["objects"]


def test_what_can_not_be_is_told_at_its_place_and_changes_nothing(program, books, path):
    before = program.get(path).json()
    product = path.replace("contact", "product")
    answers = [
        (places(program.patch(at, {name: value}, If_Match="*")), [f"/{wrong}"])
        for at, name, value, wrong in (
            (path, "direction", "sideways", "direction"),
            (path, "matching", "fields", "matching_fields"),
            (path, "back_fill", "since", "back_fill_since"),
            (path, "filter_in", {"field": "colour", "op": "equals", "value": "1"}, "filter_in"),
            (path, "filter_out", {"company": {"field": "email", "op": "flies"}}, "filter_out"),
            (path, "filter_out", {"company": 5}, "filter_out/company"),
            (path, "display_name_template", "{planet}", "display_name_template"),
            (path, "display_name_suffix", "{name}", "display_name_suffix"),
            (path, "income_account", "1", "income_account"),
            (product, "income_account", "999999", "income_account"),
            (product, "customer_is", "contact", "customer_is"),
        )
    ]

    assert [found for found, _wanted in answers] == [wanted for _found, wanted in answers]
    assert program.get(path).json() == before
    assert not Event.objects.filter(name="sync.settings_changed").exists()
    assert program.patch(path.replace("contact", "planet"), {"winner": "crm"}, If_Match="*").status_code == 404


def test_what_settings_would_do_is_counted_before(program, books, path):
    books.customer()
    books.sync()
    assert Company.objects.count() == 1
    before = program.get(path).json()
    wanted = {"filter_in": {"company": {"field": "name", "op": "equals", "value": "Somebody else"}}}

    asked = program.post(f"{path}/preview", wanted, Idempotency_Key="one")
    running = program.get(asked["Location"].removeprefix("/api/v1/")).json()
    work_out()
    found = program.get(asked["Location"].removeprefix("/api/v1/")).json()

    assert (asked.status_code, running["state"], running["consequences"]) == (202, "waiting", [])
    assert (found["state"], found["percent"], found["complete"]) == ("done", 100, True)
    assert [(each["side"], each["kind"], each["count"]) for each in found["consequences"]] == [("crm", "exclude", 1)]
    assert found["consequences"][0]["text"] == "1 linked record leaves the sync."
    assert program.get(path).json() == before
    odd = program.post(f"{path}/preview", {"back_fill": "since"})
    assert (odd.status_code, places(odd)) == (422, ["/back_fill_since"])


def test_an_object_is_switched_off_and_on(program, books, path):
    before = program.get(path)

    off = program.post(f"{path}/turn-off", If_Match=before["ETag"])
    late = program.post(f"{path}/turn-off", If_Match=before["ETag"])
    on = program.post(f"{path}/turn-on", If_Match=off["ETag"])

    assert (before.json()["enabled"], off.json()["enabled"], late.status_code) == (True, False, 412)
    assert (on.status_code, on.json()["enabled"]) == (200, True)
    names = ["sync.switched_off", "sync.switched_on"]
    assert list(Event.objects.filter(name__in=names).order_by("pk").values_list("name", flat=True)) == names


def test_the_simple_sync_lets_one_choose_no_more_than_its_page(program, books, path):
    tabs = {each: generations.Simple() for each in SyncObject}
    generations.set_up_simple(books.connection, tabs, by=program.user)

    refused = program.patch(path, {"winner": "crm"}, If_Match="*")
    changed = program.patch(path, {"removal": "archive"}, If_Match="*")

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:simple")
    assert (changed.status_code, changed.json()["removal"], changed.json()["winner"]) == (200, "archive", "quickbooks")
    assert ConnectionSettings.objects.get().generation == "simple"


def test_settings_that_nobody_made_are_the_defaults(program, books, path):
    ObjectSettings.objects.all().delete()

    before = program.get(path)
    changed = program.patch(path, {"winner": "crm"}, If_Match=before["ETag"])

    assert (before.json()["enabled"], before.json()["winner"]) == (False, "quickbooks")
    assert (changed.status_code, changed.json()["winner"]) == (200, "crm")


def test_a_key_that_reads_the_sync_changes_none_of_it(books, path):
    reader = program_of(scopes=["sync:read"])
    operator = program_of("Ops", scopes=["sync:read", "sync:configure"])

    answers = [each.patch(path, {"winner": "crm"}, If_Match="*") for each in (reader, operator)]

    assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == ["scope", "permission"]
    assert ObjectSettings.objects.get(sync_object="contact").winner == "quickbooks"
