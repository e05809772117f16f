import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0018_make_sales_receipts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="creditdocument",
            name="ending",
            field=models.CharField(
                blank=True,
                choices=[("", "Nothing"), ("void", "Void"), ("delete", "Delete")],
                default="",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="creditdocument",
            name="ending_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
