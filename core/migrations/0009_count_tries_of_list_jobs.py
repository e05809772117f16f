from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0008_add_company_profile")]

    operations = [
        migrations.AddField(
            model_name="listjob",
            name="tries",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="How often it began without getting on by a slice."
            ),
        ),
    ]
