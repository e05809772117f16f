"""Custom properties over the API: added, changed, ordered, deleted, restored; their choices."""

import pytest

from core.models import Event, PropertyDefinition
from core.services import properties
from crm.services import companies
from tests.api.programs import program_of

pytestmark = pytest.mark.django_db


def made(program, **values):
    answer = program.post("properties", {"object": "company", "label": "Size", "kind": "text", **values})
    assert answer.status_code == 201, answer.content
    return answer


def changed(program, answer, body, **headers):
    headers.setdefault("If_Match", answer["ETag"])
    return program.patch(f"properties/{answer.json()['id']}", body, **headers)


def places(answer):
    return [each["pointer"] for each in answer.json()["errors"]]


def test_a_property_is_added_changed_and_used(program):
    new = made(
        program, kind="number", group="Figures", description="Of people.", lowest="0", highest="99.5", default="3",
        indexed=True,
    )  # fmt: skip
    told = new.json()

    assert program.get(new["Location"].removeprefix("/api/v1/")).json() == told
    assert [program.get("properties?object=company").json()["data"], told["group"]] == [[told], "Figures"]
    assert (told["default"], told["lowest"], told["highest"]) == ("3", "0", "99.5")
    assert (told["indexed"], told["index_ready"]) == (True, False)
    company = program.post("companies", {"name": "Acme", "properties": {told["id"]: "12"}}).json()
    assert company["properties"] == {told["id"]: "12"}

    later = changed(program, new, {"label": "Heads", "group": "", "highest": None})

    assert (later.status_code, later.json()) == (
        200, {**told, "label": "Heads", "group": "", "highest": None},
    )  # fmt: skip
    assert later["ETag"] != new["ETag"]
    assert Event.objects.get(name="property.changed").data["fields"] == ["group", "highest", "label"]


def test_what_does_not_fit_is_told_at_its_place(program):
    made(program)
    row = {"object": "company", "label": "Other", "kind": "text"}
    wrong = {
        "/label": {**row, "label": "size"},
        "/lowest": {**row, "lowest": "1"},
        "/choices": {**row, "choices": [{"label": "S"}]},
        "/currency": {**row, "kind": "currency", "currency": "XXQ"},
        "/highest": {**row, "kind": "number", "lowest": "2", "highest": "1"},
        "/default": {**row, "kind": "number", "default": "many"},
        "/unique": {**row, "kind": "checkbox", "unique": True},
        "/required": {**row, "kind": "checkbox", "required": True},
        "/object": {**row, "object": "planet"},
    }

    answers = {place: program.post("properties", body) for place, body in wrong.items()}

    assert {place: (answer.status_code, places(answer)) for place, answer in answers.items()} == {
        place: (422, [place]) for place in wrong
    }
    empty = program.post("properties", {**row, "kind": "choice"})
    assert (empty.status_code, places(empty)) == (422, ["/choices"])
    for odd in ({"kind": "text", "default": ["a"]}, {"kind": "number", "default": True}):
        assert places(program.post("properties", {**row, **odd})) == ["/default"]
    assert [each.label for each in PropertyDefinition.objects.all()] == ["Size"]


def test_choices_are_arranged_archived_and_offered_again(program):
    new = made(program, kind="choice", choices=[{"label": "S"}, {"label": "L"}])
    small, large = new.json()["choices"]
    company = program.post("companies", {"name": "Acme", "properties": {new.json()["id"]: small["id"]}}).json()

    wanted = [{"id": large["id"], "label": "Large"}, {"id": small["id"], "label": "S"}, {"label": "XL"}]
    later = changed(program, new, {"choices": wanted, "default": large["id"]})
    refused = program.post(f"property-choices/{small['id']}/archive", {}, If_Match=later["ETag"])
    archived = program.post(f"property-choices/{small['id']}/archive", {"keep": True}, If_Match=later["ETag"])
    again = program.post(f"property-choices/{small['id']}/archive", {"keep": True}, If_Match=later["ETag"])

    assert [each["label"] for each in later.json()["choices"]] == ["Large", "S", "XL"]
    assert later.json()["default"] == large["id"]
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:still-used")
    assert [(each["label"], each["archived"]) for each in archived.json()["choices"]] == [
        ("Large", False), ("S", True), ("XL", False),
    ]  # fmt: skip
    assert again.status_code == 412
    assert program.get(f"companies/{company['id']}").json()["properties"] == company["properties"]
    gone = changed(program, archived, {"choices": [{"id": small["id"], "label": "Small"}]})
    assert (gone.status_code, places(gone)) == (422, ["/choices/0/id"])
    odd = program.post(f"property-choices/{large['id']}/archive", {"replacement": int(small["id"])}, If_Match="*")
    assert (odd.status_code, places(odd)) == (422, ["/replacement"])
    back = program.post(f"property-choices/{small['id']}/restore", If_Match=archived["ETag"])
    assert not any(each["archived"] for each in back.json()["choices"])
    assert program.post("property-choices/999999/restore", If_Match="*").status_code == 404


