"""Indexes for the list of all activities, whole and of one kind, built without locking the table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0026_order_all_tasks"),
    ]

    operations = [
        AddIndexConcurrently(
            "activity",
            models.Index(fields=["-occurred_at", "-id"], name="crm_activity_newest", condition=Q(deleted_at=None)),
        ),
        AddIndexConcurrently(
            "activity",
            models.Index(
                fields=["kind", "-occurred_at", "-id"],
                name="crm_activity_of_kind",
                condition=Q(deleted_at=None),
            ),
        ),
    ]
