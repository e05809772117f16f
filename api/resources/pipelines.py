"""The pipelines that deals go through: their names, the reasons for which deals end, their order."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from accounts.access import require
from api.described import Answer, Call, Operation, Param
from api.dispatch import same_version
from api.form_fields import NOT_EMPTY
from api.printing import etag_of_body
from api.problems import Mistake, conflict, missing, pointer, unfit, unfit_at
from api.schemas import ID, array, named, record, text
from api.scopes import CRM_CONFIGURE, CRM_READ
from crm.enums import DealStatus
from crm.forms.pipelines import PipelineNameForm
from crm.models import Pipeline, Stage
from crm.services import pipelines

TAG = "Pipelines"
MANAGES = "crm.manage_pipelines"
WORDS = {"type": "string"}
STAGE = named(
    "Stage",
    record(
        {
            "id": ID,
            "pipeline": ID,
            "name": WORDS,
            "status": {"type": "string", "enum": list(DealStatus.values)},
            "probability": {"type": "integer"},
            "required": array(WORDS, description="What a deal must have to get here."),
            "rotting_days": {"type": ["integer", "null"]},
        },
        "id",
        "pipeline",
        "name",
        "status",
    ),
)
PIPELINE = named(
    "Pipeline",
    record(
        {
            "id": ID,
            "name": WORDS,
            "won_reason_required": {"type": "boolean"},
            "lost_reason_required": {"type": "boolean"},
            "won_reasons": array(WORDS),
            "lost_reasons": array(WORDS),
            "stages": array(STAGE),
        },
        "id",
        "name",
        "stages",
    ),
)
REASONS = array(text(200, **NOT_EMPTY), maxItems=200)
FIELDS = {
    "name": text(120, **NOT_EMPTY),
    "won_reason_required": {"type": "boolean"},
    "lost_reason_required": {"type": "boolean"},
    "won_reasons": REASONS,
    "lost_reasons": REASONS,
}
OFFERED = {"won_reasons": DealStatus.WON, "lost_reasons": DealStatus.LOST}
INTO = Param("into", ID, "The stage that its deals go to; needed where it has any.")


def printed_stage(stage: Stage) -> dict[str, Any]:
    """A stage as JSON."""
    same = ("name", "status", "probability", "required", "rotting_days")
    return {"id": stage.pk, "pipeline": stage.pipeline_id, **{name: getattr(stage, name) for name in same}}


def printed(pipeline: Pipeline) -> dict[str, Any]:
    """A pipeline as JSON."""
    reasons = list(pipeline.reasons.all())
    return {
        "id": pipeline.pk,
        "name": pipeline.name,
        "won_reason_required": pipeline.won_reason_required,
        "lost_reason_required": pipeline.lost_reason_required,
        **{name: [each.name for each in reasons if each.status == status] for name, status in OFFERED.items()},
        "stages": [printed_stage(stage) for stage in pipeline.stages.all()],
    }


def _rows() -> Any:
    return Pipeline.objects.prefetch_related("stages", "reasons")


def index(call: Call) -> Answer:
    """The pipelines of deals with their stages, in order."""
    return Answer({"data": [printed(each) for each in _rows()]})


def answer(pk: int, status: int = 200) -> Answer:
    """A pipeline as it is now. Raises Problem."""
    row = _rows().filter(pk=pk).first()
    if row is None:
        raise missing()
    body = printed(row)
    return Answer(body, status, etag_of_body(body), f"/api/v1/pipelines/{pk}" if status == 201 else "")


def read(call: Call) -> Answer:
    """One pipeline."""
    return answer(call.at["id"])


def held(call: Call) -> Pipeline:
    """The pipeline of the address, locked, in the version that the caller has read. Raises Problem."""
    row = _rows().select_for_update().filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    same_version(call, etag_of_body(printed(row)))
    found: Pipeline = row
    return found


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, the name as the page's form keeps it. Raises Problem."""
    if "name" not in given:
        return dict(given)
    try:
        return {**given, "name": PipelineNameForm.base_fields["name"].clean(given["name"])}
    except ValidationError as error:
        raise unfit_at("/name", error.messages[0]) from error


