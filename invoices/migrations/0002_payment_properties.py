"""Payments get custom properties, as invoices have them."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="properties",
            field=models.JSONField(blank=True, default=dict),
        ),
    ]
