"""Go on with the numbers where the quotes stand, and give every published one its public address."""

import secrets

from django.db import migrations
from django.db.models import F, Max


def fill(apps, schema_editor):
    """The row of settings, the subtotals of quotes without a discount on the whole, and the missing addresses."""
    quote = apps.get_model("crm", "Quote")
    highest = quote.objects.aggregate(highest=Max("pk"))["highest"] or 0
    apps.get_model("crm", "QuoteSettings").objects.get_or_create(pk=1, defaults={"next_number": highest + 1})
    quote.objects.filter(subtotal=0).update(subtotal=F("amount"))
    while rows := list(quote.objects.filter(status="published", token=None).only("pk")[:500]):
        for row in rows:
            row.token = secrets.token_urlsafe(32)
        quote.objects.bulk_update(rows, ["token"])


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("crm", "0004_quotes_in_full")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
