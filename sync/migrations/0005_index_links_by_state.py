from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The table is big; writing goes on while its indexes are built.
    atomic = False

    dependencies = [
        ("sync", "0004_add_remedies_and_income_account"),
    ]

    operations = [
        AddIndexConcurrently(
            "link",
            models.Index(
                fields=["connection", "object_type", "outcome", "exclusion", "-id"], name="sync_link_by_state"
            ),
        ),
        AddIndexConcurrently(
            "link",
            models.Index(
                fields=["-id"],
                condition=models.Q(outcome__in=["failing", "broken"]),
                name="sync_link_needs_a_person",
            ),
        ),
    ]
