"""Pipelines, stages and reasons over the API: added, changed, ordered, deleted."""

import pytest

from core.models import Event
from crm.models import Deal, Pipeline, Stage
from crm.services import deals, pipelines
from tests.api.programs import program_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def usual(program):
    """The first pipeline as the API answers it."""
    return program.get(f"pipelines/{pipelines.ensure_default().pk}")


def places(answer):
    return [each.get("pointer") or each.get("parameter") for each in answer.json()["errors"]]


def test_a_pipeline_is_added_changed_and_told(program, usual):
    new = program.post("pipelines", {"name": " Renewals ", "lost_reasons": ["Price", "Time"]}, Idempotency_Key="one")
    path = new["Location"].removeprefix("/api/v1/")

    later = program.patch(path, {"won_reason_required": True, "lost_reasons": ["Time"]}, If_Match=new["ETag"])
    late = program.patch(path, {"name": "Other"}, If_Match=new["ETag"])

    assert (new.status_code, new.json()["name"], new.json()["lost_reasons"]) == (201, "Renewals", ["Price", "Time"])
    assert {each["status"] for each in new.json()["stages"]} == {"open", "won", "lost"}
    assert later.json() == {**new.json(), "won_reason_required": True, "lost_reasons": ["Time"]}
    assert (late.status_code, late["ETag"], later["ETag"] != new["ETag"]) == (412, later["ETag"], True)
    assert program.get("pipelines").json()["data"] == [usual.json(), later.json()]
    assert program.get(path, If_None_Match=later["ETag"]).status_code == 304


def test_pipelines_are_put_in_order_and_the_last_one_stays(program, usual):
    new = program.post("pipelines", {"name": "Renewals"}).json()

    ordered = program.call("PUT", "pipelines/order", {"ids": [new["id"], usual.json()["id"]]})
    odd = program.call("PUT", "pipelines/order", {"ids": [new["id"], 999_999]})
    gone = program.call("DELETE", f"pipelines/{new['id']}", If_Match="*")
    refused = program.call("DELETE", f"pipelines/{usual.json()['id']}", If_Match="*")

    assert [each["name"] for each in ordered.json()["data"]] == ["Renewals", usual.json()["name"]]
    assert (odd.status_code, places(odd)) == (422, ["/ids/1"])
    assert (gone.status_code, refused.status_code) == (204, 409)
    assert Pipeline.objects.get().pk == usual.json()["id"]


def test_the_deals_of_a_pipeline_need_another_place(program, usual):
    deal = deals.create(by=program.user, name="Garden", currency="USD")
    other = program.post("pipelines", {"name": "Renewals"}).json()
    path = f"pipelines/{usual.json()['id']}"

    refused = program.call("DELETE", path, If_Match=usual["ETag"])
    own = program.call("DELETE", f"{path}?into={deal.stage_id}", If_Match=usual["ETag"])
    moved = program.call("DELETE", f"{path}?into={other['stages'][0]['id']}", If_Match=usual["ETag"])

    assert (refused.status_code, refused.json()["type"]) == (409, "urn:crm-sync:problem:not-deletable")
    assert (own.status_code, places(own)) == (422, ["into"])
    assert moved.status_code == 204
    assert Deal.objects.get().stage_id == other["stages"][0]["id"]
    assert Event.objects.get(name="pipeline.deleted").data["deals"] == 1


