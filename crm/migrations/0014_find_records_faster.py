"""Indexes for the search over everything, built without locking the tables; tasks can be searched."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from core.search import beginning_index, number_index, phone_index, search_column


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("crm", "0013_index_the_forecast"),
    ]

    operations = [
        migrations.AddField(model_name="task", name="search", field=search_column("title", "about_title")),
        AddIndexConcurrently(
            "task", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_task_search")
        ),
        AddIndexConcurrently("company", beginning_index("name", name="crm_company_beginning")),
        AddIndexConcurrently("company", beginning_index("domain", name="crm_company_domain")),
        AddIndexConcurrently("company", phone_index("phone", name="crm_company_phone")),
        AddIndexConcurrently("contact", beginning_index("first_name", "last_name", name="crm_contact_beginning")),
        AddIndexConcurrently("contact", beginning_index("last_name", name="crm_contact_last_name")),
        AddIndexConcurrently("contact", phone_index("phone", name="crm_contact_phone")),
        AddIndexConcurrently("contact", phone_index("mobile", name="crm_contact_mobile")),
        AddIndexConcurrently("deal", beginning_index("name", name="crm_deal_beginning")),
        AddIndexConcurrently("product", beginning_index("name", name="crm_product_beginning")),
        AddIndexConcurrently("quote", beginning_index("title", name="crm_quote_beginning")),
        AddIndexConcurrently("quote", number_index("number", name="crm_quote_digits")),
    ]
