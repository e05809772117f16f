"""The pipelines that deals go through, their stages, and the reasons for which deals end.

A pipeline always keeps an open, a won and a lost stage, and there is always a pipeline.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.audit import differences
from core.events import Draft, emit, emit_many
from core.models import Origin
from core.ordering import put_in_order
from crm import defaults
from crm.enums import DealStatus
from crm.models import CloseReason, Deal, Pipeline, Stage, StageChange

PIPELINE_FIELDS = ("name", "won_reason_required", "lost_reason_required")
STAGE_FIELDS = ("name", "probability", "status", "required", "rotting_days")
MOST_STAGES = 30
BATCH = 1_000


class Refused(ValueError):
    """The change would break a rule of pipelines; the message says which, in a sentence."""


@transaction.atomic
def ensure_default() -> Pipeline:
    """The first pipeline with its stages; made from the defaults where there is none."""
    pipeline = Pipeline.objects.select_for_update().first()
    if pipeline is None:
        pipeline = Pipeline.objects.create(name=defaults.PIPELINE)
    if not pipeline.stages.exists():
        _add_default_stages(pipeline)
    return pipeline


def first_stage() -> Stage:
    """Where a new deal starts unless somebody says otherwise: the first stage of the first pipeline."""
    stage = Stage.objects.order_by("pipeline__position", "pipeline_id", "position", "pk").first()
    return stage or ensure_default().stages.all()[0]


@needs("crm.manage_pipelines")
@transaction.atomic
def create(*, name: str, by: Any) -> Pipeline:
    """A pipeline with the default stages, behind the others."""
    last = Pipeline.objects.aggregate(last=Max("position"))["last"]
    pipeline = Pipeline.objects.create(name=name, position=0 if last is None else last + 1)
    _add_default_stages(pipeline)
    emit("pipeline.created", pipeline, by=by, title=name)
    return pipeline


@needs("crm.manage_pipelines")
@transaction.atomic
def update(pipeline: Pipeline, *, by: Any, **values: Any) -> Pipeline:
    """Change the name, or whether deals need a reason to be won or lost."""
    fresh = _locked(pipeline)
    return _written(fresh, values, PIPELINE_FIELDS, "pipeline.changed", by=by)


@needs("crm.manage_pipelines")
@transaction.atomic
def order(ids: Sequence[int], *, by: Any) -> None:
    """Put the pipelines in the order of ``ids``; those that are not named follow."""
    before = [each.name for each in Pipeline.objects.all()]
    put_in_order(Pipeline.objects.select_for_update(), ids)
    after = [each.name for each in Pipeline.objects.all()]
    first = Pipeline.objects.first()
    if first is not None:
        changes = differences.between({"order": before}, {"order": after})
        emit("pipeline.ordered", first, by=by, title=first.name, changes=changes)


@needs("crm.manage_pipelines")
@transaction.atomic
def delete(pipeline: Pipeline, *, into: Stage | None = None, by: Any) -> int:
    """Delete a pipeline; its deals go into the stage ``into`` of another one. Returns how many. Raises Refused."""
    everything = list(Pipeline.objects.select_for_update())
    fresh = next(each for each in everything if each.pk == pipeline.pk)
    if len(everything) == 1:
        raise Refused(_("This is the only pipeline. Add another one first."))
    moved = 0
    if Deal.objects.filter(stage__pipeline=fresh).exists():
        if into is None or into.pipeline_id == fresh.pk:
            raise Refused(_("Choose a stage of another pipeline for its deals."))
        moved = sum(_move_all(stage, into, by=by) for stage in fresh.stages.all())
    emit("pipeline.deleted", fresh, by=by, title=fresh.name, deals=moved)
    fresh.delete()
    return moved


@needs("crm.manage_pipelines")
@transaction.atomic
def add_stage(pipeline: Pipeline, *, by: Any, **values: Any) -> Stage:
    """A stage behind the last one of its status, so that won and lost stay at the end. Raises Refused."""
    fresh = _locked(pipeline)
    stages = list(fresh.stages.all())
    if len(stages) >= MOST_STAGES:
        raise Refused(_("A pipeline has at most %d stages.") % MOST_STAGES)
    stage = Stage(pipeline=fresh, **_known(values, STAGE_FIELDS))
    place = max((n for n, each in enumerate(stages, 1) if _rank(each) <= _rank(stage)), default=0)
    stage.position = len(stages)
    stage.save(force_insert=True)
    stages.insert(place, stage)
    put_in_order(Stage.objects.filter(pipeline=fresh), [each.pk for each in stages])
    emit("pipeline.changed", fresh, by=by, title=fresh.name, stage=stage.name, added=True)
    return stage


@needs("crm.manage_pipelines")
@transaction.atomic
def update_stage(stage: Stage, *, by: Any, **values: Any) -> Stage:
    """Change a stage. Raises Refused for another status while deals are in it, or where no other stage has its own."""
    pipeline = _locked(stage.pipeline)
    fresh = Stage.objects.select_for_update().get(pk=stage.pk)
    status = values.get("status", fresh.status)
    if status != fresh.status:
        _keep_one(pipeline, fresh)
        if Deal.objects.filter(stage=fresh).exists():
            raise Refused(_("Move the deals of this stage first: they would be opened or closed."))
    known = _known(values, STAGE_FIELDS)
    before = differences.values_of(fresh, known)
    for name, value in known.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=list(known))
    changes = differences.since(before, fresh)
    emit("pipeline.changed", pipeline, by=by, title=pipeline.name, stage=fresh.name, changes=changes)
    return fresh


@needs("crm.manage_pipelines")
@transaction.atomic
def order_stages(pipeline: Pipeline, ids: Sequence[int], *, by: Any) -> None:
    """Put the stages in the order of ``ids``; those that are not named follow."""
    fresh = _locked(pipeline)
    before = [stage.name for stage in fresh.stages.all()]
    put_in_order(Stage.objects.filter(pipeline=fresh), ids)
    after = [stage.name for stage in _locked(pipeline).stages.all()]
    changes = differences.between({"stages": before}, {"stages": after})
    emit("pipeline.changed", fresh, by=by, title=fresh.name, ordered=True, changes=changes)


@needs("crm.manage_pipelines")
@transaction.atomic
def delete_stage(stage: Stage, *, into: Stage | None = None, by: Any) -> int:
    """Delete a stage; its deals go into ``into``. Returns how many. History keeps its name. Raises Refused."""
    pipeline = _locked(stage.pipeline)
    fresh = Stage.objects.select_for_update().get(pk=stage.pk)
    _keep_one(pipeline, fresh)
    moved = 0
    if Deal.objects.filter(stage=fresh).exists():
        if into is None or into.pk == fresh.pk:
            raise Refused(_("Choose another stage for its deals."))
        moved = _move_all(fresh, into, by=by)
    name = fresh.name
    fresh.delete()
    emit("pipeline.changed", pipeline, by=by, title=pipeline.name, stage=name, deleted=True, deals=moved)
    return moved


@needs("crm.manage_pipelines")
@transaction.atomic
def set_reasons(pipeline: Pipeline, status: DealStatus, names: Iterable[str], *, by: Any) -> list[CloseReason]:
    """What is offered as reasons for ``status``, in this order. Deals keep the words that they have."""
    fresh = _locked(pipeline)
    wanted = list(dict.fromkeys(text for name in names if (text := " ".join(name.split())[:200])))
    before = list(fresh.reasons.filter(status=status).values_list("name", flat=True))
    fresh.reasons.filter(status=status).exclude(name__in=wanted).delete()
    rows = [CloseReason(pipeline=fresh, status=status, name=name, position=n) for n, name in enumerate(wanted)]
    CloseReason.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["pipeline", "status", "name"], update_fields=["position"]
    )
    changes = differences.between({f"{status}_reasons": before}, {f"{status}_reasons": wanted})
    emit("pipeline.changed", fresh, by=by, title=fresh.name, changes=changes)
    return list(fresh.reasons.filter(status=status))


def _add_default_stages(pipeline: Pipeline) -> None:
    Stage.objects.bulk_create(
        Stage(pipeline=pipeline, name=name, position=position, probability=probability, status=status)
        for position, (name, probability, status) in enumerate(defaults.STAGES)
    )


def _locked(pipeline: Pipeline) -> Pipeline:
    return Pipeline.objects.select_for_update().get(pk=pipeline.pk)


def _known(values: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    if unknown := set(values) - set(names):
        raise TypeError(", ".join(sorted(unknown)))
    return values


def _written(row: Pipeline, values: dict[str, Any], names: Iterable[str], event: str, *, by: Any) -> Pipeline:
    known = _known(values, names)
    before = differences.values_of(row, known)
    for name, value in known.items():
        setattr(row, name, value)
    row.save(update_fields=list(known))
    emit(event, row, by=by, title=row.name, changes=differences.since(before, row))
    return row


def _rank(stage: Stage) -> int:
    return [DealStatus.OPEN, DealStatus.WON, DealStatus.LOST].index(DealStatus(stage.status))


def _keep_one(pipeline: Pipeline, stage: Stage) -> None:
    if not pipeline.stages.filter(status=stage.status).exclude(pk=stage.pk).exists():
        words = {
            DealStatus.OPEN: _("A pipeline needs an open stage, and this is the only one."),
            DealStatus.WON: _("A pipeline needs a stage for won deals, and this is the only one."),
            DealStatus.LOST: _("A pipeline needs a stage for lost deals, and this is the only one."),
        }
        raise Refused(words[DealStatus(stage.status)])


def _move_all(stage: Stage, into: Stage, *, by: Any) -> int:
    """All deals of a stage, archived ones too, into another one; what that asks for does not count. In batches."""
    moved = 0
    while ids := list(Deal.objects.filter(stage=stage).order_by("pk").values_list("pk", flat=True)[:BATCH]):
        moved += len(ids)
        now = timezone.now()
        found = list(Deal.objects.select_for_update(of=("self",)).filter(pk__in=ids).order_by("pk"))
        for deal in found:
            closed = into.status != DealStatus.OPEN
            deal.closed_at = (deal.closed_at or now) if closed else None
            deal.stage, deal.status, deal.stage_entered_at, deal.updated_at = into, into.status, now, now
        Deal.objects.bulk_update(found, ["stage", "status", "closed_at", "stage_entered_at", "updated_at"])
        StageChange.objects.bulk_create(
            StageChange(deal=deal, stage=into, name=into.name, by=by, entered_at=now) for deal in found
        )
        told = {"from": stage.name, "to": into.name, "from_id": stage.pk, "to_id": into.pk}
        emit_many(
            [
                Draft("deal.stage_changed", "deal", deal.pk, _company_of(deal), {"title": deal.name, **told})
                for deal in found
            ],
            by=by,
            origin=Origin.PERSON,
        )
    return moved


def _company_of(deal: Deal) -> list[tuple[str, int]]:
    return [("company", deal.company_id)] if deal.company_id else []
