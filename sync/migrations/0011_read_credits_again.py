"""Have what is mirrored of payments, credit memos, refunds and sales receipts applied: it was not before."""

from typing import Any

from django.db import migrations

ENTITIES = ["Payment", "CreditMemo", "RefundReceipt", "SalesReceipt"]
SLICE = 5000


def mark_unread(apps: Any, schema_editor: Any) -> None:
    """In slices; the sweep has them applied. No read of QuickBooks."""
    rows = apps.get_model("qbo_connector", "MirrorObject").objects.filter(entity__in=ENTITIES, unread=False)
    while ids := list(rows.order_by("pk").values_list("pk", flat=True)[:SLICE]):
        rows.model.objects.filter(pk__in=ids).update(unread=True)


class Migration(migrations.Migration):
    """Data only; backwards there is nothing to do."""

    atomic = False

    dependencies = [
        ("sync", "0010_hold_writes_of_read_only_companies"),
        ("invoices", "0011_remember_credits_that_were_used"),
        ("qbo_connector", "0001_initial"),
    ]

    operations = [migrations.RunPython(mark_unread, migrations.RunPython.noop, elidable=True)]
