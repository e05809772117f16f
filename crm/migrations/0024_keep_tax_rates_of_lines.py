"""Lines keep the percentage of their tax, so that a quote tells what it comes to with tax."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Adds columns only: lines of before have no rate."""

    dependencies = [("crm", "0023_find_activities")]

    operations = [
        migrations.AddField(
            model_name=name,
            name="tax_rate",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Percent; none where it is not known.",
                max_digits=7,
                null=True,
            ),
        )
        for name in ("dealline", "quoteline")
    ]
