"""Have what is mirrored of bills applied: it was not before."""

from typing import Any

from django.db import migrations

SLICE = 5000


def mark_unread(apps: Any, schema_editor: Any) -> None:
    """In slices; the sweep has them applied. No read of QuickBooks."""
    rows = apps.get_model("qbo_connector", "MirrorObject").objects.filter(entity="Bill", unread=False)
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        rows.model.objects.filter(pk__in=ids).update(unread=True)


class Migration(migrations.Migration):
    """Data only; backwards there is nothing to do."""

    atomic = False

    dependencies = [
        ("sync", "0015_forget_changed_mappings_later"),
        ("invoices", "0020_know_bills"),
        ("qbo_connector", "0001_initial"),
    ]

    operations = [migrations.RunPython(mark_unread, migrations.RunPython.noop, elidable=True)]
