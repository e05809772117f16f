"""Line items, quotes, tasks, activities, associations, files, the workspace, the sync and reports over the API."""

import pytest

from core.services import properties
from crm.models import Activity, Association, Task
from crm.services import associations, companies, contacts, pipelines
from tests import makers
from tests.api.programs import program_of


@pytest.fixture
def deal(program):
    pipelines.ensure_default()
    return makers.new_deal(program.user)


def texts(answer):
    return [row["text"] for row in answer.json()["data"]]


def test_line_items_are_read_and_replaced_with_their_deal(program, deal):
    product = program.post("products", {"name": "Stone", "unit_price": "12.5"}).json()["id"]
    before = program.get(f"deals/{deal.pk}/lines")

    after = program.call(
        "PUT",
        f"deals/{deal.pk}/lines",
        {"lines": [{"product": product, "quantity": "4"}, {"name": "Work", "unit_price": "50"}]},
        If_Match=before["ETag"],
    )
    odd = program.call("PUT", f"deals/{deal.pk}/lines", {"lines": [{"name": "Work"}, {"quantity": "2"}]}, If_Match="*")
    unknown = program.call("PUT", f"deals/{deal.pk}/lines", {"lines": [{"product": 999}]}, If_Match="*")

    assert [line["name"] for line in before.json()["data"]] == ["Design", "Rock Fountain"]
    assert [(line["name"], line["unit_price"], line["quantity"]) for line in after.json()["data"]] == [
        ("Stone", "12.5", "4"), ("Work", "50", "1"),
    ]  # fmt: skip
    assert after["ETag"] != before["ETag"]
    assert program.get(f"deals/{deal.pk}").json()["amount"] == "100"
    assert odd.json()["errors"][0]["pointer"] == "/lines/1/name"
    assert unknown.json()["errors"][0]["pointer"] == "/lines/0/product"


def test_the_contacts_of_a_deal_are_replaced(program, deal):
    nora = deal.contacts.get()
    ann, bea = (contacts.create(by=program.user, first_name=name) for name in ("Ann", "Bea"))
    path = f"deals/{deal.pk}/contacts"
    before = program.get(f"deals/{deal.pk}")

    both = program.call("PUT", path, {"contacts": [nora.pk, ann.pk], "primary": ann.pk}, If_Match=before["ETag"])
    other = program.call("PUT", path, {"contacts": [bea.pk]}, If_Match="*")
    odd = program.call("PUT", path, {"contacts": [999, bea.pk]}, If_Match="*")
    none = program.call("PUT", path, {"contacts": []}, If_Match="*")

    assert [both.json()["contacts"], other.json()["contacts"], none.json()["contacts"]] == [
        [ann.pk, nora.pk], [bea.pk], [],
    ]  # fmt: skip
    assert odd.json()["errors"] == [{"detail": "There is no such contact.", "pointer": "/contacts/0"}]


def test_a_quote_is_discounted_published_answered_and_revised(program, deal):
    quote = program.post("quotes", {"deal": deal.pk}).json()["id"]

    program.call(
        "PUT", f"quotes/{quote}/lines", {"lines": [{"name": "Work", "unit_price": "50"}], "discount_percent": "10"},
        If_Match="*",
    )  # fmt: skip
    published = program.post(f"quotes/{quote}/publish", If_Match="*")
    again = program.post(f"quotes/{quote}/publish", If_Match="*")
    answered = program.post(f"quotes/{quote}/answer", {"answer": "accepted"}, If_Match="*")
    revised = program.post(f"quotes/{quote}/revise", If_Match="*")

    assert (published.json()["status"], published.json()["amount"]) == ("published", "45")
    assert (again.status_code, again.json()["type"]) == (409, "urn:crm-sync:problem:not-possible")
    assert answered.json()["status"] == "accepted"
    assert (revised.status_code, revised.json()["version"], revised.json()["status"]) == (201, 2, "draft")


def test_a_task_is_made_found_done_and_deleted(program, deal):
    made = program.post(
        "tasks",
        {"title": "Call Nora", "due_at": "2026-12-01T09:00:00+01:00", "about": {"type": "deal", "id": deal.pk}},
    )
    body = made.json()

    assert (made.status_code, body["about_id"], body["assignee"], body["due_at"]) == (
        201, deal.pk, program.user.pk, "2026-12-01T08:00:00Z",
    )  # fmt: skip
    found = program.get(f"tasks?about_type=deal&about_id={deal.pk}&open=true").json()["data"]
    assert [row["id"] for row in found] == [body["id"]]
    assert program.post(f"tasks/{body['id']}/done", If_Match='"1-1"').status_code == 412
    done = program.post(f"tasks/{body['id']}/done", If_Match=made["ETag"])
    assert done.json()["done_at"]
    assert program.get("tasks?open=true").json()["data"] == []
    assert program.call("DELETE", f"tasks/{body['id']}", If_Match=done["ETag"]).status_code == 204
    assert not Task.objects.exists()
    odd = program.post("tasks", {"title": "x", "due_at": "0001-01-01T00:00:00Z", "assignee": 999})
    assert odd.json()["errors"][0]["pointer"] == "/due_at"


