"""How the sync is set up and how it is doing, company by company; read only."""

from collections.abc import Sequence
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.printing import plain, printed
from api.problems import missing
from api.schemas import ID, MOMENT, array, named, nullable, record, text
from api.scopes import SYNC_READ
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from sync import health as reading
from sync import health_counts
from sync.enums import Exclusion, Outcome, SyncObject
from sync.models import ConnectionSettings, Link, ObjectSettings
from sync.services.settings import EDITABLE
from sync.visible import kinds_for

TAG = "Sync"
SEES, CONFIGURES = "sync.view_health", "sync.configure"
WORDS = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
OBJECT_NAMES = ("enabled", "enabled_at", "configured_at", *EDITABLE)
OBJECT = named(
    "SyncObjectSettings",
    record(
        {
            "object": {"type": "string", "enum": list(SyncObject.values)},
            "enabled": {"type": "boolean"},
            "enabled_at": nullable(MOMENT),
            "configured_at": nullable(MOMENT),
            **dict.fromkeys(
                (name for name in EDITABLE if name not in ("matching_fields", "filter_in", "filter_out")), WORDS
            ),
            "back_fill_since": nullable({"type": "string", "format": "date"}),
            "matching_fields": array(WORDS),
            "filter_in": {"type": "object"},
            "filter_out": {"type": "object"},
        },
        "object",
        "enabled",
    ),
)
SETTINGS = named(
    "SyncSettings",
    record(
        {
            "connection": ID,
            "name": WORDS,
            "environment": WORDS,
            "status": WORDS,
            "generation": WORDS,
            "read_only": {"type": "boolean"},
            "interval_minutes": {"type": "integer"},
            "economical": {"type": "boolean"},
            "time_zone": WORDS,
            "monthly_budget": nullable({"type": "integer"}),
            "alert_records": {"type": "integer"},
            "alert_minutes": {"type": "integer"},
            "objects": array(OBJECT),
        },
        "connection",
        "name",
        "objects",
    ),
)
HEALTH = named(
    "SyncHealth",
    record(
        {
            "connection": ID,
            "name": WORDS,
            "status": WORDS,
            "last_success": nullable(MOMENT),
            "due_at": nullable(MOMENT),
            "late": {"type": "boolean"},
            "problem": WORDS,
            "failures": COUNT,
            "waiting": {**COUNT, "description": "What is still to be written to QuickBooks."},
            "oldest_waiting": nullable(MOMENT),
            "refused": COUNT,
            "reads_this_month": COUNT,
            "failing": COUNT,
            "conflicts": COUNT,
            "records": array(record({"kind": WORDS, **{str(each): COUNT for each in health_counts.SHOWN}}, "kind")),
        },
        "connection",
        "name",
        "late",
    ),
)


def settings(call: Call) -> Answer:
    """How every company is set up."""
    require(call.user, CONFIGURES)
    return Answer({"data": _all_settings(list(connector.visible_to(call.user).order_by("pk")))})


def printed_company(company: Connection) -> dict[str, Any]:
    """The settings of one company as JSON."""
    [told] = _all_settings([company])
    return told


def _all_settings(companies: Sequence[Connection]) -> list[dict[str, Any]]:
    ids = [company.pk for company in companies]
    whole = {row.connection_id: row for row in ConnectionSettings.objects.filter(connection__in=ids)}
    objects: dict[int, list[dict[str, Any]]] = {pk: [] for pk in ids}
    for row in ObjectSettings.objects.filter(connection__in=ids).order_by("pk"):
        objects[row.connection_id].append(printed_object(row))
    return [_settings(company, whole.get(company.pk), objects[company.pk]) for company in companies]


def printed_object(row: ObjectSettings) -> dict[str, Any]:
    """The settings of an object as JSON."""
    return {"object": row.sync_object, **{name: printed(row, name) for name in OBJECT_NAMES}}


