"""What ``ListPreference`` took over."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("core", "0006_keep_chosen_columns")]
    operations = [migrations.DeleteModel(name="PropertyColumns")]
