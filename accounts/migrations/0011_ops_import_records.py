"""Those who run the books import records from files."""

from typing import Any

from django.db import migrations

NAME = "crm.import"


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if (role.name == "Ops" or "accounts.manage" in role.permissions) and NAME not in role.permissions:
            role.permissions = [*role.permissions, NAME]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0010_admins_configure_company")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
