"""Index what the forecast adds up, without locking the deals."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [("crm", "0012_fill_stage_entered")]

    operations = [
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("status", "open")),
                fields=["close_on"],
                include=("stage", "owner", "currency", "amount"),
                name="crm_deal_forecast",
            ),
        ),
        AddIndexConcurrently(
            model_name="deal",
            index=models.Index(
                condition=models.Q(("archived_at", None), ("status", "won")),
                fields=["closed_at"],
                include=("stage", "owner", "currency", "amount"),
                name="crm_deal_won",
            ),
        ),
    ]
