"""Indexes for the search over everything, built without locking the tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

from core.search import number_index


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("invoices", "0015_try_recurring_invoices_again"),
    ]

    operations = [
        AddIndexConcurrently("invoice", number_index("number", name="inv_invoice_digits")),
        AddIndexConcurrently("creditdocument", number_index("number", name="inv_credit_digits")),
        AddIndexConcurrently("creditdocument", models.Index(fields=["-total", "-id"], name="inv_credit_by_total")),
    ]
