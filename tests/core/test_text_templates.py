"""Texts that are filled in from a record: known names alone, printed as people read, escaped for where they go."""

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import text_templates
from crm.models import Deal
from crm.services import companies, deals, pipelines
from tests import makers

pytestmark = pytest.mark.django_db


@pytest.fixture
def deal() -> Deal:
    by = makers.user()
    company = companies.create(by=by, name="Green & <Sons>", email="green@example.com", currency="GBP")
    return deals.create(
        by=by,
        name='Hedge "big" {{ amount }}',
        stage=pipelines.ensure_default().stages.first(),
        company=company,
        currency="USD",
        amount=Decimal("1234.5"),
        close_on=datetime.date(2026, 3, 1),
        owner=by,
    )


def test_names_are_filled_in_as_people_read_them(deal: Deal) -> None:
    text = "{{ name }}: {{amount}} of {{ company.name }} until {{ close_on }}, {{ owner }}, {{ stage }}, {{ status }}."
    assert text_templates.plain(text, deal) == (
        'Hedge "big" {{ amount }}: $1,234.50 of Green & <Sons> until Mar 1, 2026, Sales rep, '
        f"{deal.stage.name}, Open."
    )
    assert text_templates.plain("{{ link }}", deal).endswith(f"/deals/{deal.pk}/")
    assert text_templates.plain("[{{ closed }}{{ company.phone }}]", deal) == "[]"


def test_an_empty_way_says_nothing(deal: Deal) -> None:
    Deal.objects.filter(pk=deal.pk).update(company=None)
    assert text_templates.plain("To {{ company.name }}!", deal) == "To !"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{{ nam }}", "{{ name }}"),
        ("{{ company.nam }}", "{{ company.name }}"),
        ("{{ owner.password }}", "There is no {{ owner.password }}"),
        ("{{ name.__class__ }}", "There is no"),
        ("{{ segments }}", "There is no {{ segments }}"),
        ("{{ contacts.email }}", "There is no"),
        ("Dear {{ name", "one of them is missing"),
    ],
)
def test_what_is_not_known_is_an_error_before_anything_is_sent(text: str, words: str) -> None:
    (problem,) = text_templates.problems(text, "deal")
    assert words in problem
    assert text_templates.problems("{{ name }} {{ title }} {{ company.name }} 100 % {off}", "deal") == []


def test_each_medium_has_its_own_escapes(deal: Deal) -> None:
    deal.name = "<!channel> & co\nBcc: x@example.com"
    deal.save()
    assert text_templates.slack("*{{ name }}* <https://a.example|here>", deal) == (
        "*&lt;!channel&gt; &amp; co\nBcc: x@example.com* <https://a.example|here>"
    )
    assert text_templates.subject("About {{ name }}", deal) == "About <!channel> & co Bcc: x@example.com"
    body = text_templates.json_body('{"text": "{{ name }}", "list": ["{{ amount }}", 1, null]}', deal)
    assert json.loads(body) == {"text": "<!channel> & co\nBcc: x@example.com", "list": ["$1,234.50", 1, None]}


def test_the_body_of_a_webhook_has_to_be_json() -> None:
    assert "no JSON" in text_templates.json_problems('{"a": {{ amount }}}', "deal")[0]
    assert text_templates.json_problems('{"a": "{{ amount }}"}', "deal") == []


def test_values_cost_the_same_however_many_names(deal: Deal) -> None:
    counts: list[int] = []
    for names in (["name", "company.name"], ["name", "amount", "close_on", "status", "company.name", "company.email"]):
        with CaptureQueriesContext(connection) as captured:
            text_templates.values(deal, names)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_all_properties_are_plain_data(deal: Deal) -> None:
    said: dict[str, Any] = text_templates.raw_values(deal)
    assert json.loads(json.dumps(said)) == said
    assert (said["amount"], said["close_on"], said["status"]) == ("1234.50", "2026-03-01", "open")
    assert "segments" not in said


def test_every_offered_name_can_be_used() -> None:
    for object_type in ("contact", "company", "deal", "quote", "product", "invoice", "payment"):
        names = [name for name, _label in text_templates.offered(object_type)]
        assert {"title", "link"} <= set(names)
        for name in names:
            assert text_templates.problems(f"{{{{ {name} }}}}", object_type) == []
