"""Who edits records sees and builds reports, who runs the sync changes those of others."""

from typing import Any

from django.db import migrations

# Who has the first may have the second.
WITH = {"crm.edit": "reports.view", "sync.run": "reports.manage"}


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        gained = [new for known, new in WITH.items() if known in role.permissions and new not in role.permissions]
        if gained:
            role.permissions = [*role.permissions, *gained]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_who_builds_workflows")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