def test_a_stage_is_added_changed_ordered_and_deleted(program, usual):
    path = f"pipelines/{usual.json()['id']}/stages"
    new = program.post(path, {"name": "Trial", "probability": 30, "required": ["amount"], "rotting_days": 7})
    at = new["Location"].removeprefix("/api/v1/")

    later = program.patch(at, {"probability": 35, "rotting_days": None}, If_Match=new["ETag"])
    late = program.patch(at, {"probability": 36}, If_Match=new["ETag"])
    before = program.get(f"pipelines/{usual.json()['id']}")
    ids = [each["id"] for each in before.json()["stages"]]
    ordered = program.call("PUT", f"{path}/order", {"ids": ids[::-1]}, If_Match=before["ETag"])
    again = program.call("PUT", f"{path}/order", {"ids": ids}, If_Match=before["ETag"])
    gone = program.call("DELETE", at, If_Match=program.get(at)["ETag"])

    assert (new.status_code, new.json()["required"], new.json()["status"]) == (201, ["amount"], "open")
    assert (later.json(), late.status_code) == ({**new.json(), "probability": 35, "rotting_days": None}, 412)
    assert ([each["id"] for each in ordered.json()["stages"]], again.status_code) == (ids[::-1], 412)
    assert (gone.status_code, program.get(at).status_code) == (204, 404)


def test_what_a_pipeline_can_not_be_is_told(program, usual):
    [won] = [each for each in usual.json()["stages"] if each["status"] == "won"]
    path = f"pipelines/{usual.json()['id']}/stages"
    answers = {
        "/required": program.post(path, {"name": "Trial", "required": ["soul"]}),
        "/probability": program.post(path, {"name": "Trial", "probability": 101}),
        "/name": program.post(path, {"name": " "}),
        "/status": program.patch(f"stages/{won['id']}", {"status": "gone"}, If_Match="*"),
    }

    only = program.patch(f"stages/{won['id']}", {"status": "open"}, If_Match="*")
    needed = program.call("DELETE", f"stages/{won['id']}", If_Match="*")
    control = program.post("pipelines", {"name": "\x1f"})

    assert {place: (answer.status_code, places(answer)) for place, answer in answers.items()} == {
        place: (422, [place]) for place in answers
    }
    assert (only.status_code, needed.status_code) == (409, 409)
    assert (control.status_code, places(control)) == (422, ["/name"])
    assert program.get(f"pipelines/{usual.json()['id']}").json() == usual.json()


def test_the_deals_of_a_stage_go_to_another_one_of_its_pipeline(program, usual):
    deal = deals.create(by=program.user, name="Garden", currency="USD")
    foreign = program.post("pipelines", {"name": "Renewals"}).json()["stages"][0]["id"]
    beside = usual.json()["stages"][1]["id"]
    path = f"stages/{deal.stage_id}"

    refused = program.call("DELETE", path, If_Match="*")
    odd = program.call("DELETE", f"{path}?into={foreign}", If_Match="*")
    moved = program.call("DELETE", f"{path}?into={beside}", If_Match="*")

    assert (refused.status_code, odd.status_code, places(odd), moved.status_code) == (409, 422, ["into"], 204)
    assert Deal.objects.get().stage_id == beside


def test_an_old_requirement_that_is_gone_is_in_nobodys_way(program, usual):
    stage = Stage.objects.get(pk=usual.json()["stages"][0]["id"])
    Stage.objects.filter(pk=stage.pk).update(required=["property:999"])

    changed = program.patch(f"stages/{stage.pk}", {"name": "First"}, If_Match="*")

    assert (changed.status_code, changed.json()["required"]) == (200, ["property:999"])


def test_a_key_for_records_changes_no_pipeline(db):
    pipeline = pipelines.ensure_default()
    writer = program_of(scopes=["crm:read", "crm:write"])
    rep = program_of("Sales rep", scopes=["crm:read", "crm:configure"])

    answers = [each.patch(f"pipelines/{pipeline.pk}", {"name": "Mine"}, If_Match="*") for each in (writer, rep)]

    assert [answer.json()["type"].rpartition(":")[2] for answer in answers] == ["scope", "permission"]
    assert Pipeline.objects.get().name == pipeline.name


def test_many_pipelines_cost_no_more_statements_than_one(program, usual, django_assert_num_queries):
    with django_assert_num_queries(5):
        program.get("pipelines")
    for number in range(29):
        pipelines.create(name=f"P{number}", by=program.user)
    with django_assert_num_queries(5):
        assert len(program.get("pipelines").json()["data"]) == 30
