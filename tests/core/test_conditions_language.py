"""The condition language: what it says of empty values, dates, texts and associations, what it refuses, its words."""

import datetime
import json
import zoneinfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.conditions import (
    BadCondition,
    Field,
    compile_conditions,
    explain,
    fields,
    from_address,
    matches,
    problems_of,
    sentence,
    setting,
    to_address,
    values_for,
)
from core.conditions.language import DEEPEST, MOST_PARTS
from core.conditions.moments import Span, first_moment, period, span_of_moment
from core.conditions.text import fold
from crm.models import Company, Contact, Deal
from tests import makers

KNOWN = fields(
    Field("name", "Name", "text", "name"),
    Field("size", "Size", "number", "size"),
    Field("born", "Born", "date", "born"),
    Field("seen", "Seen", "datetime", "seen"),
    Field("state", "State", "choice", "state", (("open", "Open"), ("won", "Won"))),
    Field("tags", "Tags", "multi_choice", "tags", (("a", "A"), ("b", "B"))),
    Field("fresh", "Fresh", "checkbox", "fresh"),
    Field("owner", "Owner", "user", "owner_id"),
)
LONDON = zoneinfo.ZoneInfo("Europe/London")
NOW = datetime.datetime(2026, 3, 29, 22, 30, tzinfo=datetime.UTC)


class Me:
    """Somebody with an id."""

    pk = 7

    def has_perm(self, _permission: str) -> bool:
        return True


def holds(part, zone="UTC", **values) -> bool:
    """Whether a condition holds for values."""
    return matches(part, KNOWN, values, user=Me(), now=NOW, zone=zone)


NEGATIVE = [
    {"field": "name", "op": "not_equals", "value": "x"},
    {"field": "name", "op": "not_contains", "value": "x"},
    {"field": "state", "op": "not_in", "value": ["open"]},
    {"field": "size", "op": "not_in", "value": ["1"]},
    {"field": "born", "op": "not_equals", "value": "2026-01-01"},
    {"field": "tags", "op": "has_none", "value": ["a"]},
    {"field": "owner", "op": "not_me"},
    {"field": "fresh", "op": "not_equals", "value": True},
]
POSITIVE = [
    {"field": "name", "op": "equals", "value": "x"},
    {"field": "size", "op": "<", "value": "1"},
    {"field": "size", "op": "range", "value": [None, None]},
    {"field": "born", "op": "before", "value": "2026-01-01"},
    {"field": "seen", "op": "relative", "value": {"period": "more_than_days_ago", "days": 3}},
    {"field": "state", "op": "in", "value": ["open"]},
    {"field": "tags", "op": "has_any", "value": ["a"]},
    {"field": "owner", "op": "me"},
    {"field": "fresh", "op": "equals", "value": False},
]


@pytest.mark.parametrize("part", NEGATIVE)
def test_negative_operators_are_true_of_what_is_empty(part):
    assert holds(part)
    assert not holds({"not": part})


@pytest.mark.parametrize("part", POSITIVE)
def test_every_other_comparison_with_what_is_empty_is_false(part):
    assert not holds(part)
    assert holds({"not": part})


def test_empty_is_what_is_not_there_blank_or_does_not_fit():
    empty = {"field": "name", "op": "empty"}
    assert holds(empty)
    assert holds(empty, name="")
    assert not holds(empty, name=" ")
    assert holds({"field": "tags", "op": "empty"}, tags=[])
    assert holds({"field": "size", "op": "empty"}, size="a dozen")
    assert not holds({"field": "size", "op": "empty"}, size=0)
    assert not holds({"field": "fresh", "op": "empty"}, fresh=False)