def _settings(company: Connection, whole: ConnectionSettings | None, objects: list[dict[str, Any]]) -> dict[str, Any]:
    whole = whole or ConnectionSettings(connection=company)
    return {
        "connection": company.pk,
        "name": company.company_name,
        "environment": company.environment,
        "status": company.status,
        "generation": whole.generation,
        "read_only": whole.read_only,
        "interval_minutes": company.interval_minutes,
        "economical": company.economical,
        "time_zone": company.time_zone,
        "monthly_budget": company.monthly_budget,
        "alert_records": company.alert_records,
        "alert_minutes": company.alert_minutes,
        "objects": objects,
    }


def health(call: Call) -> Answer:
    """How every company is doing."""
    require(call.user, SEES)
    companies = reading.companies(call.user)
    figures = health_counts.counts(call.user, [line.connection.pk for line in companies])
    worker = reading.worker()
    told = [_health(line, figures[line.connection.pk]) for line in companies]
    return Answer({"worker_alive": worker.alive, "worker_seen_at": plain(worker.beaten_at), "data": told})


def _health(line: reading.CompanyHealth, figures: health_counts.Counts) -> dict[str, Any]:
    return {
        "connection": line.connection.pk,
        "name": line.connection.company_name,
        "status": line.connection.status,
        "last_success": plain(line.last_success),
        "due_at": plain(line.due_at),
        "late": line.late,
        "problem": str(line.problem),
        "failures": line.failures,
        "waiting": line.waiting,
        "oldest_waiting": plain(line.oldest_waiting),
        "refused": line.failed,
        "reads_this_month": line.reads,
        "failing": figures.failing,
        "conflicts": figures.conflicts,
        "records": [
            {
                "kind": each.kind,
                **{
                    str(outcome): figure.count
                    for outcome, figure in zip(health_counts.SHOWN, each.figures, strict=True)
                },
            }
            for each in figures.lines
        ],
    }


def links_of(user: Any) -> Any:
    """The links of records that somebody may read of."""
    return Link.objects.filter(connection__in=connector.visible_to(user), object_type__in=kinds_for(user))


LINKS = Listed(
    "link",
    "links",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("connection", ID, "connection_id"),
            Shown("object_type", WORDS),
            Shown("object_id", ID),
            Shown("entity", WORDS),
            Shown("qbo_id", WORDS),
            Shown("outcome", {"type": "string", "enum": list(Outcome.values)}),
            Shown("exclusion", {"type": "string", "enum": list(Exclusion.values)}),
            Shown("reason", WORDS),
            Shown("detail", WORDS),
            Shown("matched_by", WORDS),
            Shown("changed_at", MOMENT),
            Shown("synced_at", nullable(MOMENT)),
        ],
        needs=("id",),
        sorts=("-id", "id"),
    ),
    links_of,
    SYNC_READ,
    SEES,
    filters={
        "connection": Filter(ID, "connection_id", "Only those of this QuickBooks company."),
        "object_type": Filter(text(20), "object_type", "Only records of this kind."),
        "object_id": Filter(ID, "object_id", "Only this record, together with its kind."),
        "outcome": Filter({"type": "string", "enum": list(Outcome.values)}, "outcome", "Only those that stand so."),
        "qbo_id": Filter(text(40), "qbo_id", "Only what is this in QuickBooks."),
    },
)


def company_health(call: Call) -> Answer:
    """How one company is doing."""
    require(call.user, SEES)
    lines = reading.companies(call.user, call.at["id"])
    if not lines:
        raise missing()
    figures = health_counts.counts(call.user, [call.at["id"]])
    return Answer(_health(lines[0], figures[call.at["id"]]))


def operations() -> list[Operation]:
    """Reading the sync."""
    whole = record(
        {"worker_alive": {"type": "boolean"}, "worker_seen_at": nullable(MOMENT), "data": array(HEALTH)},
        "worker_alive",
        "data",
    )
    return [
        Operation("GET", "sync/settings", "list-sync-settings", TAG, "How every company is set up", SYNC_READ, settings,
                  {200: record({"data": array(SETTINGS)}, "data")}),
        Operation("GET", "sync/health", "list-sync-health", TAG, "How every company is doing", SYNC_READ, health,
                  {200: whole}),
        Operation("GET", "sync/health/{id}", "read-sync-health", TAG, "How a company is doing", SYNC_READ,
                  company_health, {200: HEALTH}),
        *LINKS.operations(),
    ]  # fmt: skip
