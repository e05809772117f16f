"""Those who see sync health, managers and up, may also change what others wrote on timelines."""

from typing import Any

from django.db import migrations

PERMISSION = "crm.edit_activities"


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.filter(permissions__contains="sync.view_health"):
        if PERMISSION not in role.permissions:
            role.permissions = [*role.permissions, PERMISSION]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("crm", "0020_remember_record_layouts"), ("accounts", "0009_add_teams")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
