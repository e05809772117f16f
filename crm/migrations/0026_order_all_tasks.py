"""Indexes for the orders of the whole list of tasks, built without locking the table."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0025_import_from_hubspot"),
    ]

    operations = [
        AddIndexConcurrently("task", models.Index(fields=["-created_at", "-id"], name="crm_task_by_creation")),
        AddIndexConcurrently("task", models.Index(F("due_at").asc(nulls_last=True), "id", name="crm_task_all_by_due")),
        AddIndexConcurrently(
            "task", models.Index(F("done_at").desc(nulls_last=True), F("id").desc(), name="crm_task_by_done")
        ),
        AddIndexConcurrently(
            "task",
            models.Index(
                F("due_at").asc(nulls_last=True),
                "id",
                name="crm_task_to_approve",
                condition=Q(done_at=None, kind="approve"),
            ),
        ),
        RemoveIndexConcurrently("task", "crm_task_done"),
    ]
