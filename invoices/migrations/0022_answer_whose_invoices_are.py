"""Whose an invoice is, answered by indexes alone, which also serve the foreign keys; built without locking."""

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

NAMES = {"deal": "deal", "quote": "quote", "owner": "owner", "created_by": "maker"}
OF_DOCUMENTS = {"blank": True, "related_name": "invoices"}
OF_PEOPLE = {"to": settings.AUTH_USER_MODEL, "related_name": "+"}


def key(**more: object) -> models.ForeignKey:
    """A foreign key without an index of its own."""
    return models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, **more)


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0028_answer_whose_records_are"),
        ("invoices", "0021_compare_with_hubspot"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        *(
            AddIndexConcurrently(
                "invoice",
                models.Index(
                    fields=[field, "id"],
                    condition=models.Q(**{f"{field}__isnull": False}),
                    name=f"inv_invoice_of_{name}",
                ),
            )
            for field, name in NAMES.items()
        ),
        RemoveIndexConcurrently("invoice", "inv_invoice_by_deal"),
        migrations.AlterField("invoice", "deal", key(to="crm.deal", **OF_DOCUMENTS)),
        migrations.AlterField("invoice", "quote", key(to="crm.quote", **OF_DOCUMENTS)),
        migrations.AlterField("invoice", "owner", key(**OF_PEOPLE)),
        migrations.AlterField("invoice", "created_by", key(**OF_PEOPLE)),
    ]
