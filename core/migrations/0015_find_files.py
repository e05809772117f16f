"""Files are found by the words and the beginning of their names."""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

from core.search import beginning_index, search_column


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [
        ("core", "0014_add_segments"),
    ]

    operations = [
        migrations.AddField(model_name="storedfile", name="search", field=search_column("name")),
        AddIndexConcurrently(
            "storedfile", django.contrib.postgres.indexes.GinIndex(fields=["search"], name="core_file_search")
        ),
        AddIndexConcurrently("storedfile", beginning_index("name", name="core_file_beginning")),
    ]
