"""E-mails that were asked for; rules by which invoices find their deal, and what a person keeps apart."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0008_add_credits_and_payment_endings"),
        ("qbo_connector", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AssociationRules",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="association_rules",
                        serialize=False,
                        to="qbo_connector.connection",
                    ),
                ),
                ("by_custom_field", models.BooleanField(default=True)),
                (
                    "custom_field",
                    models.CharField(
                        blank=True,
                        help_text="QuickBooks' custom field that names the deal; empty: any of them.",
                        max_length=60,
                    ),
                ),
                (
                    "by_memo",
                    models.BooleanField(
                        default=True, help_text="“Deal 42” or the deal's name in message or private note."
                    ),
                ),
                (
                    "by_open_deal",
                    models.BooleanField(default=True, help_text="The one open deal of the customer."),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InvoiceSend",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("recipient", models.CharField(max_length=100)),
                ("cc", models.CharField(blank=True, max_length=200)),
                ("bcc", models.CharField(blank=True, max_length=200)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "On its way"),
                            ("sent", "Sent"),
                            ("failed", "Not sent"),
                            ("doubtful", "In doubt"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sent_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True, help_text="In plain words.")),
                ("detail", models.TextField(blank=True, help_text="QuickBooks' own words.")),
                ("bounce", models.CharField(blank=True, max_length=200)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sends", to="invoices.invoice"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "waiting")), fields=["id"], name="inv_send_waiting")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "waiting")),
                        fields=("invoice",),
                        name="an_invoice_is_sent_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="KeptApart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="kept_apart", to="invoices.invoice"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "object_id"], name="inv_kept_apart_by_record")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("invoice", "object_type", "object_id"),
                        name="an_invoice_is_kept_apart_from_a_record_once",
                    )
                ],
            },
        ),
    ]
