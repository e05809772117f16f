"""Notes, calls, e-mails and meetings are found by their words."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from core.search import search_column


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0022_add_calendar_feeds_of_tasks"),
    ]

    operations = [
        migrations.AddField(
            model_name="activity",
            name="search",
            field=search_column("subject", "body", "place", "sender", "recipients"),
        ),
        AddIndexConcurrently(
            "activity", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_activity_search")
        ),
    ]