def _apply(pipeline: Pipeline, values: Mapping[str, Any], *, by: Any) -> None:
    columns = {name: value for name, value in values.items() if name not in OFFERED}
    if columns:
        pipelines.update(pipeline, by=by, **columns)
    for name, status in OFFERED.items():
        if name in values:
            pipelines.set_reasons(pipeline, status, values[name], by=by)


def create(call: Call) -> Answer:
    """A pipeline with the usual stages, behind the others."""
    require(call.user, MANAGES)
    values = _values(call.body)
    pipeline = pipelines.create(name=values.pop("name"), by=call.user)
    _apply(pipeline, values, by=call.user)
    return answer(pipeline.pk, 201)


def change(call: Call) -> Answer:
    """Change what is given."""
    require(call.user, MANAGES)
    pipeline = held(call)
    _apply(pipeline, _values(call.body), by=call.user)
    return answer(pipeline.pk)


def target(call: Call, stages: Any) -> Stage | None:
    """The stage of the parameter ``into``, which has to be one of ``stages``. Raises Problem."""
    if "into" not in call.query:
        return None
    into = stages.filter(pk=call.query["into"]).first()
    if into is None:
        raise unfit(Mistake("There is no such stage to move deals to.", parameter="into"))
    found: Stage = into
    return found


def delete(call: Call) -> Answer:
    """Delete a pipeline; its deals go to a stage of another one."""
    require(call.user, MANAGES)
    # All of them and in order, as the service does: two deletions don't wait for each other then.
    list(Pipeline.objects.select_for_update())
    pipeline = held(call)
    try:
        pipelines.delete(pipeline, into=target(call, Stage.objects.exclude(pipeline=pipeline)), by=call.user)
    except pipelines.Refused as error:
        raise conflict(error, "not-deletable") from error
    return Answer(None, 204)


def in_order(rows: Any, call: Call) -> list[int]:
    """The ids of the body, all of them among ``rows``. Raises Problem."""
    known = set(rows.values_list("pk", flat=True))
    ids: list[int] = call.body["ids"]
    if unknown := [place for place, pk in enumerate(ids) if pk not in known]:
        raise unfit(*(Mistake("There is none with this id here.", pointer("ids", place)) for place in unknown))
    return ids


def order(call: Call) -> Answer:
    """Put the pipelines into an order; those that are not named follow."""
    require(call.user, MANAGES)
    pipelines.order(in_order(Pipeline.objects, call), by=call.user)
    return index(call)


def operations() -> list[Operation]:
    """What can be done with pipelines."""
    page = record({"data": array(PIPELINE)}, "data")
    new = named("NewPipeline", record(FIELDS, "name"))
    changed = named("PipelineChange", record(FIELDS, minProperties=1))
    ids = record({"ids": array(ID, maxItems=500)}, "ids")
    own: dict[str, Any] = {"tag": TAG, "shows_version": True}
    return [
        Operation("GET", "pipelines", "list-pipelines", TAG, "The pipelines of deals with their stages", CRM_READ,
                  index, {200: page}),
        Operation("POST", "pipelines", "create-pipeline", summary="Add a pipeline", scope=CRM_CONFIGURE, run=create,
                  answers={201: PIPELINE}, body=new, text="It starts with the usual stages.", **own),
        Operation("PUT", "pipelines/order", "order-pipelines", TAG, "Put pipelines into an order", CRM_CONFIGURE,
                  order, {200: page}, body=ids),
        Operation("GET", "pipelines/{id}", "read-pipeline", summary="Read a pipeline", scope=CRM_READ, run=read,
                  answers={200: PIPELINE}, **own),
        Operation("PATCH", "pipelines/{id}", "change-pipeline", summary="Change a pipeline", scope=CRM_CONFIGURE,
                  run=change, answers={200: PIPELINE}, body=changed, versioned=True,
                  text="Reasons are whole lists, in order; deals keep the words that they have.", **own),
        Operation("DELETE", "pipelines/{id}", "delete-pipeline", TAG, "Delete a pipeline", CRM_CONFIGURE, delete,
                  {204: None}, (INTO,), versioned=True),
    ]  # fmt: skip
