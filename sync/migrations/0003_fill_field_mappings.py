"""The standard mappings for connections that were there before mappings could be changed."""

from typing import Any

from django.db import migrations

from sync.mapping.defaults import default_rows

BATCH = 200


def fill(apps: Any, schema_editor: Any) -> None:
    mappings = apps.get_model("sync", "FieldMapping").objects
    connections = apps.get_model("qbo_connector", "Connection").objects.order_by("pk").values_list("pk", flat=True)
    for pk in connections.iterator(chunk_size=BATCH):
        mappings.bulk_create((mappings.model(**row) for row in default_rows(pk)), ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("sync", "0002_add_policies_mappings_conflicts")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
