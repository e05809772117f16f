"""Those who manage users keep the company's profile and say how e-mails leave."""

from typing import Any

from django.db import migrations

NAME = "core.configure"


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if "accounts.manage" in role.permissions and NAME not in role.permissions:
            role.permissions = [*role.permissions, NAME]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_add_teams")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