def test_the_last_choice_stays(program):
    new = made(program, kind="choice", choices=[{"label": "S"}])

    refused = program.post(f"property-choices/{new.json()['choices'][0]['id']}/archive", {}, If_Match=new["ETag"])

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:last-choice")


def test_a_property_that_is_used_is_deleted_only_for_sure_and_comes_back(program):
    new = made(program)
    path = f"properties/{new.json()['id']}"
    company = companies.create(by=program.user, name="Acme", properties={new.json()["id"]: "Big"})

    asked = program.call("DELETE", path, If_Match=new["ETag"])
    kept = program.get("properties").json()["data"]
    gone = program.call("DELETE", f"{path}?confirmed=true", If_Match=new["ETag"])

    assert (asked.status_code, asked.json()["type"], len(kept)) == (409, "urn:crm-sync:problem:still-used", 1)
    assert (gone.status_code, program.get("properties").json()["data"]) == (204, [])
    [deleted] = program.get("properties?deleted=only").json()["data"]
    assert (deleted["id"], deleted["deleted_at"] is not None) == (new.json()["id"], True)
    closed = program.patch(path, {"label": "Other"}, If_Match="*")
    assert (closed.status_code, closed.json()["type"]) == (409, "urn:crm-sync:problem:deleted")
    back = program.post(f"{path}/restore", If_Match=program.get(path)["ETag"])
    assert (back.status_code, back.json()) == (200, new.json())
    company.refresh_from_db()
    assert company.properties == {new.json()["id"]: "Big"}


def test_a_change_needs_the_version_that_was_read(program):
    new = made(program)
    path = f"properties/{new.json()['id']}"
    properties.change(PropertyDefinition.objects.get(), by=program.user, label="Theirs")

    late = changed(program, new, {"label": "Mine"})

    assert (program.patch(path, {"label": "Mine"}).status_code, late.status_code) == (428, 412)
    assert late["ETag"] == program.get(path)["ETag"]
    assert program.get(path, If_None_Match=late["ETag"]).status_code == 304
    assert PropertyDefinition.objects.get().label == "Theirs"


def test_the_same_write_adds_one_property(program):
    body = {"object": "deal", "label": "Size", "kind": "text"}
    first = program.post("properties", body, Idempotency_Key="one")
    again = program.post("properties", body, Idempotency_Key="one")

    assert (first.status_code, again.json()) == (201, first.json())
    assert PropertyDefinition.objects.count() == 1


def test_properties_are_put_in_order(program):
    first, second = made(program).json(), made(program, label="Weight").json()

    answer = program.call("PUT", "properties/order", {"object": "company", "ids": [second["id"], first["id"]]})

    assert [each["id"] for each in answer.json()["data"]] == [second["id"], first["id"]]
    assert answer.json() == program.get("properties?object=company").json()
    odd = program.call("PUT", "properties/order", {"object": "deal", "ids": [first["id"]]})
    assert (odd.status_code, places(odd)) == (422, ["/ids/0"])


def test_the_kind_stays_while_records_have_values(program):
    new = made(program)
    choice = changed(program, new, {"kind": "choice"})
    companies.create(by=program.user, name="Acme", properties={new.json()["id"]: "Big"})

    fixed = changed(program, new, {"kind": "number"})

    assert (choice.status_code, places(choice)) == (422, ["/choices"])
    assert (fixed.status_code, places(fixed)) == (422, ["/kind"])
    assert PropertyDefinition.objects.get().kind == "text"


def test_a_key_for_records_changes_no_definitions(db):
    program = program_of(scopes=["crm:read", "crm:write"])
    rep = program_of("Sales rep", scopes=["crm:read", "crm:configure"])
    body = {"object": "company", "label": "Size", "kind": "text"}

    answers = [each.post("properties", body) for each in (program, rep)]

    assert [(answer.status_code, answer.json()["type"].rpartition(":")[2]) for answer in answers] == [
        (403, "scope"), (403, "permission"),
    ]  # fmt: skip
    assert not PropertyDefinition.objects.exists()


def test_many_properties_cost_no_more_statements_than_one(program, django_assert_num_queries):
    def add(number):
        properties.create("company", by=program.user, label=f"P{number}", kind="choice", choices=["a", "b"])

    add(0)
    program.get("properties")
    with django_assert_num_queries(4):
        program.get("properties")
    for number in range(1, 30):
        add(number)
    with django_assert_num_queries(4):
        assert len(program.get("properties").json()["data"]) == 30
