from django.db import migrations

import workflows.models.sealed_steps


def encrypt(apps, _editor):
    """Store every definition once more: what is written is encrypted."""
    for name, column in (("Workflow", "draft"), ("WorkflowVersion", "definition")):
        for row in apps.get_model("workflows", name).objects.only("pk", column).iterator(chunk_size=100):
            row.save(update_fields=[column])


class Migration(migrations.Migration):
    dependencies = [("workflows", "0003_find_failed_and_old_runs")]

    operations = [
        migrations.AlterField(
            model_name="workflow",
            name="draft",
            field=workflows.models.sealed_steps.DefinitionField(default=dict),
        ),
        migrations.AlterField(
            model_name="workflowversion",
            name="definition",
            field=workflows.models.sealed_steps.DefinitionField(),
        ),
        migrations.RunPython(encrypt, migrations.RunPython.noop),
    ]
