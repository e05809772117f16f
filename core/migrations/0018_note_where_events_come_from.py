"""Events know the client's address, the request and the API key they came with."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0017_find_failed_requests")]

    operations = [
        migrations.AddField(
            model_name="event",
            name="address",
            field=models.GenericIPAddressField(help_text="Of the client, for what happened in a request.", null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="key",
            field=models.BigIntegerField(help_text="The API key with which it was done.", null=True),
        ),
        migrations.AddField(
            model_name="event",
            name="key_name",
            field=models.CharField(db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="event",
            name="request",
            field=models.CharField(db_default="", default="", help_text="Its id, as in the log.", max_length=64),
        ),
        migrations.AlterField(
            model_name="event",
            name="origin",
            field=models.CharField(
                choices=[
                    ("person", "Person"),
                    ("api", "API"),
                    ("sync", "QuickBooks sync"),
                    ("workflow", "Workflow"),
                    ("import", "Import"),
                    ("system", "CRM Sync"),
                ],
                max_length=10,
            ),
        ),
    ]
