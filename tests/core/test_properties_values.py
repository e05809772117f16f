"""The stored form of custom values: there and back, refusals, and SQL that reads what Python reads."""

import datetime
from decimal import Decimal

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.enums import PropertyKind
from core.properties import BadValue, Choice, Definition, PropertyValue, canonical, display, typed
from core.properties.expressions import index_columns

CHOICES = (Choice("3", "North"), Choice("12", "South"), Choice("20", "Old", archived=True))


def definition(kind: str, **more) -> Definition:
    return Definition(7, "company", "it", "It", PropertyKind(kind), **{"choices": CHOICES, **more})


plain_text = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=60)
GIVEN = {
    "text": plain_text,
    "long_text": plain_text,
    "number": st.decimals(-(10**14), 10**14, places=4),
    "currency": st.decimals(-(10**14), 10**14, places=2),
    "date": st.dates(),
    "datetime": st.floats(-62_000_000_000, 250_000_000_000).map(
        lambda seconds: datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(seconds=seconds)
    ),
    "choice": st.sampled_from(["3", 12, "20"]),
    "multi_choice": st.lists(st.sampled_from(["3", "12", 20])),
    "checkbox": st.booleans(),
    "user": st.integers(0, 10**17),
}
any_kind = st.sampled_from(sorted(GIVEN)).flatmap(lambda kind: st.tuples(st.just(kind), GIVEN[kind]))


@given(any_kind)
def test_a_stored_value_stays_what_it_is(case):
    kind, value = case
    stored = canonical(definition(kind), value)

    assert canonical(definition(kind), stored) == stored
    if stored is not None and kind != "multi_choice":
        assert canonical(definition(kind), typed(PropertyKind(kind), stored)) == stored


@given(st.decimals(-(10**14), 10**14, places=4), st.dates())
def test_numbers_and_dates_come_back_as_they_went(number, day):
    assert typed(PropertyKind.NUMBER, canonical(definition("number"), number)) == number
    assert typed(PropertyKind.DATE, canonical(definition("date"), day)) == day


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("text", "  two   words \n", "two words"),
        ("text", "   ", None),
        ("number", Decimal("12.500"), "12.5"),
        ("number", "1E+3", "1000"),
        ("number", "-0.00", "0"),
        ("currency", 10, "10"),
        ("date", datetime.date(2026, 1, 31), "2026-01-31"),
        ("datetime", "2026-01-31T10:30:15.9+01:00", "2026-01-31T09:30:15Z"),
        ("choice", 3, "3"),
        ("multi_choice", ["20", "3", "12", 3], ["3", "12", "20"]),
        ("multi_choice", [], None),
        ("checkbox", "false", False),
        ("user", "0042", "42"),
    ],
)
def test_values_get_one_form(kind, value, stored):
    assert canonical(definition(kind), value) == stored


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("text", "a\x00b", "can't be stored"),
        ("text", "x" * 501, "longer than 500"),
        ("long_text", "x" * 10_001, "longer than 10,000"),
        ("number", "twelve", "not a number"),
        ("number", True, "not a number"),
        ("number", "1e400", "too large"),
        ("number", "NaN", "not a number"),
        ("number", "0.12345678901", "At most 10 decimals"),
        ("currency", "0.000001", "At most 5 decimals"),
        ("date", "31.01.2026", "not a date"),
        ("date", datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), "not a date"),
        ("datetime", "2026-01-31T10:30:15", "time zone"),
        ("datetime", "0001-01-01T00:00:00+05:00", "not a date with a time"),
        ("choice", "99", "none of the choices"),
        ("multi_choice", ["3", "99"], "none of the choices"),
        ("checkbox", "maybe", "neither yes nor no"),
        ("user", "me", "not a user"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(kind, value, words):
    with pytest.raises(BadValue, match=words):
        canonical(definition(kind), value)


def test_numbers_keep_to_their_range():
    limited = definition("number", lowest=Decimal(1), highest=Decimal(10))

    assert canonical(limited, 10) == "10"
    with pytest.raises(BadValue, match="less than 1"):
        canonical(limited, "0.9")
    with pytest.raises(BadValue, match="more than 10"):
        canonical(limited, 11)


@pytest.mark.parametrize(
    ("kind", "stored", "printed"),
    [
        ("number", "1234.5", "1,234.5"),
        ("currency", "1234.5", "€1,234.50"),
        ("date", "2026-01-31", "Jan 31, 2026"),
        ("choice", "3", "North"),
        ("choice", "99", ""),
        ("multi_choice", ["3", "20"], "North, Old"),
        ("checkbox", False, "No"),
        ("user", "5", "Rita"),
        ("user", "6", "User 6"),
        ("date", "2026-02-30", ""),
        ("text", None, ""),
    ],
)
def test_values_are_printed(kind, stored, printed):
    assert display(definition(kind), stored, people={"5": "Rita"}, currency="EUR") == printed


@pytest.mark.parametrize(
    ("stored", "printed"), [("99.9", "99.90"), ("99", "99.00"), ("1234.505", "1,234.505"), ("-3.1", "-3.10")]
)
def test_an_amount_without_a_currency_has_two_decimals_at_least(stored, printed):
    assert display(definition("currency"), stored) == printed


days = st.builds(
    "{:04d}-{:02d}-{:02d}".format,
    st.sampled_from([0, 1, 1900, 2000, 2024, 2026]),
    st.integers(0, 13),
    st.integers(0, 32),
)
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(
        ["", "-", "1.", ".5", "1.5", "-007.10", "1e5", "NaN", "true", "2026-01-31\n", "٣", "0", "12345678901234567890"]
    ),
    days,
    st.builds("{}T{:02d}:{:02d}:{:02d}Z".format, days, st.integers(0, 25), st.integers(0, 61), st.integers(0, 61)),
    plain_text,
    st.lists(st.one_of(st.sampled_from(["3", "12", ""]), st.integers(0, 3), st.none()), max_size=4),
    st.dictionaries(st.sampled_from("ab"), st.integers(0, 3)),
)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored=odd)
def test_sql_reads_whatever_is_stored_as_python_does_and_never_fails(stored):
    from crm.models import Company  # noqa: PLC0415 -- models need Django set up

    pk = Company.objects.create(name="Odd", properties={"7": stored}).pk

    row = (
        Company.objects.filter(pk=pk)
        .values(**{f"as_{kind.value}": PropertyValue(7, kind) for kind in PropertyKind})
        .get()
    )

    assert row == {f"as_{kind.value}": typed(kind, stored) for kind in PropertyKind}


@pytest.mark.django_db
def test_the_expressions_of_all_kinds_can_be_indexed():
    with connection.cursor() as cursor:
        for number, kind in enumerate(PropertyKind):
            for columns in index_columns(number, kind).values():
                cursor.execute(f"CREATE INDEX ON crm_company ({columns})")
