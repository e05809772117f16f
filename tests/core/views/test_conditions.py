"""The editor over a list: who may use it, what it offers, what it answers and what it costs."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.conditions import from_address, to_address
from core.conditions.description import describe
from core.views import conditions as views
from crm.models import Company, Contact, Deal
from tests import makers

pytestmark = pytest.mark.django_db

EDITOR = "/conditions/{}/"
CARS = {"field": "name", "op": "contains", "value": "CARS"}
BUDGET = 8


@pytest.fixture
def rep():
    return makers.user()


@pytest.fixture
def looker():
    from accounts.models import Role, User  # noqa: PLC0415

    return User.objects.create_user("looker@example.com", name="Lou", role=Role.objects.create(name="Looker"))


@pytest.fixture
def signed_in(client, rep):
    client.force_login(rep)
    return client


@pytest.fixture
def companies(rep):
    return [Company.objects.create(name=name, owner=rep) for name in ("Cool Cars", "Rondonuwu", "Old cars")]


def config_of(response) -> dict:
    """What the page tells the script."""
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', response.content.decode(), re.DOTALL)
    return json.loads(text)


def test_applying_leads_back_to_the_list_with_the_condition_and_the_other_filters(signed_in, companies):
    back = "/companies/?q=cars&sort=-name&cursor=abc"

    answer = signed_in.post(EDITOR.format("company"), {"where": json.dumps(CARS), "back": back})

    assert answer.status_code == 302
    path, _mark, query = answer["Location"].partition("?")
    assert path == "/companies/"
    assert "cursor" not in query
    assert "q=cars" in query
    assert from_address(re.findall(r"where=([^&]+)", query)[0]) == {"version": 1, **CARS}
    found = signed_in.get(answer["Location"])
    assert [str(row) for row in found.context["list"].rows] == ["Old cars", "Cool Cars"]
    assert "Name contains “CARS”" in found.content.decode()


def test_in_the_drawer_the_window_is_led(signed_in):
    answer = signed_in.post(
        EDITOR.format("company"), {"where": "", "back": "/companies/?where=abc"}, headers={"HX-Request": "true"}
    )

    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/companies/"


@pytest.mark.parametrize(
    ("where", "sentence"),
    [
        ("{", "can’t be read as JSON"),
        ("[]", "JSON object"),
        ('{"field": "secret", "op": "equals", "value": 1}', "There is no property “secret”"),
        ('{"all": [{"field": "created", "op": "before", "value": "soon"}]}', "“soon” does not fit Created"),
        ('{"field": "name", "op": "contains"}', "Say what Name is compared with"),
        ("[" * 100_000, "too long"),
        ("[" * 20_000, "can’t be read as JSON"),
    ],
)
def test_what_does_not_fit_is_said_in_words(signed_in, where, sentence):
    answer = signed_in.post(EDITOR.format("company"), {"where": where, "back": "/companies/"})

    assert answer.status_code == 422
    assert sentence.replace("’", "&#x27;") in answer.content.decode()


def test_a_sentence_comes_with_its_place(signed_in):
    wrong = {"all": [CARS, {"any": [CARS, {"field": "domain", "op": "equals", "value": ""}]}]}

    answer = signed_in.post(EDITOR.format("company"), {"where": json.dumps(wrong), "back": "/companies/"})

    assert config_of(answer)["problems"] == [
        {"place": ["all", 1, "any", 1], "text": "Say what Domain is compared with."}
    ]


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example/", "http://testserver//evil.example/", "javascript:alert(1)"]
)
def test_the_way_back_stays_on_this_site(signed_in, back):
    answer = signed_in.post(EDITOR.format("company"), {"where": "", "back": back})

    assert answer.status_code == 302
    assert answer["Location"] in ("/", "/evil.example/")


def test_objects_that_one_may_not_see_are_neither_edited_nor_counted_nor_offered(client, looker):
    client.force_login(looker)

    assert client.get(EDITOR.format("invoice")).status_code == 403
    assert client.post(EDITOR.format("invoice") + "count/").status_code == 403
    assert client.get(EDITOR.format("nothing")).status_code == 404
    offered = config_of(client.get(EDITOR.format("contact")))["objects"]
    assert set(offered) == {"contact", "company", "deal", "quote", "deal_line", "product"}
    assert "invoices" not in [each["name"] for each in offered["contact"]["relations"]]


def test_conditions_about_what_one_may_not_see_are_refused(client, looker, rep):
    where = to_address({"some": "invoices", "where": {"field": "total", "op": ">", "value": "5"}})
    Contact.objects.create(last_name="Pariente")

    client.force_login(looker)
    refused = client.get(reverse("crm:contact-list"), {"where": where})
    client.force_login(rep)
    allowed = client.get(reverse("crm:contact-list"), {"where": where})

    assert "There are no associated records called “invoices”" in refused.content.decode()
    assert len(refused.context["list"].rows) == 1
    assert list(allowed.context["list"].problems) == []
    assert allowed.context["list"].rows == []


def test_the_count_is_one_query_over_the_records_one_may_see(signed_in, companies):
    companies[0].archived_at = companies[0].created_at
    companies[0].save()

    with CaptureQueriesContext(connection) as captured:
        answer = signed_in.post(EDITOR.format("company") + "count/", {"condition": json.dumps(CARS)})

    assert "1 record matches" in answer.content.decode()
    assert len([each for each in captured if "crm_company" in each["sql"]]) == 1


def test_the_count_stops_at_a_limit_and_says_what_is_missing(signed_in, companies, monkeypatch):
    monkeypatch.setattr(views, "COUNT_UP_TO", 2)

    def said(condition) -> str:
        given = {"condition": json.dumps(condition)}
        return signed_in.post(EDITOR.format("company") + "count/", given).content.decode().strip()

    assert said({}) == "More than 2 records match"
    assert "Choose a property." in said({"field": "", "op": ""})


def test_the_editor_costs_the_same_whatever_the_number_of_records(signed_in, rep):
    deal = makers.new_deal(rep)
    where = {"all": [{"field": "company", "op": "in", "value": [deal.company_id]}, {"field": "owner", "op": "me"}]}
    address = f"/deals/?where={to_address(where)}"
    counts = []
    for _size in (1, 29):
        Deal.objects.bulk_create(Deal(name="D", stage=deal.stage, company=deal.company) for _n in range(_size))
        with CaptureQueriesContext(connection) as captured:
            answer = signed_in.get(EDITOR.format("deal"), {"back": address})
        counts.append(len(captured))

    assert config_of(answer)["names"] == {f"company:{deal.company_id}": "Brand New Gardens"}
    assert counts[0] == counts[1]
    assert counts[0] <= BUDGET + 2  # the session and the user, stages, pipelines, companies, people, names


@pytest.mark.parametrize("where", ["%%%", "e30x", "bm90IGpzb24", "W10", "A" * 7000, "eyJmaWVsZCI6ICJ4In0\x00"])
@pytest.mark.parametrize(
    "path", ["/deals/", "/companies/", "/contacts/", "/products/", "/invoices/", "/lists/invoice/sums/"]
)
def test_an_address_that_makes_no_sense_hides_nothing(signed_in, path, where):
    assert signed_in.get(path, {"where": where}).status_code == 200


def test_everything_offered_can_be_compared(rep):
    for object_type in ("contact", "company", "deal", "product", "quote", "invoice", "payment"):
        offered = describe(object_type, rep)
        for known in offered["objects"].values():
            assert known["fields"]
            assert {field["kind"] for field in known["fields"]} <= set(offered["operators"])
