"""Invoices by their last change and payments by their day, the latest first: read in order, not sorted."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import F


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("invoices", "0022_answer_whose_invoices_are"),
    ]

    operations = [
        AddIndexConcurrently("invoice", models.Index(fields=["updated_at", "id"], name="inv_invoice_by_update")),
        AddIndexConcurrently(
            "payment",
            models.Index(F("received_on").desc(nulls_last=True), F("id").desc(), name="inv_payment_by_date_back"),
        ),
    ]
