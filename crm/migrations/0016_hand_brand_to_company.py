"""Name, address, logo text and colour of quotes are the company's from now on."""

from typing import Any

from django.conf import settings
from django.db import migrations


def hand_over(apps: Any, schema_editor: Any) -> None:
    stored = apps.get_model("crm", "QuoteSettings").objects.filter(pk=1).first()
    if stored is None:
        return
    profiles = apps.get_model("core", "CompanyProfile").objects
    profiles.get_or_create(pk=1, defaults={"currency": settings.CRM_CURRENCY})
    # A profile that has a name already is left alone.
    profiles.filter(pk=1, name="").update(
        name=stored.company_name,
        address=stored.company_details,
        logo_text=stored.logo_text,
        brand_colour=stored.colour,
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0008_add_company_profile"), ("crm", "0015_add_price_book")]
    operations = [migrations.RunPython(hand_over, migrations.RunPython.noop)]