@pytest.mark.parametrize(
    ("op", "value", "stored", "expected"),
    [
        ("equals", "straße", "STRAßE", True),
        ("equals", "strasse", "Straße", False),
        ("equals", "istanbul", "İstanbul", False),
        ("equals", "σίσυφος", "ΣΊΣΥΦΟΣ", True),
        ("contains", "%", "100%", True),
        ("contains", "%", "100", False),
        ("contains", "_", "ab", False),
        ("starts_with", "a\\", "A\\b", True),
        ("ends_with", "É", "café", True),
        ("ends_with", "cafés", "é", False),
    ],
)
def test_texts_are_compared_without_case_and_without_patterns(op, value, stored, expected):
    assert holds({"field": "name", "op": op, "value": value}, name=stored) is expected


def test_folding_keeps_the_length_so_that_beginnings_stay_beginnings():
    every = "".join(map(chr, [*range(1, 0xD800), *range(0xE000, 0x11000)]))
    assert len(fold(every)) == len(every)
    assert fold(fold(every)) == fold(every)


def test_days_of_a_moment_are_those_of_the_zone():
    on = {"field": "seen", "op": "equals", "value": "2026-03-29"}
    before_midnight = datetime.datetime(2026, 3, 29, 22, 59, tzinfo=datetime.UTC)
    after_midnight = before_midnight + datetime.timedelta(minutes=1)  # in London, on summer time since this morning

    assert holds(on, zone="Europe/London", seen=before_midnight)
    assert not holds(on, zone="Europe/London", seen=after_midnight)
    assert holds(on, zone="UTC", seen=after_midnight)
    assert holds({"field": "seen", "op": "relative", "value": {"period": "today"}}, zone="Europe/London", seen=NOW)


def test_the_day_the_clocks_change_has_23_or_25_hours():
    def hours(day: str) -> float:
        span = span_of_moment(day, LONDON)
        return (span.end - span.start).total_seconds() / 3600

    assert (hours("2026-03-28"), hours("2026-03-29"), hours("2026-10-25")) == (24, 23, 25)


def test_a_day_whose_midnight_is_skipped_begins_at_the_skip():
    cairo = zoneinfo.ZoneInfo("Africa/Cairo")  # 2026-04-24 begins at one o'clock

    assert first_moment(datetime.date(2026, 4, 24), cairo).isoformat() == "2026-04-23T22:00:00+00:00"


@pytest.mark.parametrize(
    ("value", "first", "behind"),
    [
        ({"period": "today"}, "2026-03-29", "2026-03-30"),
        ({"period": "this_week"}, "2026-03-23", "2026-03-30"),
        ({"period": "last_week"}, "2026-03-16", "2026-03-23"),
        ({"period": "next_month"}, "2026-04-01", "2026-05-01"),
        ({"period": "last_quarter"}, "2025-10-01", "2026-01-01"),
        ({"period": "this_quarter"}, "2026-01-01", "2026-04-01"),
        ({"period": "next_year"}, "2027-01-01", "2028-01-01"),
        ({"period": "last_days", "days": 7}, "2026-03-22", "2026-03-30"),
        ({"period": "next_days", "days": "1"}, "2026-03-29", "2026-03-31"),
        ({"period": "more_than_days_ago", "days": 7}, None, "2026-03-22"),
        ({"period": "more_than_days_ahead", "days": 0}, "2026-03-30", None),
    ],
)
def test_periods(value, first, behind):
    def day(text):
        return datetime.date.fromisoformat(text) if text else None

    assert period(value, datetime.date(2026, 3, 29)) == Span(day(first), day(behind))


