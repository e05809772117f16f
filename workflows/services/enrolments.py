"""Records in workflows: enrol, stop, try again."""

import datetime
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.conditions import BadCondition
from workflows import conditions, limits, records
from workflows.definition import Flow
from workflows.enums import OPEN, Again, EnrolmentState, StepState
from workflows.models import Enrolment, StepRun, Workflow, WorkflowVersion
from workflows.suppression import suppressed
from workflows.waking import wake_workers

SLICE = 500
# From so many on they are a bulk, which lets single ones pass.
BULK = 50


class NotPossible(ValueError):
    """This can't be done; the message says why."""


@dataclass(frozen=True)
class Cause:
    """Why a record is enrolled. ``key`` names it once and for all; ``depth`` counts the workflows that led to it."""

    record_id: int
    key: str
    event_id: int | None = None
    depth: int = 0
    # Told in the run when it was cut off at once, instead of running.
    cut: str = ""


@dataclass
class Enrolled:
    """What became of records that were to be enrolled: ids of their enrolments, and how many were left out and why."""

    ids: list[int] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def leave_out(self, reason: str, number: int) -> None:
        """Count records that were not enrolled."""
        if number:
            self.left_out[reason] = self.left_out.get(reason, 0) + number

    def add(self, other: "Enrolled") -> None:
        """Count another slice in."""
        self.ids += other.ids
        for reason, number in other.left_out.items():
            self.leave_out(reason, number)


@needs("workflows.enrol")
def enrol_by_hand(workflow: Workflow, object_type: str, ids: Sequence[int], *, by: Any) -> Enrolled:
    """Enrol chosen records now, slice by slice; its conditions, its rule for coming again and its suppression count.

    Raises NotPossible for a workflow that is off or about other records.
    """
    if not workflow.enabled or workflow.published is None:
        raise NotPossible(_("The workflow is switched off."))
    if workflow.published.definition["object"] != object_type:
        raise NotPossible(_("The workflow is about other records."))
    asked = uuid.uuid4().hex
    told = Enrolled()
    chosen = list(dict.fromkeys(ids))
    for at in range(0, len(chosen), SLICE):
        causes = [Cause(pk, f"hand:{asked}:{pk}") for pk in chosen[at : at + SLICE]]
        told.add(enrol(workflow.pk, object_type, causes, by=by))
    return told


@transaction.atomic
def enrol(
    workflow_id: int, object_type: str, causes: Iterable[Cause], *, by: Any = None, bulk: bool = False
) -> Enrolled:
    """Enrol the records of ``causes`` that fit the workflow as it is published; a cause that is known enrols no more.

    They are a bulk where they are many, or ``bulk`` says so. One at a time for a workflow, so that the rule for coming
    again holds however many workers are told of a cause.
    """
    told = Enrolled()
    rows = Workflow.objects.select_for_update(of=("self",), no_key=True).select_related("published")
    workflow = rows.filter(pk=workflow_id, enabled=True).first()
    if workflow is None or workflow.published is None or workflow.published.definition["object"] != object_type:
        return told
    version = workflow.published
    wanted = _unknown(workflow, list(causes))
    now = timezone.now()
    wanted = _fitting(version.definition, object_type, wanted, now, told)
    wanted = _may_come_again(workflow, version.definition, object_type, wanted, now, told)
    held_back = suppressed(version.definition.get("suppress") or [], object_type, [each.record_id for each in wanted])
    told.leave_out(_("on a suppression list"), len([each for each in wanted if each.record_id in held_back]))
    wanted = [each for each in wanted if each.record_id not in held_back]
    wanted = limits.cut(workflow, object_type, wanted, now)
    told.ids = _write(workflow, version, object_type, wanted, now, by, bulk=bulk or len(wanted) >= BULK)
    if told.ids:
        transaction.on_commit(wake_workers, robust=True)
    return told


def _unknown(workflow: Workflow, causes: list[Cause]) -> list[Cause]:
    by_key = {cause.key: cause for cause in causes}
    known = Enrolment.objects.filter(workflow=workflow, cause_key__in=list(by_key))
    for key in known.values_list("cause_key", flat=True):
        by_key.pop(key)
    return list(by_key.values())


