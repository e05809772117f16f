"""Index the custom properties for equality, without locking the tables."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0002_default_pipeline"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="company",
            index=GinIndex(fields=["properties"], name="crm_company_properties", opclasses=["jsonb_path_ops"]),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=GinIndex(fields=["properties"], name="crm_contact_properties", opclasses=["jsonb_path_ops"]),
        ),
        AddIndexConcurrently(
            model_name="deal",
            index=GinIndex(fields=["properties"], name="crm_deal_properties", opclasses=["jsonb_path_ops"]),
        ),
        AddIndexConcurrently(
            model_name="product",
            index=GinIndex(fields=["properties"], name="crm_product_properties", opclasses=["jsonb_path_ops"]),
        ),
        AddIndexConcurrently(
            model_name="quote",
            index=GinIndex(fields=["properties"], name="crm_quote_properties", opclasses=["jsonb_path_ops"]),
        ),
    ]