def nested(levels: int) -> dict:
    part = {"field": "name", "op": "empty"}
    for _level in range(levels):
        part = {"not": part}
    return part


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (nested(DEEPEST + 1), "levels deep"),
        (nested(600), "levels deep"),
        ({"all": [{"field": "name", "op": "empty"}] * 100_000}, f"at most {MOST_PARTS} parts"),
        ({"all": "x"}, "list of conditions"),
        ({"all": [], "any": []}, "can't be read"),
        ([], "can't be read"),
        ("x", "can't be read"),
        ({"version": 2, "all": []}, "another version"),
        ({"field": "name", "op": "equals", "value": "x", "more": 1}, "can't be read"),
        ({"field": ["name"], "op": "equals"}, "no property"),
        ({"field": "name__startswith", "op": "equals", "value": "x"}, "no property"),
        ({"field": "owner.password", "op": "equals", "value": "x"}, "does not lead to one"),
        ({"field": "name", "op": ["equals"], "value": "x"}, "can't be compared"),
        ({"field": "name", "op": "<", "value": "x"}, "can't be compared"),
        ({"field": "name", "op": "equals", "value": "a\x00b"}, "does not fit"),
        ({"field": "name", "op": "equals", "value": "\ud800"}, "does not fit"),
        ({"field": "name", "op": "equals", "value": "x" * 2000}, "does not fit"),
        ({"field": "name", "op": "equals", "value": {"a": 1}}, "does not fit"),
        ({"field": "name", "op": "in", "value": []}, "at least one"),
        ({"field": "name", "op": "in", "value": ["x"] * 501}, "at most"),
        ({"field": "size", "op": "equals", "value": "NaN"}, "does not fit"),
        ({"field": "size", "op": "equals", "value": "1e400"}, "does not fit"),
        ({"field": "size", "op": "equals", "value": "1e-400"}, "does not fit"),
        ({"field": "size", "op": "equals", "value": True}, "does not fit"),
        ({"field": "size", "op": "range", "value": ["1"]}, "does not fit"),
        ({"field": "born", "op": "equals", "value": "2026-02-30"}, "does not fit"),
        ({"field": "seen", "op": "equals", "value": "2026-02-28T25:00"}, "does not fit"),
        ({"field": "born", "op": "relative", "value": {"period": "last_days", "days": 10**9}}, "does not fit"),
        ({"field": "born", "op": "relative", "value": {"period": "last_days"}}, "does not fit"),
        ({"field": "born", "op": "relative", "value": {"period": "__class__"}}, "does not fit"),
        ({"field": "owner", "op": "equals", "value": "9" * 30}, "does not fit"),
        ({"some": "deals"}, "no associated records"),
        ({"field": "state", "op": "equals", "value": "gone"}, "no choice"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(condition, said):
    [problem, *_more] = problems_of(condition, KNOWN, setting(Me(), NOW, "UTC", strict=True))

    assert said in str(problem)


def test_me_needs_somebody():
    with pytest.raises(BadCondition, match="Nobody is signed in"):
        matches({"field": "owner", "op": "me"}, KNOWN, {"owner": 7})


def test_a_choice_that_was_removed_breaks_no_saved_condition():
    assert not holds({"field": "state", "op": "equals", "value": "gone"}, state="open")


def test_all_problems_are_found_each_at_its_place():
    condition = {"any": [{"field": "x"}, {"not": {"all": [{"field": "size", "op": "<", "value": "z"}]}}]}

    found = problems_of(condition, KNOWN, setting(Me(), NOW, "UTC"))

    assert [each.place for each in found] == [("any", 0), ("any", 1, "not", "all", 0)]


def test_an_address_carries_any_condition():
    condition = {"field": "name", "op": "contains", "value": "Größe/%?&=+😀"}

    written = to_address(condition)

    assert from_address(written) == condition
    assert written.replace("-", "").replace("_", "").isalnum()
    with pytest.raises(BadCondition, match="too long"):
        to_address({"field": "name", "op": "in", "value": ["x" * 900] * 9})


@pytest.mark.django_db
class TestRecords:
    """Over real records."""

    def test_associations_to_one_and_to_many(self):
        rep = makers.user()
        deal = makers.new_deal(rep)
        alone = Contact.objects.create(last_name="Alone")

        def found(condition) -> set[str]:
            return {str(row) for row in Contact.objects.filter(compile_conditions(condition, "contact", user=rep))}

        name = {"field": "company.name", "op": "equals", "value": "brand new gardens"}
        assert found(name) == {"Nora New"}
        assert found({"not": name}) == {"Alone"}
        assert found({"field": "company.name", "op": "empty"}) == {"Alone"}
        assert found({"some": "deals", "where": {"field": "company.name", "op": "not_empty"}}) == {"Nora New"}
        assert found({"some": "deals"}) == {"Nora New"}
        assert found({"none": "deals"}) == {"Alone"}
        assert found({"none": "deals", "where": {"any": []}}) == {"Nora New", "Alone"}
        # Archived records count no longer.
        Deal.objects.filter(pk=deal.pk).update(archived_at=timezone.now())
        assert found({"some": "deals"}) == set()
        assert alone in Contact.objects.filter(compile_conditions({}, "contact"))

    def test_values_are_collected_in_as_many_queries_for_one_record_as_for_thirty(self):
        rep = makers.user()
        deal = makers.new_deal(rep)
        condition = {
            "all": [
                {"field": "company.owner", "op": "me"},
                {"some": "contacts", "where": {"field": "company.email", "op": "contains", "value": "@"}},
                {"none": "invoices", "where": {"some": "lines", "where": {"field": "amount", "op": ">", "value": "5"}}},
            ]
        }
        counts = []
        for size in (1, 29):
            Deal.objects.bulk_create(Deal(name="D", stage=deal.stage, company=deal.company) for _n in range(size))
            with CaptureQueriesContext(connection) as captured:
                values = values_for(Deal.objects.order_by("pk"), condition, user=rep)
            counts.append(len(captured))

        # The deals that are asked about; then they with their companies, their contacts, and their invoices.
        assert counts == [4, 4]
        assert values[0]["company"] == {"pk": deal.company_id, "owner": rep.pk}
        assert [matches(condition, "deal", each, user=rep) for each in values] == [True] + [False] * 30

    def test_what_failed_is_said_in_words(self):
        rep = makers.user()
        company = Company.objects.create(name="Cool Cars", owner=rep)
        condition = {
            "all": [
                {"field": "name", "op": "contains", "value": "cars"},
                {"any": [{"field": "email", "op": "not_empty"}]},
                {"field": "owner", "op": "in", "value": [rep.pk]},
            ]
        }
        [values] = values_for([company], condition)

        failed = explain(condition, "company", values)

        assert failed is not None
        assert (failed.because, failed.sentence) == ("E-mail is empty", "E-mail is not empty")
        assert failed.place == ("all", 1, "any", 0)
        assert explain(condition, "company", values | {"email": "x@example.com"}) is None
        assert explain({}, "company", values) is None

    def test_conditions_in_words(self):
        rep = makers.user()
        company = Company.objects.create(name="Cool Cars")
        condition = {
            "all": [
                {"field": "company", "op": "in", "value": [company.pk, 99_999]},
                {"any": [{"field": "amount", "op": ">=", "value": "1000.50"}, {"field": "owner", "op": "not_me"}]},
                {"not": {"field": "close_on", "op": "relative", "value": {"period": "last_days", "days": 7}}},
                {"none": "contacts", "where": {"field": "company.name", "op": "starts_with", "value": "A"}},
                {"field": "close_on", "op": "range", "value": ["2026-01-01", None]},
            ]
        }

        with CaptureQueriesContext(connection) as captured:
            words = sentence(condition, "deal", user=rep)

        assert words == (
            "Company is Cool Cars or #99999 and (Amount is at least 1,000.5 or Owner is not me) and "
            "Close date is not in the last 7 days and none of Contacts has: Company: Name starts with “A” and "
            "Close date is on or after Jan 1, 2026"
        )
        assert len([each for each in captured if "crm_company" in each["sql"]]) == 1

    def test_plain_comparisons_stay_plain_for_the_indexes(self):
        condition = {
            "all": [{"field": "status", "op": "equals", "value": "open"}, {"field": "amount", "op": ">", "value": 5}]
        }

        statement = str(Deal.objects.filter(compile_conditions(condition, "deal")).values("pk").query)

        assert statement.endswith('WHERE ("crm_deal"."status" = open AND "crm_deal"."amount" > 5)')

    def test_a_condition_is_data(self):
        condition = {"version": 1, "all": [{"field": "name", "op": "equals", "value": "x"}]}

        assert matches(json.loads(json.dumps(condition)), "company", {"name": "X"})
