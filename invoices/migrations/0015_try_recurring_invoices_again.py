from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("invoices", "0014_say_which_occurrences_are_sent")]

    operations = [
        migrations.AddField(
            model_name="recurringinvoice",
            name="waits_for",
            field=models.TextField(
                blank=True, default="", help_text="Why what is due can't be made now, in plain words."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="recurringrun",
            name="waits",
            field=models.TextField(
                blank=True, default="", help_text="Why it is not sent yet, in plain words; it is tried again."
            ),
            preserve_default=False,
        ),
        migrations.AddField(model_name="recurringrun", name="waits_since", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="recurringrun",
            name="try_at",
            field=models.DateTimeField(help_text="When sending is tried again.", null=True),
        ),
    ]
