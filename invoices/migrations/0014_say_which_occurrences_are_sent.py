"""Occurrences of recurring invoices say for themselves whether they are to be sent."""

from typing import Any

from django.db import migrations, models


def mark_waiting(apps: Any, schema_editor: Any) -> None:
    """What was made to be sent and has not left yet."""
    runs = apps.get_model("invoices", "RecurringRun").objects.filter(recurring__making="send", sent=False, problem="")
    runs.update(to_send=True)


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0013_add_recurring_reminders_and_approval"),
    ]

    operations = [
        migrations.AddField(
            model_name="recurringrun",
            name="to_send",
            field=models.BooleanField(default=False, help_text="It was made to be sent."),
        ),
        migrations.RunPython(mark_waiting, migrations.RunPython.noop),
    ]
