"""Field mappings over the API: tried on a record, added, changed, deleted."""

import pytest

from core.models import Event
from crm.models import Company
from crm.services import companies
from sync.models import FieldMapping
from tests.api.programs import program_of


@pytest.fixture
def program(books):
    return program_of()


@pytest.fixture
def pair(books):
    return {"connection": books.connection.pk, "record_type": "company", "crm_field": "notes", "qbo_field": "Notes"}


def places(answer):
    return [each.get("pointer") or each.get("parameter") for each in answer.json()["errors"]]


def test_two_fields_are_mapped_changed_and_taken_apart(program, pair):
    FieldMapping.objects.filter(record_type="company", crm_field="notes").delete()

    new = program.post("mappings", {**pair, "transform": "trim"}, Idempotency_Key="one")
    again = program.post("mappings", {**pair, "transform": "trim"}, Idempotency_Key="one")
    path = new["Location"].removeprefix("/api/v1/")
    twin = program.post("mappings", pair)
    later = program.patch(path, {"direction": "in", "winner": "crm", "enabled": False}, If_Match=new["ETag"])
    late = program.patch(path, {"enabled": True}, If_Match=new["ETag"])
    gone = program.call("DELETE", path, If_Match=later["ETag"])

    assert new.status_code == 201, new.content
    assert again.json() == new.json()
    assert (new.json()["direction"], new.json()["standard"], new.json()["enabled"]) == ("both", False, True)
    assert (twin.status_code, places(twin)) == (422, ["/qbo_field"])
    assert later.json() == {**new.json(), "direction": "in", "winner": "crm", "enabled": False}
    assert (late.status_code, program.get(path, If_None_Match=later["ETag"]).status_code) == (412, 404)
    assert gone.status_code == 204
    told = Event.objects.filter(name__startswith="sync.mapping_").order_by("pk").values_list("name", flat=True)
    assert list(told) == ["sync.mapping_added", "sync.mapping_changed", "sync.mapping_deleted"]


def test_what_can_not_be_mapped_is_told_at_its_place(program, pair):
    before = list(FieldMapping.objects.order_by("pk").values())
    answers = {
        "/crm_field": program.post("mappings", {**pair, "crm_field": "soul"}),
        "/qbo_field": program.post("mappings", {**pair, "qbo_field": "Soul"}),
        "/direction": program.post("mappings", {**pair, "direction": "up"}),
        "/connection": program.post("mappings", {**pair, "connection": 999_999}),
        "/record_type": program.post("mappings", {**pair, "record_type": "planet"}),
    }

    assert {place: (answer.status_code, places(answer)) for place, answer in answers.items()} == {
        place: (422, [place]) for place in answers
    }
    assert list(FieldMapping.objects.order_by("pk").values()) == before


def test_a_standard_mapping_is_switched_off_and_keeps_its_fields(program, books):
    row = FieldMapping.objects.get(record_type="company", crm_field="phone")
    path = f"mappings/{row.pk}"

    refused = program.call("DELETE", path, If_Match="*")
    other = program.patch(path, {"qbo_field": "Fax.FreeFormNumber"}, If_Match="*")
    off = program.patch(path, {"enabled": False}, If_Match=program.get(path)["ETag"])

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:standard")
    assert (other.status_code, places(other)) == (422, ["/crm_field"])
    assert (off.status_code, off.json()["enabled"]) == (200, False)
    name = FieldMapping.objects.get(record_type="company", crm_field="name")
    needed = program.patch(f"mappings/{name.pk}", {"enabled": False}, If_Match="*")
    assert (needed.status_code, places(needed)) == (422, ["/enabled"])


def test_a_mapping_is_tried_on_a_record_before_it_is_saved(program, books, pair):
    FieldMapping.objects.filter(record_type="company", crm_field="notes").delete()
    books.customer(Notes="  theirs ")
    books.sync()
    company = Company.objects.get()
    companies.update(company, by=program.user, notes="ours")
    before = list(FieldMapping.objects.order_by("pk").values())
    link, fields = books.link().pk, {name: pair[name] for name in ("crm_field", "qbo_field")}

    theirs = program.post("mappings/preview", {"link": link, **fields, "transform": "trim"})
    ours = program.post("mappings/preview", {"link": link, **fields, "winner": "crm"})
    odd = program.post("mappings/preview", {"link": link, **fields, "crm_field": "soul"})
    none = program.post("mappings/preview", {"link": 999_999, **fields})
    phone = FieldMapping.objects.get(record_type="contact", crm_field="phone")
    foreign = program.post("mappings/preview", {"link": link, "mapping": phone.pk})
    own = FieldMapping.objects.get(record_type="company", crm_field="name")
    stored = program.post("mappings/preview", {"link": link, "mapping": own.pk})

    assert theirs.json() == {
        "crm": {"before": "ours", "after": "theirs"},
        "quickbooks": {"before": "theirs", "after": "theirs"},
        "problem": "",
        "conflict": False,
    }
    assert ours.json()["quickbooks"]["after"] == "ours"
    assert [places(each) for each in (odd, none, foreign)] == [["/crm_field"], ["/link"], ["/mapping"]]
    assert stored.json()["crm"] == {"before": "Bright Gardens", "after": "Bright Gardens"}
    assert list(FieldMapping.objects.order_by("pk").values()) == before
    company.refresh_from_db()
    assert company.notes == "ours"


def test_what_can_be_mapped_is_listed(program, books):
    found = program.get(f"mappings/fields?connection={books.connection.pk}&record_type=company").json()
    odd = program.get("mappings/fields?connection=999999&record_type=company")

    assert {"name": "notes", "kind": "text"}.items() <= {each["name"]: each for each in found["crm"]}["notes"].items()
    assert "Notes" in {each["name"] for each in found["quickbooks"] if each["writable"]}
    assert (odd.status_code, places(odd)) == (422, ["connection"])


def test_a_key_that_reads_the_sync_maps_nothing(books, pair):
    before = FieldMapping.objects.count()
    reader = program_of(scopes=["sync:read"])
    operator = program_of("Ops", scopes=["sync:read", "sync:configure"])

    answers = [each.post("mappings", pair) for each in (reader, operator)]

    assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == ["scope", "permission"]
    assert FieldMapping.objects.count() == before
