"""Moments as programs write them (RFC 3339)."""

import datetime
from typing import Any

from api.problems import unfit_at

# Around the ends of the calendar there is no other time zone to reckon with.
YEARS = range(1900, 2201)


def moment(text: str, place: str) -> Any:
    """The moment of a checked text. Raises Problem with its ``place`` for one that clocks don't show."""
    try:
        found = datetime.datetime.fromisoformat(text.upper().replace(" ", "T"))
    except ValueError as error:
        raise unfit_at(place, "There is no such moment.") from error
    if found.year not in YEARS:
        raise unfit_at(place, f"Give a moment between the years {YEARS[0]} and {YEARS[-1]}.")
    return found
