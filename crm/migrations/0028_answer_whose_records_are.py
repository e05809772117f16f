"""Whose a record is, answered by an index alone, which also serves the owner's own key; built without locking."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

INCLUDED = {
    "company": [],
    "contact": ["company"],
    "deal": ["company"],
    "product": [],
    "quote": ["deal", "contact", "company"],
}


def owner() -> models.ForeignKey:
    """The owner without an index of its own."""
    return models.ForeignKey(
        blank=True,
        db_index=False,
        null=True,
        on_delete=django.db.models.deletion.SET_NULL,
        related_name="+",
        to=settings.AUTH_USER_MODEL,
    )


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0027_order_all_activities"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(
            AddIndexConcurrently(
                kind,
                models.Index(fields=["owner", "id"], include=included or None, name=f"crm_{kind}_of_owner"),
            )
            for kind, included in INCLUDED.items()
        ),
        *(migrations.AlterField(kind, "owner", owner()) for kind in INCLUDED),
    ]
