"""The custom columns that people chose stand behind the list's own ones, in their preference."""

from typing import Any

from django.db import migrations


def take_over(apps: Any, schema_editor: Any) -> None:
    """Without knowing each list's own columns here: they come first, see ``core.tables.listing.chosen_columns``."""
    preferences = apps.get_model("core", "ListPreference").objects
    for row in apps.get_model("core", "PropertyColumns").objects.exclude(shown=[]).iterator():
        columns = ["default", *(f"property:{pk}" for pk in row.shown)]
        preferences.get_or_create(user_id=row.user_id, object_type=row.object_type, defaults={"columns": columns})


class Migration(migrations.Migration):
    dependencies = [("core", "0005_add_outgoing_mail")]
    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
