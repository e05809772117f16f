"""The audit log is searched by words and by network address."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from core.search import json_index


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [("core", "0020_keep_events")]

    operations = [
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["address", "occurred_at", "id"],
                condition=models.Q(address__isnull=False),
                name="core_event_by_address",
            ),
        ),
        AddIndexConcurrently("event", json_index("data", name="core_event_words")),
    ]
