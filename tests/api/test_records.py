"""Records over the API: read, write, page, choose fields, search, and refuse."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from core.models import Event
from core.services import properties
from crm.models import Company, Contact, Deal
from crm.services import companies, contacts, deal_contacts, pipelines
from tests import makers
from tests.api.programs import Program


def names(answer):
    return [row["name"] for row in answer.json()["data"]]


def test_a_company_is_made_read_changed_and_archived(program):
    made = program.post(
        "companies",
        {"name": "Acme", "domain": "https://acme.example/", "billing_address": {"line1": "1 Road", "city": "Leeds"}},
    )

    assert made.status_code == 201
    body = made.json()
    assert (body["domain"], body["owner"], body["archived_at"]) == ("acme.example", program.user.pk, None)
    assert made["Location"] == f"/api/v1/companies/{body['id']}"
    assert "no-store" in made["Cache-Control"]

    read = program.get(f"companies/{body['id']}")
    assert (read.json(), read["ETag"]) == (body, made["ETag"])

    changed = program.patch(f"companies/{body['id']}", {"phone": "123"}, If_Match=read["ETag"])
    assert (changed.status_code, changed.json()["phone"], changed.json()["name"]) == (200, "123", "Acme")
    assert changed["ETag"] != read["ETag"]
    assert Event.objects.get(name="company.changed").data["changes"] == {"phone": ["", "123"]}

    archived = program.post(f"companies/{body['id']}/archive", If_Match=changed["ETag"])
    assert archived.json()["archived_at"]
    assert names(program.get("companies")) == []
    assert names(program.get("companies?archived=only")) == ["Acme"]
    assert program.post(f"companies/{body['id']}/restore", If_Match="*").json()["archived_at"] is None


def test_a_change_needs_the_version_that_was_read(program):
    company = companies.create(by=program.user, name="Acme")

    without = program.patch(f"companies/{company.pk}", {"name": "Other"})
    stale = program.patch(f"companies/{company.pk}", {"name": "Other"}, If_Match='"1-1"')

    assert (without.status_code, stale.status_code) == (428, 412)
    assert stale["ETag"] == program.get(f"companies/{company.pk}")["ETag"]
    company.refresh_from_db()
    assert company.name == "Acme"


def test_what_was_read_before_is_not_sent_again(program):
    company = companies.create(by=program.user, name="Acme")
    etag = program.get(f"companies/{company.pk}")["ETag"]

    again = program.get(f"companies/{company.pk}", If_None_Match=etag)

    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)


def test_a_deal_whose_contacts_or_custom_values_changed_is_another_version(program):
    ann = contacts.create(by=program.user, first_name="Ann")
    deal = makers.new_deal(program.user)
    nora = deal.contacts.get()
    path = f"deals/{deal.pk}"
    size = properties.create(by=program.user, object_type="deal", label="Size", kind="number")
    read = program.get(path)

    deal_contacts.add(Deal.objects.get(), ann, by=program.user)
    peopled = program.get(path, If_None_Match=read["ETag"])
    stale = program.patch(path, {"name": "Late"}, If_Match=read["ETag"])
    # As upkeep does with values of properties that are gone, beside the record's own changes.
    Deal.objects.update(properties={str(size.pk): "5"})
    valued = program.get(path, If_None_Match=peopled["ETag"])

    assert (peopled.status_code, peopled.json()["contacts"], stale.status_code) == (200, [nora.pk, ann.pk], 412)
    assert (valued.status_code, valued.json()["properties"]) == (200, {str(size.pk): "5"})
    assert program.patch(path, {"name": "Now"}, If_Match=valued["ETag"]).status_code == 200


def test_every_mistake_is_named_with_its_place(program):
    answer = program.post(
        "companies", {"name": 5, "colour": "red", "phone": "1" * 61, "billing_address": {"line1": ["x"]}}
    )

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    problem = answer.json()
    assert problem["type"] == "urn:crm-sync:problem:schema"
    assert {each["pointer"] for each in problem["errors"]} == {"", "/name", "/phone", "/billing_address/line1"}
    assert not Company.objects.exists()


def test_the_rules_of_the_pages_hold(program):
    assert program.post("contacts", {"phone": "1"}).json()["errors"] == [
        {"detail": "Give a name or an e-mail address.", "pointer": "/last_name"}
    ]
    contact = contacts.create(by=program.user, first_name="Ann")
    refused = program.patch(f"contacts/{contact.pk}", {"first_name": ""}, If_Match="*")
    assert refused.json()["errors"] == [{"detail": "Give a name or an e-mail address.", "pointer": "/last_name"}]
    odd = program.post("contacts", {"first_name": "Ann", "email": "nobody", "company": 12345})
    assert {each["pointer"] for each in odd.json()["errors"]} == {"/email", "/company"}


def test_an_odd_old_value_does_not_stop_other_changes(program):
    contact = contacts.create(by=program.user, first_name="Ann")
    Contact.objects.filter(pk=contact.pk).update(email="from another program")

    answer = program.patch(f"contacts/{contact.pk}", {"job_title": "Boss"}, If_Match="*")

    assert (answer.status_code, answer.json()["job_title"], answer.json()["email"]) == (
        200, "Boss", "from another program",
    )  # fmt: skip


def test_custom_properties_are_written_by_their_ids(program):
    size = properties.create(by=program.user, object_type="company", label="Size", kind="number")

    made = program.post("companies", {"name": "Acme", "properties": {str(size.pk): "12.50"}})
    odd = program.post("companies", {"name": "Acme", "properties": {str(size.pk): "many", "999": "x"}})

    assert made.json()["properties"] == {str(size.pk): "12.5"}
    assert odd.json()["errors"] == [{"detail": "There is no such property.", "pointer": "/properties/999"}]
    page = program.post("companies/search", {"where": {"field": f"property:{size.pk}", "op": ">", "value": "12"}})
    assert names(page) == ["Acme"]


def test_a_deal_is_made_and_moved(program):
    pipeline = pipelines.ensure_default()
    stages = list(pipeline.stages.all())
    contact = contacts.create(by=program.user, first_name="Ann")

    made = program.post("deals", {"name": "Garden", "amount": "1234.5", "contacts": [contact.pk], "currency": "USD"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["amount"], body["stage"], body["contacts"], body["pipeline"], body["status"]) == (
        "1234.5", stages[0].pk, [contact.pk], pipeline.pk, "open",
    )  # fmt: skip

    won = next(stage for stage in stages if stage.status == "won")
    moved = program.post(f"deals/{body['id']}/move", {"stage": won.pk, "reason": "Price"}, If_Match=made["ETag"])
    assert (moved.json()["status"], moved.json()["won_reason"]) == ("won", "Price")
    assert Deal.objects.get(pk=body["id"]).stage_id == won.pk


def test_a_quote_starts_with_the_lines_of_its_deal(program):
    pipelines.ensure_default()
    deal = makers.new_deal(program.user)

    made = program.post("quotes", {"deal": deal.pk})

    assert made.status_code == 201, made.content
    assert (made.json()["amount"], made.json()["status"], made.json()["title"]) == ("425", "draft", deal.name)


def test_pages_go_on_where_the_last_one_ended(program):
    for number in range(5):
        companies.create(by=program.user, name=f"Company {number}")

    first = program.get("companies?limit=2&sort=-id&fields=name")
    second = program.get(f"companies?limit=2&sort=-id&fields=name&cursor={first.json()['next_cursor']}")
    last = program.get(f"companies?limit=2&sort=-id&cursor={second.json()['next_cursor']}")

    assert [names(page) for page in (first, second, last)] == [
        ["Company 4", "Company 3"], ["Company 2", "Company 1"], ["Company 0"],
    ]  # fmt: skip
    assert set(first.json()["data"][0]) == {"id", "name"}
    assert last.json()["next_cursor"] is None
    assert program.get("companies?cursor=nonsense").status_code == 422


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=0", "limit"),
        ("limit=x", "limit"),
        ("sort=name", "sort"),
        ("colour=red", "colour"),
        ("fields=x", "fields"),
    ],
)
def test_odd_parameters_are_named(program, query, parameter):
    answer = program.get(f"companies?{query}")

    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, parameter)


def test_search_takes_the_condition_language(program):
    for number in range(3):
        companies.create(by=program.user, name=f"Company {number}", industry="Food" if number else "Cars")

    found = program.post(
        "companies/search",
        {"where": {"field": "industry", "op": "equals", "value": "food"}, "sort": "-id", "fields": ["name"]},
    )
    odd = program.post("companies/search", {"where": {"all": [{"field": "nothing", "op": "equals", "value": 1}]}})

    assert names(found) == ["Company 2", "Company 1"]
    assert odd.json()["errors"][0]["pointer"] == "/where/all/0"


@pytest.mark.parametrize("path", ["companies", "contacts", "deals", "products", "quotes"])
def test_a_page_takes_as_many_queries_for_one_record_as_for_many(program, path):
    pipelines.ensure_default()
    counts = []
    for rows in (1, 12):
        for number in range(rows):
            deal = makers.new_deal(program.user, name=f"Company {rows} {number}")
            assert program.post("quotes", {"deal": deal.pk}).status_code == 201
            assert program.post("products", {"name": f"Product {rows} {number}"}).status_code == 201
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert len(program.get(f"{path}?limit=100").json()["data"]) >= rows
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert counts[1] <= 10, counts


def test_a_record_for_the_bin(program):
    company = companies.create(by=program.user, name="Acme")
    early = program.call("DELETE", f"companies/{company.pk}", If_Match="*")
    companies.archive(company, by=program.user)

    gone = program.call("DELETE", f"companies/{company.pk}", If_Match="*")

    assert (early.status_code, early.json()["detail"]) == (409, "It is not archived.")
    assert (gone.status_code, gone.content) == (204, b"")
    assert program.get(f"companies/{company.pk}").status_code == 404


def test_who_may_not_edit_may_not_through_the_api(db):
    role = Role.objects.create(name="Looker", permissions=[])
    looker = Program(User.objects.create_user("looker@example.com", name="Looker", role=role))

    refused = looker.post("companies", {"name": "Acme"})

    assert refused.status_code == 403
    assert "Create and edit companies" in refused.json()["detail"]
    assert not Company.objects.exists()


def test_what_can_be_searched_for_is_listed_with_operators_and_choices(program):
    size = properties.create(by=program.user, object_type="deal", label="Size", kind="choice", choices=["S", "L"])
    pipelines.ensure_default()

    told = program.get("condition-fields?object=deal").json()

    fields = {each["name"]: each for each in told["fields"]}
    assert fields["amount"]["operators"][0] == "equals"
    assert "relative" in fields["close_on"]["operators"]
    own = fields[f"property:{size.pk}"]
    assert ([each["label"] for each in own["choices"]], own["kind"]) == (["S", "L"], "choice")
    assert {"name": "company", "label": "Company", "object": "company", "many": False} in told["relations"]
    for name, each in fields.items():
        where = {"where": {"field": name, "op": "empty"}}
        assert "empty" not in each["operators"] or program.post("deals/search", where).status_code == 200, name
    assert program.get("condition-fields?object=nothing").status_code == 404
    assert program.get("condition-fields?object=invoice").status_code == 200
    assert Program(program.user, scopes=("crm:read",)).get("condition-fields?object=invoice").status_code == 404
