"""Plan writes. Nothing is sent here; the rows and what asked for them commit together."""

import contextlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from core import broker
from qbo_connector.enums import OperationState, Verb
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.freeze import storable

OPEN = (OperationState.PLANNED, OperationState.LEASED, OperationState.UNKNOWN)


@dataclass(frozen=True)
class Wanted:
    """One change to plan: what ``plan`` takes, for ``plan_many``."""

    entity: str
    subject: str
    intent: Mapping[str, Any]
    verb: str = Verb.CREATE
    context: Mapping[str, Any] = field(default_factory=dict)
    marker: str = ""
    depends_on: Operation | None = None


@transaction.atomic
def plan(
    connection: Connection,
    *,
    entity: str,
    subject: str,
    intent: dict[str, Any],
    request_id: uuid.UUID | str,
    marker: str = "",
    depends_on: Operation | None = None,
    verb: str = Verb.CREATE,
    context: Mapping[str, Any] | None = None,
    urgent: bool = True,
) -> Operation:
    """The operation for this intent: a new one, or the one that was planned for it before.

    ``intent`` may hold Decimals and ``freeze.referenced`` placeholders; all but a creation name ``Id`` and
    ``SyncToken``. ``request_id`` names the intended change, so planning it twice is free. ``context`` are notes of
    the caller. ``urgent``: a person waits for it. A worker is called when the transaction commits; if that message is
    lost, the sweep finds the row.
    """
    key = str(request_id)
    try:
        with transaction.atomic():
            operation, created = Operation.objects.get_or_create(
                connection=connection,
                request_id=key,
                defaults={
                    "entity": entity,
                    "verb": verb,
                    "subject": subject,
                    "intent": storable(intent),
                    "context": dict(context or {}),
                    "marker": marker,
                    "depends_on": depends_on,
                    "urgent": urgent,
                },
            )
    except IntegrityError:
        # Another open operation of this record: its outcome has to be known first.
        operation, created = Operation.objects.get(connection=connection, subject=subject, state__in=OPEN), False
    if created:
        _call_worker_later(connection.pk)
    return operation


@transaction.atomic
def plan_many(connection: Connection, wanted: Sequence[Wanted], *, urgent: bool = False) -> dict[str, Operation]:
    """Plan any number of changes in a handful of statements; the operations by subject.

    A subject with an open operation gets no second one: one that was never leased is folded into the new intent, one
    that is under way stays (what changed meanwhile has to be planned when it has settled) and is not in the answer.
    """
    by_subject = {change.subject: change for change in wanted}
    if not by_subject:
        return {}
    open_ones = {row.subject: row for row in _locked_open(connection, by_subject)}
    folded = []
    for subject, operation in open_ones.items():
        change = by_subject.pop(subject)
        # What does not exist yet can't be changed: its creation has to be known first.
        in_order = operation.verb != Verb.CREATE or change.verb == Verb.CREATE
        if foldable(operation) and operation.entity == change.entity and in_order:
            _replace(operation, change)
            folded.append(operation)
    if folded:
        Operation.objects.bulk_update(folded, ["intent", "context", "verb", "marker", "depends_on", "urgent"])
    fresh = [
        Operation(
            connection=connection,
            entity=change.entity,
            verb=change.verb,
            subject=change.subject,
            request_id=uuid.uuid4().hex,
            intent=storable(dict(change.intent)),
            context=dict(change.context),
            marker=change.marker,
            depends_on=change.depends_on,
            urgent=urgent,
        )
        for change in by_subject.values()
    ]
    # Two planners at once: the one that comes second has none planned, and looks again when the first has settled.
    Operation.objects.bulk_create(fresh, ignore_conflicts=True)
    made = Operation.objects.filter(connection=connection, request_id__in=[row.request_id for row in fresh])
    planned = {operation.subject: operation for operation in [*folded, *(made if fresh else ())]}
    if planned:
        _call_worker_later(connection.pk)
    return planned


def foldable(operation: Operation) -> bool:
    """Whether an operation may still change: it was never sent, and nobody is about to send it."""
    return operation.state == OperationState.PLANNED and operation.body is None


@transaction.atomic
def fold(operation: Operation, intent: Mapping[str, Any] | None, context: Mapping[str, Any] | None = None) -> bool:
    """Replace what a planned operation will send; None cancels it. False when it is too late for that."""
    row = Operation.objects.select_for_update().get(pk=operation.pk)
    if not foldable(row):
        return False
    if intent is None:
        _cancel([row])
        return True
    row.intent, row.context = storable(dict(intent)), dict(context if context is not None else row.context)
    row.save(update_fields=["intent", "context"])
    return True


@transaction.atomic
def cancel(connection: Connection, subjects: Iterable[str]) -> set[str]:
    """Cancel what was planned for some subjects and never sent, in three statements; the subjects that were."""
    rows = [row for row in _locked_open(connection, subjects) if foldable(row)]
    _cancel(rows)
    return {row.subject for row in rows}


def _locked_open(connection: Connection, subjects: Iterable[str]) -> list[Operation]:
    rows = Operation.objects.select_for_update(of=("self",)).filter(
        connection=connection, subject__in=list(subjects), state__in=OPEN
    )
    return list(rows.order_by("pk"))


def _replace(operation: Operation, change: Wanted) -> None:
    operation.intent, operation.context = storable(dict(change.intent)), dict(change.context)
    operation.verb, operation.marker = change.verb, change.marker
    operation.depends_on = change.depends_on or operation.depends_on


def _cancel(rows: Sequence[Operation]) -> None:
    now = timezone.now()
    Operation.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=OperationState.CANCELLED, finished_at=now, settled_at=now
    )


def _call_worker_later(connection_id: int) -> None:
    transaction.on_commit(lambda: call_worker(connection_id), robust=True)


def call_worker(connection_id: int) -> None:
    """Have a worker look at a company's outbox now. With the broker away, the sweep does it later."""
    with contextlib.suppress(broker.BrokerAway):
        broker.send("qbo_connector.drain_outbox", [connection_id])
