"""The days of a recurring invoice."""

import datetime
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices.recurrence import occurrence, upcoming

DAYS = st.dates(datetime.date(2000, 1, 1), datetime.date(2100, 12, 31))


def day(text: str) -> datetime.date:
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "unit", "interval", "expected"),
    [
        ("2026-01-31", "month", 1, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        ("2024-02-29", "year", 1, ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28"]),
        ("2026-11-22", "week", 2, ["2026-11-22", "2026-12-06", "2026-12-20", "2027-01-03"]),
        ("2026-12-30", "day", 1, ["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"]),
        ("2026-11-30", "month", 3, ["2026-11-30", "2027-02-28", "2027-05-30", "2027-08-30"]),
    ],
)
def test_the_first_days(start: str, unit: str, interval: int, expected: list[str]) -> None:
    assert list(islice(upcoming(day(start), unit, interval), 4)) == [day(each) for each in expected]


def test_it_ends_by_number_or_by_day_whichever_comes_first() -> None:
    start = day("2026-01-01")
    assert len(list(upcoming(start, "month", 1, most=3))) == 3
    assert len(list(upcoming(start, "month", 1, most=30, ends_on=day("2026-06-15")))) == 6
    assert list(upcoming(start, "month", 1, made=3, most=3)) == []


@given(DAYS, st.sampled_from(["day", "week", "month", "year"]), st.integers(1, 12), st.integers(0, 60))
def test_days_only_go_forward_and_never_skip_a_month(
    start: datetime.date, unit: str, interval: int, number: int
) -> None:
    here, there = occurrence(start, unit, interval, number), occurrence(start, unit, interval, number + 1)
    assert here < there
    if unit == "month":
        months = (there.year - here.year) * 12 + there.month - here.month
        assert months == interval
        assert there.day == min(start.day, there.day)
