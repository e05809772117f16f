"""What enrols records: events, conditions that become true, dates that come.

Whatever is told twice enrols once: a cause has a key, and a workflow knows each key once. What came with a first load
or a back-fill has no events, and enrols nothing.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone

from core import company, properties
from core.conditions import BadCondition
from core.conditions import registry as conditions
from core.models import BY_PEOPLE, Event, EventLink
from qbo_connector.models import PullSchedule
from sync.models import ObjectSettings
from workflows import times
from workflows.conditions import fitting, rows
from workflows.enums import EnrolmentState, TriggerKind
from workflows.models import Enrolment, EventFloor, HandledEvent, MadeRecord, Matching, Workflow
from workflows.services.enrolments import SLICE, Cause, Enrolled, enrol
from workflows.trigger_events import EVENTS
from workflows.waking import wake_workers

log = structlog.get_logger(__name__)
# A message is missed when nobody has handled its event for so long; it is looked for as long as that.
MISSED = datetime.timedelta(seconds=10)
LOOKED_FOR = datetime.timedelta(hours=1)
KEPT = datetime.timedelta(days=2)
SWEEP_BATCH = 1000
SWEEP_EVERY = datetime.timedelta(minutes=5)
# How long after a first load or a back-fill its rows may still be applied.
LOAD_SETTLES = datetime.timedelta(minutes=30)
Interested = list[tuple[Workflow, Mapping[str, Any]]]


def react(event_ids: Sequence[int]) -> None:
    """Enrol what events give cause to, and wake what waits for their records. Told twice, it does it once."""
    for at in range(0, len(event_ids), SLICE):
        _react(event_ids[at : at + SLICE])


def _react(event_ids: Sequence[int]) -> None:
    handled = set(HandledEvent.objects.filter(pk__in=event_ids).values_list("pk", flat=True))
    events = list(Event.objects.filter(pk__in=set(event_ids) - handled, name__in=EVENTS).order_by("pk"))
    if not events:
        return
    links = _links(events)
    _wake(links)
    listening = _listening()
    if not listening:
        return
    depths = _depths(events)
    with properties.remembered(), company.remembered():
        for workflow, definition in listening:
            trigger = definition["trigger"]
            told = [event for event in events if _is_new(workflow, event)]
            if trigger["kind"] == TriggerKind.EVENT:
                _by_event(workflow, definition, [each for each in told if each.name == trigger["event"]], links, depths)
            elif trigger["kind"] == TriggerKind.BECOMES_TRUE:
                _by_condition(workflow, definition["object"], told, links, depths)
    HandledEvent.objects.bulk_create([HandledEvent(pk=event.pk) for event in events], ignore_conflicts=True)


def _listening() -> Interested:
    found = Workflow.objects.filter(enabled=True).select_related("published").order_by("pk")
    return [(each, each.published.definition) for each in found if each.published is not None]


def _is_new(workflow: Workflow, event: Event) -> bool:
    """Whether it happened since the workflow was switched on."""
    return workflow.watched_from is not None and event.occurred_at >= workflow.watched_from


def _links(events: Iterable[Event]) -> dict[int, list[tuple[str, int]]]:
    """What each event is about, itself first."""
    found = {event.pk: [(event.object_type, event.object_id)] for event in events}
    links = EventLink.objects.filter(event__in=list(found)).order_by("pk")
    for event_id, kind, pk in links.values_list("event_id", "object_type", "object_id"):
        if (kind, pk) not in found[event_id]:
            found[event_id].append((kind, pk))
    return found


def _wake(links: Mapping[int, Sequence[tuple[str, int]]]) -> None:
    """Let those go on that wait for something to happen to one of the records."""
    by_kind: dict[str, set[int]] = {}
    for about in links.values():
        for kind, pk in about:
            by_kind.setdefault(kind, set()).add(pk)
    own, noted = Q(pk__in=[]), Q(pk__in=[])
    for kind, ids in by_kind.items():
        own |= Q(object_type=kind, record_id__in=ids)
        noted |= Q(object_type=kind, object_id__in=ids)
    waiting = Enrolment.objects.filter(
        own | Q(pk__in=MadeRecord.objects.filter(noted).values("enrolment")),
        state=EnrolmentState.WAITING, wakes=True, due_at__gt=timezone.now(),
    )  # fmt: skip
    if waiting.update(due_at=timezone.now()):
        transaction.on_commit(wake_workers, robust=True)


def _depths(events: Sequence[Event]) -> dict[int, int]:
    """How many workflows led to each event: by its own cause, or because a workflow made the record it is about."""
    about = Q(pk__in=[])
    for event in events:
        if event.origin not in BY_PEOPLE:
            about |= Q(object_type=event.object_type, object_id=event.object_id)
    made: dict[tuple[str, int], int] = {}
    for kind, pk, depth in MadeRecord.objects.filter(about, made=True).values_list(
        "object_type", "object_id", "enrolment__depth"
    ):
        made[kind, pk] = max(depth + 1, made.get((kind, pk), 0))
    causes = {event.cause for event in events if event.cause is not None}
    depth_of = dict(Enrolment.objects.filter(pk__in=causes).values_list("pk", "depth"))
    found = {}
    for event in events:
        own = depth_of[event.cause] + 1 if event.cause in depth_of else 0
        inherited = 0 if event.origin in BY_PEOPLE else made.get((event.object_type, event.object_id), 0)
        found[event.pk] = max(own, inherited)
    return found


def _by_event(
    workflow: Workflow,
    definition: Mapping[str, Any],
    events: Sequence[Event],
    links: Mapping[int, Sequence[tuple[str, int]]],
    depths: Mapping[int, int],
) -> None:
    object_type, changed = definition["object"], definition["trigger"].get("changed")
    causes = [
        Cause(pk, f"event:{event.pk}:{pk}", event.pk, depths[event.pk])
        for event in events
        if changed_as(event, changed)
        for pk in _enrols(event, object_type, links[event.pk])
    ]
    if causes:
        enrol(workflow.pk, object_type, causes)


def _enrols(event: Event, object_type: str, about: Sequence[tuple[str, int]]) -> list[int]:
    """The records that an event is about, or of another kind: those it is shown on."""
    if event.object_type == object_type:
        return [event.object_id]
    return [pk for kind, pk in about if kind == object_type]


def changed_as(event: Event, changed: Mapping[str, Any] | None) -> bool:
    """Whether an event tells of the wanted property's change, to the wanted value where one is given."""
    name = str(changed.get("property") or "") if changed else ""
    if not changed or not name:
        return True
    told = event.data.get("changes")
    told = dict(told) if isinstance(told, Mapping) else {}
    if name == "stage" and "to_id" in event.data:
        told["stage"] = [event.data.get("from_id"), event.data["to_id"]]
    known = conditions.field_of(event.object_type, name)
    found = told.get(name) or told.get(known.path if known is not None else name)
    if found is None:
        return False
    wanted = changed.get("to")
    new = found[1] if isinstance(found, list | tuple) and len(found) == 2 else found
    return wanted in (None, "") or _same(new, wanted)


