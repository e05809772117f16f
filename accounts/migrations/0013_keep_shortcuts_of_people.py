"""Whether single keys do something is each person's own, on every device."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_managers_manage_pipelines"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="shortcuts",
            field=models.CharField(default="on", help_text="Single keys that do something: on or off.", max_length=3),
        ),
    ]
