"""The four default roles."""

from typing import Any

from django.db import migrations

from accounts.permissions import DEFAULT_ROLES


def create_roles(apps: Any, schema_editor: Any) -> None:
    role = apps.get_model("accounts", "Role")
    for name, permissions in DEFAULT_ROLES.items():
        role.objects.get_or_create(name=name, defaults={"permissions": permissions})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(create_roles, migrations.RunPython.noop)]
