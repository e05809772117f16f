"""Emit events in the transaction of the change they describe, and hand their tasks to the broker."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.module_loading import import_string

from core import broker
from core.audit import source
from core.models import Event, EventLink, Origin

log = structlog.get_logger(__name__)
# A message about more events than this waits in the line of bulk work: nobody sits in front of it.
MANY = 10
# Tasks that are only sent for events that somebody waits for: a condition on the event, asked of the database after its
# transaction has ended. So whoever began to wait before that is served, and nobody else could be. Filled by the apps.
wanted: dict[str, Callable[[], Q]] = {}
_cause: ContextVar[int | None] = ContextVar("event_cause", default=None)
# Committed events whose tasks are sent together later; None: each commit sends its own.
_gathered: ContextVar[list[int] | None] = ContextVar("events_gathered", default=None)


@dataclass(frozen=True)
class Draft:
    """An event about to be written. ``about`` are further (object type, id) on whose timeline it appears."""

    name: str
    object_type: str
    object_id: int
    about: Sequence[tuple[str, int]] = ()
    data: dict[str, Any] = field(default_factory=dict)


@contextmanager
def caused_by(cause: int) -> Iterator[None]:
    """Note on every event inside which run of a workflow it happened in; they come from a workflow."""
    token = _cause.set(cause)
    try:
        yield
    finally:
        _cause.reset(token)


@contextmanager
def dispatched_together() -> Iterator[None]:
    """Send the tasks of everything that is committed in here at its end, one message for each task.

    For work on many records one by one: their messages would fill the line in which those of people wait.
    """
    gathered: list[int] = []
    token = _gathered.set(gathered)
    try:
        yield
    finally:
        _gathered.reset(token)
        if gathered:
            dispatch(gathered)


def object_type_of(record: models.Model) -> str:
    """The registered name of a record's kind: its model name in lower case (``deal``)."""
    return str(record._meta.model_name)


def emit(
    name: str,
    record: models.Model,
    *,
    by: Any = None,
    origin: Origin | None = None,
    about: Iterable[models.Model] = (),
    **data: Any,
) -> Event:
    """Write one event about ``record``; its tasks are sent when the transaction commits.

    ``origin`` is PERSON when ``by`` is a person and SYSTEM otherwise, unless given; what a person does with a key of
    the API is told as API. ``data`` must be JSON: amounts and dates as text. Values before and after stand there as
    ``changes={name: [before, after]}``. Never put a secret there: everybody with the audit log reads it for years.
    """
    draft = Draft(name, object_type_of(record), record.pk, [(object_type_of(r), r.pk) for r in about], data)
    chosen = origin or (Origin.PERSON if by is not None else Origin.SYSTEM)
    return emit_many([draft], by=by, origin=chosen)[0]


def emit_many(drafts: Sequence[Draft], *, by: Any = None, origin: Origin) -> list[Event]:
    """Write a set of events in two statements, whatever their number."""
    now = timezone.now()
    handlers = event_handlers()
    cause = _cause.get()
    if cause is not None and origin in (Origin.PERSON, Origin.SYSTEM):
        origin = Origin.WORKFLOW
    whence = source.current()
    if whence.key is not None and origin == Origin.PERSON:
        origin = Origin.API
    request = source.request_id()
    events = Event.objects.bulk_create(
        Event(
            name=draft.name,
            occurred_at=now,
            actor=by,
            origin=origin,
            object_type=draft.object_type,
            object_id=draft.object_id,
            data=draft.data,
            dispatched_at=None if draft.name in handlers else now,
            cause=cause,
            address=whence.address,
            request=request,
            key=whence.key,
            key_name=whence.key_name,
        )
        for draft in drafts
    )
    links = []
    for event, draft in zip(events, drafts, strict=True):
        shown_on = dict.fromkeys([(draft.object_type, draft.object_id), *draft.about])
        links += [EventLink(event=event, object_type=kind, object_id=pk) for kind, pk in shown_on]
    EventLink.objects.bulk_create(links)
    waiting = [event.pk for event in events if event.dispatched_at is None]
    if waiting:
        transaction.on_commit(lambda: _committed(waiting), robust=True)
    return events


def _committed(event_ids: list[int]) -> None:
    gathered = _gathered.get()
    if gathered is None:
        dispatch(event_ids)
    else:
        gathered += event_ids


def event_handlers() -> dict[str, list[str]]:
    """Event name to task names, as the project wires them."""
    handlers: dict[str, list[str]] = import_string(settings.EVENT_HANDLERS)
    return handlers


def dispatch(event_ids: Sequence[int]) -> int:
    """Send the tasks of the given events; returns how many events were handed over.

    With the broker away the events stay undispatched, and the sweep sends them later.
    """
    handlers = event_handlers()
    asked = {task: f"wanted_{number}" for number, task in enumerate(wanted)}
    conditions = {asked[task]: ExpressionWrapper(ask(), BooleanField()) for task, ask in wanted.items()}
    rows = Event.objects.filter(pk__in=event_ids, dispatched_at=None).annotate(**conditions)
    events = list(rows.order_by("pk"))
    by_task: dict[str, list[int]] = {}
    for event in events:
        for task in handlers.get(event.name, []):
            if task not in asked or getattr(event, asked[task]):
                by_task.setdefault(task, []).append(event.pk)
    try:
        for task, ids in by_task.items():
            broker.send(task, [ids], queue=settings.WORKFLOW_QUEUE if len(ids) > MANY else None)
    except broker.BrokerAway as error:
        log.warning("events.broker_away", events=len(events), error=str(error))
        return 0
    return Event.objects.filter(pk__in=[event.pk for event in events]).update(dispatched_at=timezone.now())
