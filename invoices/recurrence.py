"""The days of a recurring invoice. Pure."""

import datetime
from collections.abc import Iterator
from typing import Any

from dateutil.relativedelta import relativedelta

MOST_AHEAD = 1000


def occurrence(starts_on: datetime.date, unit: str, interval: int, number: int) -> datetime.date:
    """The day of occurrence ``number`` (the first is 0). Counted from the start, so that a 31st comes back.

    A month without that day has it on its last one.
    """
    steps: dict[str, Any] = {f"{unit}s": interval * number}
    day: datetime.date = starts_on + relativedelta(**steps)
    return day


def upcoming(
    starts_on: datetime.date,
    unit: str,
    interval: int,
    *,
    made: int = 0,
    most: int | None = None,
    ends_on: datetime.date | None = None,
) -> Iterator[datetime.date]:
    """The occurrences that are still to come, in order, until the schedule ends."""
    for number in range(made, min(most if most is not None else made + MOST_AHEAD, made + MOST_AHEAD)):
        try:
            day = occurrence(starts_on, unit, interval, number)
        except (OverflowError, ValueError):
            return
        if ends_on is not None and day > ends_on:
            return
        yield day
