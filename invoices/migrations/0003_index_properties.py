"""Index the custom properties for equality, without locking the tables."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("invoices", "0002_payment_properties"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="invoice",
            index=GinIndex(fields=["properties"], name="inv_invoice_properties", opclasses=["jsonb_path_ops"]),
        ),
        AddIndexConcurrently(
            model_name="payment",
            index=GinIndex(fields=["properties"], name="inv_payment_properties", opclasses=["jsonb_path_ops"]),
        ),
    ]
