"""Those who see sync health, managers and up, may also take lists out."""

from typing import Any

from django.db import migrations

EXPORTS = ("crm.export", "invoices.export")


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.filter(permissions__contains="sync.view_health"):
        gained = [each for each in EXPORTS if each not in role.permissions]
        if gained:
            role.permissions = [*role.permissions, *gained]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_managers_approve_quotes")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
