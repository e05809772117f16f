"""Those who see everybody's work and those who run the books approve invoices and automate them."""

from typing import Any

from django.db import migrations

NAMES = ["invoices.approve", "invoices.automate"]
ROLES = ("Sales manager", "Ops")


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if role.name in ROLES or "accounts.manage" in role.permissions:
            role.permissions = [*role.permissions, *(name for name in NAMES if name not in role.permissions)]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_managers_export_lists")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