def _fitting(
    definition: Mapping[str, Any], object_type: str, causes: list[Cause], now: datetime.datetime, told: Enrolled
) -> list[Cause]:
    ids = {cause.record_id for cause in causes}
    try:
        fit = set(conditions.fitting(definition.get("conditions"), object_type, ids, now)) if ids else set()
    except BadCondition as error:
        told.leave_out(_("the conditions can’t be read: %s") % error, len(causes))
        return []
    told.leave_out(_("the conditions don’t hold"), len(ids - fit))
    return [cause for cause in causes if cause.record_id in fit]


def _may_come_again(
    workflow: Workflow,
    definition: Mapping[str, Any],
    object_type: str,
    causes: list[Cause],
    now: datetime.datetime,
    told: Enrolled,
) -> list[Cause]:
    """Those whose record may be enrolled by the rule, and each record once at most unless it may come each time."""
    again = definition.get("again", Again.NEVER)
    if again == Again.EACH_TIME or not causes:
        return causes
    before = Enrolment.objects.filter(
        workflow=workflow, object_type=object_type, record_id__in={cause.record_id for cause in causes}
    )
    if isinstance(again, Mapping):
        days = datetime.timedelta(days=int(again[Again.AFTER_DAYS.value]))
        before = before.filter(enrolled_at__gt=now - days)
    been: set[int] = set(before.values_list("record_id", flat=True))
    found = []
    for cause in causes:
        if cause.record_id not in been:
            found.append(cause)
            been.add(cause.record_id)
    told.leave_out(_("enrolled before"), len(causes) - len(found))
    return found


def _write(
    workflow: Workflow,
    version: WorkflowVersion,
    object_type: str,
    causes: list[Cause],
    now: datetime.datetime,
    by: Any,
    *,
    bulk: bool,
) -> list[int]:
    if not causes:
        return []
    titles = records.titles(object_type, [cause.record_id for cause in causes])
    first = Flow(version.definition).first
    made = Enrolment.objects.bulk_create(
        Enrolment(
            workflow=workflow,
            version=version,
            object_type=object_type,
            record_id=cause.record_id,
            title=titles.get(cause.record_id, ""),
            cause_key=cause.key,
            event_id=cause.event_id,
            state=EnrolmentState.STOPPED if cause.cut else EnrolmentState.RUNNING,
            position=first,
            due_at=now,
            depth=cause.depth,
            bulk=bulk,
            enrolled_at=now,
            enrolled_by_id=by.pk if by is not None else None,
            ended_at=now if cause.cut else None,
            reason=cause.cut,
        )
        for cause in causes
    )
    return [row.pk for row in made if row.state == EnrolmentState.RUNNING]


@needs("workflows.enrol")
@transaction.atomic
def stop(ids: Collection[int], *, by: Any, reason: str = "") -> int:
    """Take records out of their workflows; what their steps did stays. Returns how many were still under way.

    A step that runs at this moment is finished first.
    """
    rows = Enrolment.objects.select_for_update(of=("self",)).filter(pk__in=ids, state__in=OPEN).order_by("pk")
    found = [row.pk for row in rows]
    now = timezone.now()
    said = reason or (_("Stopped by %s.") % by if by is not None else _("Stopped."))
    Enrolment.objects.filter(pk__in=found).update(
        state=EnrolmentState.STOPPED, ended_at=now, reason=said, due_at=None, wakes=False, lease_token=None,
        lease_until=None,
    )  # fmt: skip
    StepRun.objects.filter(enrolment__in=found, state__in=(StepState.WAITING, StepState.RUNNING)).update(
        state=StepState.SKIPPED, ended_at=now, reason=said
    )
    return len(found)


@needs("workflows.enrol")
@transaction.atomic
def retry(enrolment: Enrolment, *, by: Any) -> Enrolment:
    """Try the step again at which it failed, with its key, so that nothing is done twice. Raises NotPossible."""
    fresh = Enrolment.objects.select_for_update(of=("self",)).get(pk=enrolment.pk)
    if fresh.state != EnrolmentState.FAILED:
        raise NotPossible(_("Only what failed can be tried again."))
    now = timezone.now()
    Enrolment.objects.filter(pk=fresh.pk).update(
        state=EnrolmentState.RUNNING, ended_at=None, reason="", due_at=now, lease_token=None, lease_until=None
    )
    StepRun.objects.filter(enrolment=fresh, step_id=fresh.position).update(attempts=0)
    fresh.refresh_from_db()
    transaction.on_commit(wake_workers, robust=True)
    return fresh
