from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0003_fill_field_mappings"),
    ]

    operations = [
        migrations.AddField(
            model_name="link",
            name="remedy",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="objectsettings",
            name="income_account",
            field=models.CharField(
                blank=True,
                help_text="QuickBooks id of the account of new items; empty: found by its name.",
                max_length=40,
            ),
        ),
    ]
