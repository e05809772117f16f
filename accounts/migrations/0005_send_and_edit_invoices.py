"""Those who post invoices may also have them sent; those who record payments may also change them."""

from typing import Any

from django.db import migrations

# Who has the first may have the second.
WITH = {"invoices.post": "invoices.send", "invoices.record_payment": "invoices.edit"}


def grant(apps: Any, schema_editor: Any) -> None:
    for role in apps.get_model("accounts", "Role").objects.all():
        gained = [new for known, new in WITH.items() if known in role.permissions and new not in role.permissions]
        if gained:
            role.permissions = [*role.permissions, *gained]
            role.save(update_fields=["permissions"])


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_managers_override_quotes")]
    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
