import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.models.files


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0002_add_custom_properties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="StoredFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("object_type", models.CharField(max_length=30)),
                ("object_id", models.BigIntegerField()),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.PositiveBigIntegerField(help_text="Bytes.")),
                ("sha256", models.CharField(max_length=64)),
                ("content", models.FileField(max_length=200, upload_to=core.models.files.place_of)),
                (
                    "sharing",
                    models.CharField(
                        choices=[
                            ("here", "Keep it here only"),
                            ("books", "Attach it in QuickBooks"),
                            ("email", "Attach it in QuickBooks and send it with the e-mail"),
                        ],
                        default="here",
                        max_length=5,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "object_id", "-id"], name="core_file_of_record")],
            },
        ),
    ]
