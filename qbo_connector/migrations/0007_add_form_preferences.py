from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("qbo_connector", "0006_hold_writes"),
    ]

    operations = [
        migrations.AddField(
            model_name="connection",
            name="preferences",
            field=models.JSONField(
                default=dict,
                help_text="What its sales forms may hold, see qbo_connector.company; empty until it was read.",
            ),
        ),
    ]
