"""Find companies by their domain, without locking the table."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # An index is built concurrently outside of a transaction only.
    atomic = False

    dependencies = [("crm", "0009_add_imports")]
    operations = [
        AddIndexConcurrently(
            model_name="company",
            index=models.Index(models.functions.Upper("domain"), name="crm_company_by_domain"),
        ),
    ]
