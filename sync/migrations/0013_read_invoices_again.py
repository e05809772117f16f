from django.db import migrations

SLICE = 10_000


def read_again(apps, schema_editor):
    """What the mirror holds of invoices is applied anew: discounts, shipping, deposits, classes and copies are new."""
    rows = apps.get_model("qbo_connector", "MirrorObject").objects.filter(entity="Invoice", deleted=False)
    after = 0
    while ids := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:SLICE]):
        rows.filter(pk__in=ids).update(unread=True)
        after = ids[-1]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("sync", "0012_read_estimates_again"),
        ("invoices", "0006_add_ways_to_sell"),
        ("qbo_connector", "0008_read_preferences_again"),
    ]
    operations = [migrations.RunPython(read_again, migrations.RunPython.noop)]
