"""Who edits records sees workflows, who automates invoices enrols records, who runs the sync builds workflows."""

from typing import Any

from django.db import migrations

# Who has the first may have the second.
WITH = {"crm.edit": "workflows.view", "invoices.automate": "workflows.enrol", "sync.run": "workflows.manage"}


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        gained = [new for known, new in WITH.items() if known in role.permissions and new not in role.permissions]
        if gained:
            role.permissions = [*role.permissions, *gained]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_who_merges_and_deletes")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