def test_activities_stand_on_timelines_that_programs_read(program, deal):
    company = companies.create(by=program.user, name="Acme")
    on = [{"type": "deal", "id": deal.pk}, {"type": "company", "id": company.pk}]

    made = program.post("activities", {"kind": "note", "body": "They want stone.", "records": on})
    changed = program.patch(f"activities/{made.json()['id']}", {"body": "They want wood.", "records": on[:1]})

    assert (made.status_code, made.json()["records"]) == (201, on)
    assert (changed.json()["body"], changed.json()["records"]) == ("They want wood.", on[:1])
    assert [row["body"] for row in program.get(f"activities?on=deal:{deal.pk}").json()["data"]] == ["They want wood."]
    told = program.get(f"deals/{deal.pk}/timeline?kinds=note")
    assert texts(told) == ["They want wood."]
    first = program.get(f"deals/{deal.pk}/timeline?limit=1").json()
    second = program.get(f"deals/{deal.pk}/timeline?limit=1&cursor={first['next_cursor']}").json()
    assert first["data"] != second["data"] != []
    assert program.call("DELETE", f"activities/{made.json()['id']}").status_code == 204
    assert Activity.objects.get().body == ""
    assert program.get(f"activities/{made.json()['id']}").status_code == 404
    nowhere = program.post("activities", {"kind": "note", "body": "x", "records": [{"type": "deal", "id": 999}]})
    assert nowhere.json()["errors"][0]["pointer"] == "/records/0"


def test_what_others_wrote_is_theirs(program, deal):
    note = program.post("activities", {"kind": "note", "body": "Mine.", "records": [{"type": "deal", "id": deal.pk}]})
    other = program_of("Sales rep")

    refused = other.patch(f"activities/{note.json()['id']}", {"body": "Theirs."})

    assert refused.status_code == 403
    assert Activity.objects.get().body == "Mine."


def test_records_are_associated_with_a_label_and_taken_apart(program):
    one = contacts.create(by=program.user, first_name="Ann")
    two = contacts.create(by=program.user, first_name="Bea")
    label = associations.save_label(
        None, from_type="contact", to_type="contact", name="Taught by", inverse="Teacher of"
    )

    made = program.post(f"contacts/{one.pk}/associations", {"type": "contact", "id": two.pk, "label": label.pk})

    assert (made.status_code, made.json()["label"]) == (201, "Taught by")
    assert program.get(f"contacts/{two.pk}/associations").json()["data"][0]["label"] == "Teacher of"
    assert "Teacher of" in [each["inverse"] for each in program.get("association-labels").json()["data"]]
    assert program.post(f"contacts/{one.pk}/associations", {"type": "contact", "id": one.pk}).status_code == 422
    assert program.call("DELETE", f"associations/{made.json()['id']}").status_code == 204
    assert Association.objects.get().removed_at


def test_a_file_is_put_on_a_record_fetched_and_removed(program):
    company = companies.create(by=program.user, name="Acme")
    path = f"companies/{company.pk}/files"

    made = program.upload(path, "notes.txt", b"Hello", Idempotency_Key="one")
    again = program.upload(path, "notes.txt", b"Hello", Idempotency_Key="one")
    odd = program.upload(path, "run.exe", b"MZ")

    assert (made.status_code, again.json()) == (201, made.json())
    assert [file["name"] for file in program.get(path).json()["data"]] == ["notes.txt"]
    content = program.get(f"files/{made.json()['id']}/content")
    assert b"".join(content.streaming_content) == b"Hello"
    assert odd.json()["errors"][0]["pointer"] == "/file"
    assert program.call("DELETE", f"files/{made.json()['id']}").status_code == 204
    assert program.get(path).json()["data"] == []


def test_the_workspace_tells_what_records_are_made_of(program):
    size = properties.create(by=program.user, object_type="company", label="Size", kind="choice", choices=["S", "L"])
    pipeline = pipelines.ensure_default()

    [told] = program.get("properties?object=company").json()["data"]
    [shown] = program.get("pipelines").json()["data"]
    me = program.get("me").json()

    assert (told["id"], told["condition"], [each["label"] for each in told["choices"]]) == (
        str(size.pk), f"property:{size.pk}", ["S", "L"],
    )  # fmt: skip
    assert [stage["id"] for stage in shown["stages"]] == list(pipeline.stages.values_list("pk", flat=True))
    assert (me["id"], "crm.edit" in me["permissions"]) == (program.user.pk, True)
    assert [person["email"] for person in program.get("users").json()["data"]] == [program.user.email]
    assert program.get("teams").json()["data"] == []


def test_the_sync_tells_how_it_is_set_up_and_doing(us_company):
    program = program_of()

    [settings] = program.get("sync/settings").json()["data"]
    health = program.get("sync/health").json()
    mappings = program.get(f"mappings?connection={us_company.pk}&record_type=contact").json()["data"]

    assert (settings["connection"], {each["object"] for each in settings["objects"] if each["enabled"]}) == (
        us_company.pk, {"contact", "product", "invoice"},
    )  # fmt: skip
    assert (health["data"][0]["connection"], health["data"][0]["waiting"]) == (us_company.pk, 0)
    assert program.get(f"sync/health/{us_company.pk}").json() == health["data"][0]
    assert {row["record_type"] for row in mappings} == {"contact"}
    assert program.get("links").json()["data"] == []


def test_reports_are_listed_and_run(program):
    ready = program.get("ready-reports").json()["data"]

    answers = {row["key"]: program.get(f"ready-reports/{row['key']}?period=last_12_months") for row in ready}

    assert len(ready) >= 10
    assert {key: answer.status_code for key, answer in answers.items() if answer.status_code != 200} == {}
    assert program.get("ready-reports/none").status_code == 404
    assert program.get("ready-reports/aging?from=nonsense").json()["errors"][0]["parameter"] == "from"


def test_without_a_scope_reports_stay_closed(db):
    assert program_of(scopes=["crm:read"]).get("ready-reports").status_code == 403
