"""The audit log is read by time: of everything, of a kind of record, of a channel, of a person."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [("core", "0018_note_where_events_come_from")]

    operations = [
        AddIndexConcurrently("event", models.Index(fields=["occurred_at", "id"], name="core_event_by_time")),
        AddIndexConcurrently(
            "event", models.Index(fields=["object_type", "occurred_at", "id"], name="core_event_by_object")
        ),
        AddIndexConcurrently(
            "event", models.Index(fields=["origin", "occurred_at", "id"], name="core_event_by_channel")
        ),
        AddIndexConcurrently(
            "event",
            models.Index(
                fields=["actor", "occurred_at", "id"],
                condition=models.Q(actor__isnull=False),
                name="core_event_by_actor",
            ),
        ),
        # Only the index of the foreign key goes: Django's own way would check the key of every row again.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="event",
                    name="actor",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS core_event_actor_id_594b280e",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS core_event_actor_id_594b280e ON core_event (actor_id)",
                )
            ],
        ),
    ]
