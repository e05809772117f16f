"""The pipelines that deals go through."""

from django.db import transaction

from crm import defaults
from crm.models import Pipeline, Stage


@transaction.atomic
def ensure_default() -> Pipeline:
    """The first pipeline with its stages; made from the defaults where there is none."""
    pipeline = Pipeline.objects.select_for_update().first()
    if pipeline is None:
        pipeline = Pipeline.objects.create(name=defaults.PIPELINE)
    if not pipeline.stages.exists():
        Stage.objects.bulk_create(
            Stage(pipeline=pipeline, name=name, position=position, probability=probability, status=status)
            for position, (name, probability, status) in enumerate(defaults.STAGES)
        )
    return pipeline


def first_stage() -> Stage:
    """Where a new deal starts unless somebody says otherwise: the first stage of the first pipeline."""
    stage = Stage.objects.order_by("pipeline__position", "pipeline_id", "position", "pk").first()
    return stage or ensure_default().stages.all()[0]
