"""The pipeline that a new installation starts with."""

from typing import Any

from django.db import migrations

from crm import defaults


def create_pipeline(apps: Any, schema_editor: Any) -> None:
    pipelines, stages = apps.get_model("crm", "Pipeline"), apps.get_model("crm", "Stage")
    if pipelines.objects.exists():
        return
    pipeline = pipelines.objects.create(name=defaults.PIPELINE)
    for position, (name, probability, status) in enumerate(defaults.STAGES):
        stages.objects.create(pipeline=pipeline, name=name, position=position, probability=probability, status=status)


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]
    operations = [migrations.RunPython(create_pipeline, migrations.RunPython.noop)]
