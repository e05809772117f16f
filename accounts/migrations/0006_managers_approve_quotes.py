"""Those who see everybody's work may approve discounts; those who manage users may also set quotes up."""

from typing import Any

from django.db import migrations

MANAGERS = "Sales manager"


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        wanted = []
        if role.name == MANAGERS or "accounts.manage" in role.permissions:
            wanted.append("crm.approve_quote")
        if "accounts.manage" in role.permissions:
            wanted.append("crm.configure")
        if missing := [name for name in wanted if name not in role.permissions]:
            role.permissions = [*role.permissions, *missing]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_send_and_edit_invoices")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
