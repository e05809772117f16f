"""Those who manage users read the audit log."""

from typing import Any

from django.db import migrations

NAME = "accounts.audit"


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if "accounts.manage" in role.permissions and NAME not in role.permissions:
            role.permissions = [*role.permissions, NAME]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_say_how_far_roles_see")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
