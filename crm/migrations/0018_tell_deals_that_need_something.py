"""Indexes for the deals and quotes that the home page tells of, built without locking the tables."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0017_drop_brand_of_quotes"),
    ]

    operations = [
        AddIndexConcurrently(
            "deal",
            models.Index(
                fields=["owner", "close_on", "id"],
                name="crm_deal_open_of_owner",
                condition=models.Q(status="open", archived_at=None),
            ),
        ),
        AddIndexConcurrently(
            "quote",
            models.Index(
                fields=["expires_on", "id"],
                name="crm_quote_expiring",
                condition=models.Q(status="published", archived_at=None),
            ),
        ),
        AddIndexConcurrently(
            "quote",
            models.Index(
                fields=["answered_at", "id"],
                name="crm_quote_accepted",
                condition=models.Q(status="accepted", archived_at=None),
            ),
        ),
    ]
