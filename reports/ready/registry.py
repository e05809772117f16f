"""What a ready report is, and what it can be asked."""

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from accounts.visibility import sees_all
from core import company, standby
from core.conditions.moments import span_of_day
from reports import fiscal
from reports.ranges import FISCAL, RANGES, Period, period_of
from reports.result import Result

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# A period longer than this is cut: no report needs more, and its answer has to come at once.
MOST_DAYS = 3660
EARLIEST = datetime.date(1900, 1, 1)
CUSTOM, USUAL = "custom", "last_12_months"


@dataclass(frozen=True)
class Parameters:
    """What a report is asked: ``currency`` empty means the CRM's, at each document's rate; None is no filter."""

    today: datetime.date
    as_of: datetime.date
    period: Period
    owner: int | None = None
    company: int | None = None
    connection: int | None = None
    currency: str = ""
    by: str = ""


@dataclass(frozen=True)
class ReadyReport:
    """A report that comes with the product. ``asks`` are the parameters that it heeds, ``by`` its choices of rows."""

    key: str
    name: "StrOrPromise"
    description: "StrOrPromise"
    answer: Callable[[Any, Parameters], Result]
    asks: Sequence[str] = ("period", "owner", "company", "connection", "currency")
    by: "Sequence[tuple[str, StrOrPromise]]" = ()
    permission: str = "invoices.view"
    icon: str = "chart-bar"


class NoSuchReport(LookupError):
    """There is no ready report of this name, or not for this person."""


_all: dict[str, ReadyReport] = {}


def add(report: ReadyReport) -> None:
    """Make a report known."""
    _all[report.key] = report


def all_ready() -> list[ReadyReport]:
    """Every report, in the order in which they were added."""
    return list(_all.values())


def listed(user: Any) -> list[ReadyReport]:
    """The reports that a person may see, in the order in which they were added.

    They count the whole company's records, so they are for people who see all of them.
    """
    return [report for report in _all.values() if user.has_perm(report.permission)] if sees_all(user) else []


def found(key: str, user: Any) -> ReadyReport:
    """The report of that name. Raises NoSuchReport."""
    report = _all.get(key)
    if report is None or not user.has_perm(report.permission) or not sees_all(user):
        raise NoSuchReport(key)
    return report


def run(key: str, user: Any, values: Mapping[str, str]) -> Result:
    """The answer to ``values``, which are those of an address; what can't be read is said. Raises NoSuchReport."""
    report = found(key, user)
    parameters, problems = read(report, values)
    with standby.reading():
        result = report.answer(user, parameters)
    return replace(result, notes=[*problems, *result.notes]) if problems else result


def read(report: ReadyReport, values: Mapping[str, str]) -> tuple[Parameters, list[str]]:
    """The parameters in an address, and sentences about what can't be read: it is left out."""
    today = company.today()
    problems: list[str] = []

    def day(name: str, fallback: datetime.date) -> datetime.date:
        text = values.get(name, "")
        if not text or (name == "as_of" and "as_of" not in report.asks):
            return fallback
        try:
            span_of_day(text)
            # Nothing is known of other days, and around the first and the last one there are none to reckon with.
            return min(max(datetime.date.fromisoformat(text), EARLIEST), today + datetime.timedelta(days=MOST_DAYS))
        except ValueError:
            problems.append(_("“%s” is no day; it is left out.") % text[:40])
            return fallback

    def one(name: str) -> int | None:
        text = values.get(name, "")
        if not text or name not in report.asks:
            return None
        if text.isdecimal() and len(text) < 19:
            return int(text)
        problems.append(_("“%s” can't be read; it is left out.") % text[:40])
        return None

    name = values.get("period", "")
    connection = one("connection")
    period = _named(name if name in RANGES else USUAL, today, connection, fiscal_by_company="connection" in report.asks)
    if name == CUSTOM or (not name and (values.get("from") or values.get("to"))):
        first, last = sorted((day("from", period.first), day("to", today)))
        if (last - first).days > MOST_DAYS:
            first = last - datetime.timedelta(days=MOST_DAYS)
            problems.append(_("Only the last ten years of the period are shown."))
        period = Period(first, last, "")
    chosen = values.get("by", "")
    known = [key for key, _label in report.by]
    currency = values.get("currency", "").upper() if "currency" in report.asks else ""
    if len(currency) != 3 or not currency.isalpha():
        currency = ""
    return (
        Parameters(
            today,
            day("as_of", today),
            period,
            one("owner"),
            one("company"),
            connection,
            currency,
            chosen if chosen in known else (known[0] if known else ""),
        ),
        problems,
    )


def _named(name: str, today: datetime.date, connection: int | None, *, fiscal_by_company: bool) -> Period:
    start = fiscal.start_of(connection) if fiscal_by_company and name in FISCAL else None
    found = period_of(name, today, start)
    assert found is not None
    return found