def _same(told: Any, wanted: Any) -> bool:
    """Whether two values as events and definitions write them are one: 100.00 is 100, and true is True."""
    texts = [str(each).strip().lower() for each in (told, wanted)]
    if texts[0] == texts[1]:
        return True
    try:
        return Decimal(texts[0]) == Decimal(texts[1])
    except InvalidOperation:
        return False


@transaction.atomic
def _by_condition(
    workflow: Workflow,
    object_type: str,
    events: Sequence[Event],
    links: Mapping[int, Sequence[tuple[str, int]]],
    depths: Mapping[int, int],
) -> None:
    """Look again at the records that something happened to, or to what belongs to them."""
    touched: dict[int, int] = {}
    for event in events:
        for kind, pk in links[event.pk]:
            if kind == object_type:
                touched[pk] = max(depths[event.pk], touched.get(pk, 0))
    held = _locked(workflow.pk) if touched else None
    if held is None or held.published is None or held.published.definition["object"] != object_type:
        return
    try:
        fit = set(fitting(held.published.definition.get("conditions"), object_type, touched))
    except BadCondition as error:
        log.warning("workflows.bad_condition", workflow=workflow.pk, error=str(error))
        return
    matching = Matching.objects.filter(workflow=held, object_type=object_type)
    known = set(matching.filter(object_id__in=touched).values_list("object_id", flat=True))
    matching.filter(object_id__in=known - fit).delete()
    _enter(held, object_type, {pk: touched[pk] for pk in sorted(fit - known)})


