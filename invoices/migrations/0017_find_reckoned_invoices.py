"""An index for the invoices whose total was reckoned here, built without locking the table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("invoices", "0016_find_documents_faster"),
    ]

    operations = [
        AddIndexConcurrently(
            "invoice",
            models.Index(
                fields=["-issued_on", "-id"],
                name="inv_invoice_reckoned",
                condition=models.Q(expected_tax__isnull=False, expected_total__isnull=False),
            ),
        ),
    ]
