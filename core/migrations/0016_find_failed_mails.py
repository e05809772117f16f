"""The e-mails that failed of late are told to administrators."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("core", "0015_find_files"),
    ]

    operations = [
        AddIndexConcurrently(
            "outgoingmail",
            models.Index(fields=["-finished_at"], condition=models.Q(state="failed"), name="core_mail_failed"),
        ),
    ]
