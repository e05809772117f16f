"""Those who archive records may also merge them; those who manage users may delete archived ones for good."""

from typing import Any

from django.db import migrations

# Who has the first may have the second.
WITH = {"crm.archive": "crm.merge", "accounts.manage": "crm.delete"}


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        gained = [new for known, new in WITH.items() if known in role.permissions and new not in role.permissions]
        if gained:
            role.permissions = [*role.permissions, *gained]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_keep_shortcuts_of_people")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
