from django.db import migrations


def read_again(apps, schema_editor):
    """The next read of each company brings the preferences that were not kept before."""
    apps.get_model("qbo_connector", "Connection").objects.update(reference_read_at=None)


class Migration(migrations.Migration):
    dependencies = [
        ("qbo_connector", "0007_add_form_preferences"),
    ]

    operations = [
        migrations.RunPython(read_again, migrations.RunPython.noop),
    ]
