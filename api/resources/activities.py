"""Notes, calls, e-mails and meetings: write down what was done with records, change and delete it; timelines."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts.access import require
from api.described import Answer, Call, Operation, Param
from api.listing import Shown, View, page_of, page_schema
from api.moments import moment
from api.printing import plain
from api.problems import Mistake, missing, pointer, unfit, unfit_at
from api.resources.records import EDITS, PATHS, found
from api.schemas import ID, MOMENT, array, named, nullable, record, text
from api.scopes import CRM_READ, CRM_WRITE
from crm.kinds import KINDS
from crm.models import Activity, ActivityKind, ActivityLink, Direction, Outcome
from crm.queries import timeline
from crm.services import activities
from crm.services.activities import LONGEST_BODY, LONGEST_DURATION, MOST_RECORDS

TAG = "Activities"
TYPE = {"type": "string", "enum": list(KINDS)}
ON = record({"type": TYPE, "id": ID}, "type", "id")
FIELDS = {
    "subject": text(300),
    "body": text(LONGEST_BODY),
    "occurred_at": MOMENT,
    "duration_seconds": nullable({"type": "integer", "minimum": 0, "maximum": LONGEST_DURATION}),
    "direction": {"type": "string", "enum": ["", *Direction.values]},
    "outcome": {"type": "string", "enum": ["", *Outcome.values]},
    "place": text(300),
    "sender": text(300),
    "recipients": text(2000),
}


def _visible(user: Any, links: Sequence[tuple[str, int]]) -> set[tuple[str, int]]:
    """Those of some records that somebody may see: one statement for each kind."""
    wanted: dict[str, set[int]] = {}
    for kind, pk in links:
        wanted.setdefault(kind, set()).add(pk)
    return {
        (kind, pk)
        for kind, ids in wanted.items()
        if kind in KINDS
        for pk in KINDS[kind].visible_to(user).filter(pk__in=ids).order_by().values_list("pk", flat=True)
    }


def _records_of(user: Any) -> Any:
    def load(rows: Sequence[Any]) -> Mapping[int, Any]:
        links = ActivityLink.objects.filter(activity__in=[row.pk for row in rows]).order_by("pk")
        ends = list(links.values_list("activity_id", "object_type", "object_id"))
        seen = _visible(user, [(kind, pk) for _activity, kind, pk in ends])
        told: dict[int, list[Any]] = {row.pk: [] for row in rows}
        for activity, kind, pk in ends:
            if (kind, pk) in seen:
                told[activity].append({"type": kind, "id": pk})
        return told

    return load


def view_for(user: Any) -> View:
    """How activities are answered: with those of their records that ``user`` may see."""
    return View(
        [
            Shown("id", ID),
            Shown("kind", {"type": "string", "enum": list(ActivityKind.values)}),
            *(Shown(name, MOMENT if name == "occurred_at" else {"type": "string"}) for name in FIELDS
              if name != "duration_seconds"),
            Shown("duration_seconds", {"type": ["integer", "null"]}),
            Shown("records", array(ON), load=_records_of(user)),
            Shown("by", nullable(ID), "by_id"),
            Shown("created_at", MOMENT),
            Shown("edited_at", nullable(MOMENT)),
        ],
        needs=("id", "edited_at"),
        sorts=("-id", "id"),
    )  # fmt: skip


VIEW = view_for(None)
SHOWN = named("Activity", VIEW.schema)


def _answer(call: Call, row: Any, status: int = 200) -> Answer:
    view = view_for(call.user)
    [body] = view.answered([row], view.chosen(call.user, call.query.get("fields")))
    return Answer(body, status, location=f"/api/v1/activities/{row.pk}" if status == 201 else "")


def _found(call: Call) -> Activity:
    """An activity that stands on the timeline of a record that the caller sees. Raises Problem."""
    row = Activity.objects.filter(pk=call.at["id"], deleted_at=None).first()
    if row is None or not _visible(call.user, list(row.links.values_list("object_type", "object_id"))):
        raise missing()
    return row


def index(call: Call) -> Answer:
    """The activities of a record."""
    kind, _colon, pk = call.query["on"].partition(":")
    if not KINDS[kind].visible_to(call.user).filter(pk=int(pk)).exists():
        raise missing()
    rows = Activity.objects.filter(links__object_type=kind, links__object_id=int(pk), deleted_at=None)
    if "kind" in call.query:
        rows = rows.filter(kind=call.query["kind"])
    return page_of(view_for(call.user), rows, call, call.query)


def read(call: Call) -> Answer:
    """One activity."""
    return _answer(call, _found(call))


def _records(call: Call) -> list[Any]:
    given = call.body["records"]
    rows: dict[tuple[str, int], Any] = {}
    for name in {each["type"] for each in given}:
        ids = [each["id"] for each in given if each["type"] == name]
        rows |= {(name, pk): row for pk, row in KINDS[name].visible_to(call.user).in_bulk(ids).items()}
    wrong = [place for place, each in enumerate(given) if (each["type"], each["id"]) not in rows]
    if wrong:
        raise unfit(*(Mistake("There is no such record.", pointer("records", place)) for place in wrong))
    return [rows[each["type"], each["id"]] for each in given]


def _values(call: Call) -> dict[str, Any]:
    given = {name: call.body[name] for name in FIELDS if name in call.body}
    if "occurred_at" in given:
        given["occurred_at"] = moment(given["occurred_at"], "/occurred_at")
    return given


def create(call: Call) -> Answer:
    """Write down what was done."""
    require(call.user, EDITS)
    rows = _records(call)
    try:
        made = activities.log(rows, kind=call.body["kind"], by=call.user, **_values(call))
    except activities.BadActivity as error:
        raise unfit_at(f"/{error.field}", error) from error
    return _answer(call, made, 201)


def _mine(call: Call) -> Activity:
    row = _found(call)
    if not activities.may_change(row, call.user):
        raise PermissionDenied("Only who wrote it and those who manage other people's notes may change it.")
    return row


def change(call: Call) -> Answer:
    """Change what it says, and the records that show it."""
    require(call.user, EDITS)
    row = _mine(call)
    put_on: list[Any] = []
    take_off: list[Any] = []
    if "records" in call.body:
        put_on = _records(call)
        held = _visible(call.user, list(row.links.values_list("object_type", "object_id")))
        named_ = {(each["type"], each["id"]) for each in call.body["records"]}
        take_off = [KINDS[kind].visible_to(call.user).get(pk=pk) for kind, pk in sorted(held - named_)]
    try:
        changed = activities.change(row, by=call.user, put_on=put_on, take_off=take_off, **_values(call))
    except activities.BadActivity as error:
        raise unfit_at(f"/{error.field}", error) from error
    return _answer(call, changed)


def delete(call: Call) -> Answer:
    """Forget what it said."""
    require(call.user, EDITS)
    activities.delete(_mine(call), by=call.user)
    return Answer(None, 204)


ENTRY = named(
    "TimelineEntry",
    record(
        {
            "at": MOMENT,
            "kind": {"type": "string"},
            "text": {"type": "string"},
            "event": nullable({"type": "string"}),
            "activity": nullable(ID),
            "by": nullable({"type": "string"}),
        },
        "at",
        "kind",
        "text",
    ),
)
# What is told of money is for those who may see it.
BILLING = ("invoice", "payment")
PLACE = {"type": "string", "pattern": r"^[0-9]{1,19}\.[0-9]{1,17}\.[0-9]{1,19}\.[0-9-]{0,10}$"}


def told_of(call: Call, object_type: str, pk: int) -> Answer:
    """A page of the timeline of a record that the caller sees."""
    kinds = [kind for kind, _label in timeline.kinds()]
    if not call.user.has_perm("invoices.view"):
        kinds = [kind for kind in kinds if kind not in BILLING]
    only = [kind for kind in call.query.get("kinds", kinds) if kind in kinds]
    place = timeline.Place.read(call.query["cursor"]) if "cursor" in call.query else timeline.Place()
    told = timeline.of_record(call.user, object_type, pk, only=only or ["none"], place=place, size=call.query["limit"])
    lines = [
        {
            "at": plain(line.at),
            "kind": line.kind,
            "text": str(line.said.get("body") or line.said.get("subject") or line.sentence),
            "event": line.event.name if line.event is not None else None,
            "activity": line.activity or None,
            "by": str(line.actor) if line.actor else None,
        }
        for line in told.lines
    ]
    return Answer({"data": lines, "next_cursor": str(told.older) if told.older else None})


def _timeline(name: str) -> Any:
    def read_timeline(call: Call) -> Answer:
        """What happened to a record, the newest first."""
        return told_of(call, name, found(call, KINDS[name]).pk)

    return read_timeline


TOLD = named("Timeline", page_schema(ENTRY))
ASKED = (
    Param("kinds", array({"type": "string", "enum": list(timeline.KINDS)}, minItems=1), "Only these."),
    Param("limit", {"type": "integer", "minimum": 1, "maximum": 100, "default": 50}, "How many at most."),
    Param("cursor", PLACE, "The next_cursor of the page before."),
)


def operations() -> list[Operation]:
    """What can be done with activities, and the timelines of records."""
    records = array(ON, minItems=1, maxItems=MOST_RECORDS, uniqueItems=True)
    kind = {"type": "string", "enum": list(ActivityKind.values)}
    new = named("NewActivity", record({"kind": kind, "records": records, **FIELDS}, "kind", "records"))
    changed = named("ActivityChange", record({"records": records, **FIELDS}, minProperties=1))
    page = named("ActivityPage", page_schema(SHOWN))
    on = Param("on", {"type": "string", "pattern": f"^({'|'.join(KINDS)}):[1-9][0-9]{{0,14}}$"},
               "The record, such as deal:12.", required=True)  # fmt: skip
    own: dict[str, Any] = {"tag": TAG, "scope": CRM_WRITE, "params": VIEW.params}
    return [
        Operation("GET", "activities", "list-activities", TAG, "List the activities of a record", CRM_READ, index,
                  {200: page}, (*VIEW.page_params(), on, Param("kind", kind, "Only this kind.")), refuses=(404,)),
        Operation("POST", "activities", "create-activity", summary="Write down a note, call, e-mail or meeting",
                  run=create, answers={201: SHOWN}, body=new, **own),
        Operation("GET", "activities/{id}", "read-activity", TAG, "Read an activity", CRM_READ, read, {200: SHOWN},
                  VIEW.params),
        Operation("PATCH", "activities/{id}", "change-activity", summary="Change an activity", run=change,
                  answers={200: SHOWN}, body=changed, **own),
        Operation("DELETE", "activities/{id}", "delete-activity", TAG, "Delete an activity", CRM_WRITE, delete,
                  {204: None}),
        *(
            Operation("GET", f"{path}/{{id}}/timeline", f"read-{name}-timeline", str(KINDS[name].plural),
                      f"What happened to a {name}, the newest first", CRM_READ, _timeline(name), {200: TOLD}, ASKED)
            for name, path in PATHS.items()
        ),
    ]  # fmt: skip
