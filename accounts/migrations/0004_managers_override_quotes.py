"""Those who record payments, and those who manage users, may invoice quotes that are not published or expired."""

from typing import Any

from django.db import migrations

PERMISSION = "invoices.override_quote"
HELD_BY = ("invoices.record_payment", "accounts.manage")


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        if PERMISSION not in role.permissions and any(held in role.permissions for held in HELD_BY):
            role.permissions = [*role.permissions, PERMISSION]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_admins_manage_properties")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
