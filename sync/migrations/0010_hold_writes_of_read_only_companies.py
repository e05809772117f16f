"""Companies that were read-only before writes could be held at their outbox: what is planned for them waits as well."""

from typing import Any

from django.db import migrations


def hold(apps: Any, schema_editor: Any) -> None:
    read_only = apps.get_model("sync", "ConnectionSettings").objects.filter(read_only=True)
    connections = apps.get_model("qbo_connector", "Connection").objects
    connections.filter(pk__in=read_only.values("connection_id"), holds_writes=False).update(holds_writes=True)


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0009_keep_for_which_records_mappings_fail"),
        ("qbo_connector", "0006_hold_writes"),
    ]
    operations = [migrations.RunPython(hold, migrations.RunPython.noop)]
