"""Reports: those that come with the product and those that people keep, with their answers."""

from decimal import Decimal
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation, Param
from api.listed import Listed
from api.listing import Shown, View, in_time
from api.printing import plain
from api.problems import Problem, conflict, missing
from api.schemas import DAY, ID, MOMENT, array, named, nullable, record, text
from api.scopes import REPORTS_READ
from reports import exporting, page_queries
from reports.answers import answer
from reports.definition import BadReport
from reports.querying import TooMuch
from reports.ranges import RANGES
from reports.ready import registry
from reports.ready.registry import NoSuchReport
from reports.result import Result

TAG = "Reports"
SEES = "reports.view"
WORDS = {"type": "string"}
CELL = {"type": ["string", "number", "boolean", "null"]}
COLUMN = record({"key": WORDS, "label": WORDS, "kind": WORDS, "currency": nullable(WORDS)}, "key", "label", "kind")
RESULT = named(
    "ReportResult",
    record(
        {
            "title": WORDS,
            "columns": array(COLUMN),
            "rows": array(array(CELL)),
            "total": nullable(array(CELL)),
            "notes": array(WORDS),
            "as_of": MOMENT,
        },
        "title",
        "columns",
        "rows",
        "as_of",
        description="A table: a cell for each column. Amounts are text.",
    ),
)
READY = named(
    "ReadyReport",
    record(
        {
            "key": WORDS,
            "name": WORDS,
            "description": WORDS,
            "asks": array(WORDS),
            "by": array(record({"key": WORDS, "label": WORDS}, "key", "label")),
        },
        "key",
        "name",
        "asks",
    ),
)
KEPT = Listed(
    "report",
    "reports",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("name", WORDS),
            Shown("description", WORDS),
            Shown("owner", nullable(ID), "owner_id"),
            Shown("sharing", WORDS),
            Shown("ready", {"type": "string", "description": "The key of the ready report that it keeps."}),
            Shown("definition", {"type": "object"}, whole=True),
            Shown("created_at", MOMENT),
            Shown("updated_at", MOMENT),
        ],
        sorts=("id", "-id"),
    ),
    lambda user: page_queries.visible_to(user).distinct(),
    REPORTS_READ,
    SEES,
)


def _cell(value: Any) -> Any:
    if isinstance(value, bool) or value is None:
        return value
    shown = plain(value)
    return shown if isinstance(shown, str | int) or isinstance(value, Decimal) else str(shown)


def _printed(result: Result) -> dict[str, Any]:
    lines = [[_cell(cell) for cell in line] for line in exporting.rows_of(result)]
    total = lines.pop() if result.total is not None else None
    return {
        "title": str(result.title),
        "columns": [
            {"key": each.key, "label": str(each.label), "kind": each.kind, "currency": each.currency}
            for each in result.columns
        ],
        "rows": lines,
        "total": total,
        "notes": [str(note) for note in result.notes],
        "as_of": plain(result.as_of),
    }


def run(call: Call) -> Answer:
    """The answer of a kept report."""
    report = KEPT.found(call)
    try:
        result = in_time(lambda: answer(report, call.user, range_=call.query.get("range", "")))
    except (BadReport, NoSuchReport) as error:
        raise conflict("You may not see what this report is about, or it can't be read.", "not-readable") from error
    except TooMuch as error:
        raise Problem(422, "It is about too much. Narrow its period or its conditions.", "too-much") from error
    return Answer(_printed(result))


def ready(call: Call) -> Answer:
    """The reports that come with the product."""
    require(call.user, SEES)
    rows = [
        {
            "key": each.key,
            "name": str(each.name),
            "description": str(each.description),
            "asks": list(each.asks),
            "by": [{"key": key, "label": str(label)} for key, label in each.by],
        }
        for each in registry.listed(call.user)
    ]
    return Answer({"data": rows})


def run_ready(call: Call) -> Answer:
    """The answer of a report that comes with the product."""
    require(call.user, SEES)
    given = {name: str(value) for name, value in call.query.items()}
    try:
        result = in_time(lambda: registry.run(call.at["kind"], call.user, given))
    except NoSuchReport as error:
        raise missing() from error
    return Answer(_printed(result))


def operations() -> list[Operation]:
    """Reading and running reports."""
    ranges = {"type": "string", "enum": list(RANGES)}
    asked = (
        Param("period", {"type": "string", "enum": ["custom", *RANGES]}, "The period, custom for from and to."),
        Param("from", DAY, "The first day."),
        Param("to", DAY, "The last day."),
        Param("as_of", DAY, "The day as of which it is reckoned."),
        Param("owner", ID, "Only of this person."),
        Param("company", ID, "Only of this company."),
        Param("connection", ID, "Only of this QuickBooks company."),
        Param("currency", {"type": "string", "pattern": "^[A-Z]{3}$"}, "Only in this currency."),
        Param("by", text(40), "One of its choices of rows."),
    )
    return [
        *KEPT.operations(),
        Operation("GET", "reports/{id}/result", "run-report", TAG, "The answer of a kept report", REPORTS_READ, run,
                  {200: RESULT}, (Param("range", ranges, "Another period than its own."),), refuses=(409,)),
        Operation("GET", "ready-reports", "list-ready-reports", TAG, "The reports that come with the product",
                  REPORTS_READ, ready, {200: record({"data": array(READY)}, "data")}),
        Operation("GET", "ready-reports/{kind}", "run-ready-report", TAG,
                  "The answer of a report that comes with the product", REPORTS_READ, run_ready, {200: RESULT}, asked,
                  text="Parameters that a report does not ask for change nothing."),
    ]  # fmt: skip