def _enter(workflow: Workflow, object_type: str, depths: Mapping[int, int]) -> Enrolled:
    """Note that conditions hold for records by now, and enrol them."""
    noted = Matching.objects.bulk_create(
        Matching(workflow=workflow, object_type=object_type, object_id=pk) for pk in depths
    )
    causes = [Cause(row.object_id, f"true:{row.pk}", depth=depths[row.object_id]) for row in noted]
    return enrol(workflow.pk, object_type, causes)


def _locked(workflow_id: int) -> Workflow | None:
    found = Workflow.objects.select_for_update(of=("self",), no_key=True).select_related("published")
    return found.filter(pk=workflow_id, enabled=True).first()


def begin_watching(workflow: Workflow) -> None:
    """Note for which records the conditions hold already: they are enrolled when they come in again."""
    definition = workflow.published.definition if workflow.published else None
    if definition is None or definition["trigger"]["kind"] != TriggerKind.BECOMES_TRUE:
        return
    object_type = definition["object"]
    found = rows(definition.get("conditions"), object_type).values("pk")
    sql, values = found.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO workflows_matching (workflow_id, object_type, object_id, since) "  # noqa: S608 -- our own query
            f"SELECT %s, %s, found.id, now() FROM ({sql}) AS found(id) ON CONFLICT DO NOTHING",
            [workflow.pk, object_type, *values],
        )


def sweep_conditions(now: datetime.datetime | None = None) -> int:
    """Find what time alone made true, or what nobody was told of; returns how many were enrolled."""
    moment, enrolled = now or timezone.now(), 0
    for workflow, definition in _listening():
        if definition["trigger"]["kind"] != TriggerKind.BECOMES_TRUE:
            continue
        if workflow.swept_at is None or workflow.swept_at <= moment - SWEEP_EVERY:
            enrolled += _sweep_one(workflow.pk, moment)
    return enrolled


@transaction.atomic
def _sweep_one(workflow_id: int, now: datetime.datetime) -> int:
    workflow = _locked(workflow_id)
    if workflow is None or workflow.published is None:
        return 0
    definition = workflow.published.definition
    object_type = definition["object"]
    since = workflow.swept_at or workflow.watched_from or now
    matching = Matching.objects.filter(workflow=workflow, object_type=object_type)
    try:
        fit = rows(definition.get("conditions"), object_type, now)
    except BadCondition as error:
        log.warning("workflows.bad_condition", workflow=workflow_id, error=str(error))
        return 0
    matching.exclude(object_id__in=fit.values("pk")).delete()
    found = fit.exclude(Exists(matching.filter(object_id=OuterRef("pk"))))
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:SWEEP_BATCH])
    quiet = _came_quietly(object_type, ids, since)
    Matching.objects.bulk_create(
        Matching(workflow=workflow, object_type=object_type, object_id=pk) for pk in sorted(quiet)
    )
    told = _enter(workflow, object_type, {pk: 0 for pk in ids if pk not in quiet})
    if len(ids) < SWEEP_BATCH:
        Workflow.objects.filter(pk=workflow.pk).update(swept_at=now)
    return len(told.ids)


def _came_quietly(object_type: str, ids: Sequence[int], since: datetime.datetime) -> set[int]:
    """Those of ``ids`` that a first load or a back-fill brought or changed: nothing told of them."""
    about = EventLink.objects.filter(object_type=object_type, object_id__in=ids, event__occurred_at__gte=since)
    silent = set(ids) - set(about.values_list("object_id", flat=True))
    recently = since - LOAD_SETTLES
    loading = PullSchedule.objects.filter(Q(loaded_at=None) | Q(loaded_at__gte=recently)).exists()
    if loading or ObjectSettings.objects.filter(enabled_at__gte=recently).exists():
        return silent
    model = conditions.objects[object_type].model
    new = model._default_manager.filter(pk__in=silent, created_at__gte=since)
    return set(new.values_list("pk", flat=True))


