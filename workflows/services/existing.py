"""Enrolling records that fit already when a workflow is switched on: asked for, slice by slice, behind all else."""

import datetime
import uuid
from collections.abc import Mapping
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core import broker
from core.access import needs
from core.conditions import BadCondition
from core.events import emit
from workflows import times
from workflows.conditions import rows
from workflows.enums import Again, TriggerKind
from workflows.models import Enrolment, Workflow
from workflows.services.enrolments import Cause, NotPossible, enrol

log = structlog.get_logger(__name__)
TASK = "workflows.enrol_existing"
SLICE = 200
# How far they are counted: beyond it says "10000+".
COUNTED = 10_000


def count(workflow: Workflow, now: datetime.datetime | None = None) -> int:
    """How many records fit now, counted to a limit; none for a workflow that is off, or whose conditions are broken.

    Where a record may be enrolled only once, those that were are not counted.
    """
    if not workflow.enabled or workflow.published is None:
        return 0
    definition = workflow.published.definition
    try:
        found = _fitting(definition, now)
        if definition.get("again", Again.NEVER) == Again.NEVER:
            before = Enrolment.objects.filter(object_type=definition["object"], record_id=OuterRef("pk"))
            found = found.exclude(Exists(before.filter(workflow=workflow)))
        return int(found[: COUNTED + 1].count())
    except BadCondition:
        return 0


def _fitting(definition: Mapping[str, Any], now: datetime.datetime | None = None) -> Any:
    """The records whose conditions hold; with a date, those whose time has come. Raises BadCondition."""
    object_type, trigger = definition["object"], definition["trigger"]
    found = rows(definition.get("conditions"), object_type, now)
    if trigger["kind"] != TriggerKind.DATE:
        return found
    moment = now or timezone.now()
    working_days = bool(trigger.get("working_days"))
    days = times.days_that_come(
        moment - 30 * times.DAY, moment, int(trigger.get("days") or 0), trigger.get("at"), working_days=working_days
    )
    if days is None:
        return found.none()
    past = {"field": trigger["property"], "op": "range", "value": [None, days[1].isoformat()]}
    return found.filter(pk__in=rows(past, object_type, now).values("pk"))


@needs("workflows.manage")
@transaction.atomic
def ask(workflow: Workflow, *, by: Any) -> Workflow:
    """Have the records that fit by now enrolled. Those that come later are not meant. Raises NotPossible."""
    fresh = Workflow.objects.select_for_update(of=("self",)).select_related("published").get(pk=workflow.pk)
    if not fresh.enabled or fresh.published is None:
        raise NotPossible(_("The workflow is switched off."))
    try:
        last = _fitting(fresh.published.definition).aggregate(last=Max("pk"))["last"]
    except BadCondition as error:
        raise NotPossible(_("The conditions can’t be read: %s") % error) from error
    if last is None:
        raise NotPossible(_("No record fits its conditions now."))
    if fresh.existing_to is not None:
        raise NotPossible(_("They are being enrolled already."))
    fresh.existing_from, fresh.existing_to, fresh.existing_key = 0, last, uuid.uuid4().hex
    fresh.existing_by = by
    fresh.save(update_fields=["existing_from", "existing_to", "existing_key", "existing_by"])
    emit("workflow.existing_enrolled", fresh, by=by, title=fresh.name)
    transaction.on_commit(wake, robust=True)
    return fresh


def wake() -> None:
    """Send one message; with the broker away the sweep does it."""
    try:
        broker.send(TASK, [])
    except broker.BrokerAway as error:
        log.warning("workflows.broker_away", error=str(error))


def waiting() -> bool:
    """Whether a workflow still has records to enrol."""
    return Workflow.objects.filter(_asked()).exists()


def _asked() -> Q:
    return Q(enabled=True, existing_to__isnull=False)


def enrol_slice() -> bool:
    """Enrol the next slice of one workflow; returns whether there is more. Killed, it begins that slice anew."""
    with transaction.atomic():
        asked = Workflow.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        workflow = asked.select_related("published", "existing_by").filter(_asked()).order_by("pk").first()
        if workflow is None or workflow.published is None or workflow.existing_to is None:
            return False
        definition = workflow.published.definition
        try:
            fit = _fitting(definition).filter(pk__gt=workflow.existing_from or 0, pk__lte=workflow.existing_to)
            ids = list(fit.order_by("pk").values_list("pk", flat=True)[:SLICE])
        except BadCondition as error:
            log.warning("workflows.bad_condition", workflow=workflow.pk, error=str(error))
            ids = []
        if ids:
            causes = [Cause(pk, f"existing:{workflow.existing_key}:{pk}") for pk in ids]
            enrol(workflow.pk, definition["object"], causes, by=workflow.existing_by, bulk=True)
            workflow.existing_from = ids[-1]
        if len(ids) < SLICE:
            workflow.existing_from = workflow.existing_to = None
        workflow.save(update_fields=["existing_from", "existing_to"])
    return waiting()
