"""The stages of pipelines: what they are called, how likely deals are there, what they ask for, their order."""

from collections.abc import Mapping
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.dispatch import same_version
from api.form_fields import NOT_EMPTY
from api.printing import etag_of_body
from api.problems import Mistake, conflict, missing, pointer, unfit
from api.resources.pipelines import INTO, MANAGES, PIPELINE, STAGE, TAG, answer, held, in_order, printed_stage, target
from api.schemas import ID, array, named, nullable, record, text
from api.scopes import CRM_CONFIGURE, CRM_READ
from crm.enums import DealStatus
from crm.forms.pipelines import StageForm
from crm.models import Pipeline, Stage
from crm.services import pipelines

FIELDS = {
    "name": text(120, **NOT_EMPTY),
    "status": {"type": "string", "enum": list(DealStatus.values)},
    "probability": {"type": "integer", "minimum": 0, "maximum": 100},
    "required": array(text(60), maxItems=100, uniqueItems=True),
    "rotting_days": nullable({"type": "integer", "minimum": 1, "maximum": 3650}),
}


def _values(given: Mapping[str, Any], stage: Stage) -> dict[str, Any]:
    """What was given, as the form of the page takes it over what the stage has. Raises Problem."""
    form = StageForm({**StageForm.initial_of(stage), **given})
    form.is_valid()
    wrong = [
        Mistake(str(message), pointer(name))
        for name, messages in form.errors.items()
        if name in given
        for message in messages
    ]
    if wrong:
        raise unfit(*wrong)
    return {name: form.cleaned_data[name] for name in given}


def _answer(stage: Stage, status: int = 200) -> Answer:
    stage.refresh_from_db()
    body = printed_stage(stage)
    return Answer(body, status, etag_of_body(body), f"/api/v1/stages/{stage.pk}" if status == 201 else "")


def read(call: Call) -> Answer:
    """One stage."""
    stage = Stage.objects.filter(pk=call.at["id"]).first()
    if stage is None:
        raise missing()
    return _answer(stage)


def _held(call: Call) -> Stage:
    """The stage of the address with its pipeline, locked, in the version that the caller has read. Raises Problem."""
    pipeline = Pipeline.objects.select_for_update().filter(stages=call.at["id"]).first()
    stage = Stage.objects.select_for_update().filter(pk=call.at["id"], pipeline=pipeline).first() if pipeline else None
    if stage is None:
        raise missing()
    same_version(call, etag_of_body(printed_stage(stage)))
    return stage


def create(call: Call) -> Answer:
    """A stage behind the last one of its status."""
    require(call.user, MANAGES)
    pipeline = Pipeline.objects.filter(pk=call.at["id"]).first()
    if pipeline is None:
        raise missing()
    values = _values(call.body, Stage(pipeline=pipeline))
    try:
        return _answer(pipelines.add_stage(pipeline, by=call.user, **values), 201)
    except pipelines.Refused as error:
        raise conflict(error, "not-possible") from error


def change(call: Call) -> Answer:
    """Change what is given."""
    require(call.user, MANAGES)
    stage = _held(call)
    try:
        return _answer(pipelines.update_stage(stage, by=call.user, **_values(call.body, stage)))
    except pipelines.Refused as error:
        raise conflict(error, "not-possible") from error


def delete(call: Call) -> Answer:
    """Delete a stage; its deals go to another one of its pipeline."""
    require(call.user, MANAGES)
    stage = _held(call)
    into = target(call, Stage.objects.filter(pipeline=stage.pipeline_id).exclude(pk=stage.pk))
    try:
        pipelines.delete_stage(stage, into=into, by=call.user)
    except pipelines.Refused as error:
        raise conflict(error, "not-deletable") from error
    return Answer(None, 204)


def order(call: Call) -> Answer:
    """Put the stages of a pipeline into an order; those that are not named follow."""
    require(call.user, MANAGES)
    pipeline = held(call)
    pipelines.order_stages(pipeline, in_order(pipeline.stages, call), by=call.user)
    return answer(pipeline.pk)


def operations() -> list[Operation]:
    """What can be done with stages."""
    new = named("NewStage", record(FIELDS, "name"))
    changed = named("StageChange", record(FIELDS, minProperties=1))
    ids = record({"ids": array(ID, maxItems=pipelines.MOST_STAGES)}, "ids")
    own: dict[str, Any] = {"tag": TAG, "shows_version": True}
    asks = (
        "`required` holds `amount`, `close_on`, `owner`, `company`, `description`, `contacts`, `lines` and custom "
        "properties of deals as conditions call them (`property:12`)."
    )
    return [
        Operation("POST", "pipelines/{id}/stages", "create-stage", summary="Add a stage", scope=CRM_CONFIGURE,
                  run=create, answers={201: STAGE}, body=new, text=asks, **own),
        Operation("PUT", "pipelines/{id}/stages/order", "order-stages", summary="Put stages into an order",
                  scope=CRM_CONFIGURE, run=order, answers={200: PIPELINE}, body=ids, versioned=True,
                  text="The version is that of the pipeline.", **own),
        Operation("GET", "stages/{id}", "read-stage", summary="Read a stage", scope=CRM_READ, run=read,
                  answers={200: STAGE}, **own),
        Operation("PATCH", "stages/{id}", "change-stage", summary="Change a stage", scope=CRM_CONFIGURE, run=change,
                  answers={200: STAGE}, body=changed, versioned=True, text=asks, **own),
        Operation("DELETE", "stages/{id}", "delete-stage", TAG, "Delete a stage", CRM_CONFIGURE, delete, {204: None},
                  (INTO,), versioned=True),
    ]  # fmt: skip
