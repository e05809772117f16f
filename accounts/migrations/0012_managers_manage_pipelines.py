"""Those who see everybody's work change pipelines and set goals."""

from typing import Any

from django.db import migrations

NAME = "crm.manage_pipelines"
ROLES = ("Sales manager",)


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if (role.name in ROLES or "accounts.manage" in role.permissions) and NAME not in role.permissions:
            role.permissions = [*role.permissions, NAME]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_ops_import_records")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
