"""When the fiscal year of each company begins, read with the company's next reference read."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("qbo_connector", "0001_squashed_0010_count_idle_and_failed_reads")]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="fiscal_year_start",
            field=models.PositiveSmallIntegerField(
                help_text="CompanyInfo.FiscalYearStartMonth, 1 to 12; empty until it was read.", null=True
            ),
        ),
    ]