def sweep_dates(now: datetime.datetime | None = None) -> int:
    """Enrol the records whose date has come since the last look; returns how many."""
    moment, enrolled = now or timezone.now(), 0
    with properties.remembered(), company.remembered():
        for workflow, definition in _listening():
            if definition["trigger"]["kind"] == TriggerKind.DATE:
                enrolled += _dates_of(workflow, definition, moment)
    return enrolled


def _dates_of(workflow: Workflow, definition: Mapping[str, Any], now: datetime.datetime) -> int:
    trigger, object_type = definition["trigger"], definition["object"]
    seen = workflow.watched_from or now
    days = times.days_that_come(
        seen, now, int(trigger.get("days") or 0), trigger.get("at"), working_days=bool(trigger.get("working_days"))
    )
    enrolled = 0
    if days is not None:
        name = trigger["property"]
        in_range = {"field": name, "op": "range", "value": [day.isoformat() for day in days]}
        field = conditions.field_of(object_type, name)
        if field is None:
            return 0
        try:
            # A condition of its own has a version and can't stand within another.
            fit = rows(definition.get("conditions"), object_type, now)
            found = fit.filter(pk__in=rows(in_range, object_type, now).values("pk")).annotate(_date=field.sql())
            dates = list(found.values_list("pk", "_date").order_by("pk"))
        except BadCondition as error:
            log.warning("workflows.bad_condition", workflow=workflow.pk, error=str(error))
            return 0
        for at in range(0, len(dates), SLICE):
            causes = [Cause(pk, f"date:{pk}:{times.day_of(day).isoformat()}") for pk, day in dates[at : at + SLICE]]
            enrolled += len(enrol(workflow.pk, object_type, causes).ids)
    # Killed before this, the next look finds the same dates, whose causes are known.
    Workflow.objects.filter(pk=workflow.pk, watched_from=workflow.watched_from).update(watched_from=now)
    return enrolled


def _first_floor(begun: datetime.datetime) -> EventFloor:
    """Before the first look, nothing that happened while any workflow was on has been seen."""
    last = Event.objects.filter(occurred_at__lt=begun).aggregate(last=Max("pk"))["last"] or 0
    return EventFloor.objects.get_or_create(pk=1, defaults={"event_id": last})[0]


def sweep_events(now: datetime.datetime | None = None) -> int:
    """Handle events whose message was lost; returns how many."""
    moment = now or timezone.now()
    kinds = (TriggerKind.EVENT, TriggerKind.BECOMES_TRUE)
    told = [
        (each, definition["trigger"]) for each, definition in _listening() if definition["trigger"]["kind"] in kinds
    ]
    if not told:
        return 0
    begun = min(workflow.watched_from or moment for workflow, _trigger in told)
    names = {trigger["event"] for _workflow, trigger in told if trigger["kind"] == TriggerKind.EVENT}
    if any(trigger["kind"] == TriggerKind.BECOMES_TRUE for _workflow, trigger in told):
        names |= set(EVENTS)
    floor = EventFloor.objects.filter(pk=1).first() or _first_floor(begun)
    late = Event.objects.filter(
        pk__gt=floor.event_id, name__in=names, occurred_at__gte=begun, occurred_at__lt=moment - MISSED
    )
    known = HandledEvent.objects.filter(pk=OuterRef("pk"))
    ids = list(late.filter(~Exists(known)).order_by("pk").values_list("pk", flat=True)[:SWEEP_BATCH])
    react(ids)
    if len(ids) == SWEEP_BATCH:
        return len(ids)
    old = Event.objects.filter(pk__gt=floor.event_id, occurred_at__lt=moment - LOOKED_FOR).aggregate(last=Max("pk"))
    if old["last"]:
        EventFloor.objects.filter(pk=1, event_id__lt=old["last"]).update(event_id=old["last"])
        HandledEvent.objects.filter(handled_at__lt=moment - KEPT).delete()
    return len(ids)
