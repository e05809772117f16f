"""Quotes in full: versions, approval, public addresses, discounts, settings; discounts and tax codes of deal lines."""

from decimal import Decimal

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0003_index_properties"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="QuoteSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number_prefix", models.CharField(blank=True, default="Q-", max_length=20)),
                ("number_digits", models.PositiveSmallIntegerField(default=5)),
                ("next_number", models.PositiveBigIntegerField(default=1)),
                ("valid_days", models.PositiveSmallIntegerField(default=30)),
                (
                    "discount_limit",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Percent; a larger discount needs approval.",
                        max_digits=5,
                        null=True,
                    ),
                ),
                ("company_name", models.CharField(blank=True, max_length=200)),
                ("company_details", models.TextField(blank=True, help_text="Address, e-mail and so on, as printed.")),
                ("logo_text", models.CharField(blank=True, max_length=12)),
                (
                    "colour",
                    models.CharField(
                        default="#4338ca",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$", "Such as #4338ca.")],
                    ),
                ),
                ("terms", models.TextField(blank=True, help_text="What a new quote starts with.")),
                ("notes", models.TextField(blank=True, help_text="What a new quote starts with.")),
            ],
        ),
        migrations.CreateModel(
            name="QuoteView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("visitor", models.CharField(max_length=32)),
                ("viewed_on", models.DateField()),
            ],
        ),
        migrations.AddField(
            model_name="dealline",
            name="discount_amount",
            field=core.fields.MoneyField(
                decimal_places=5, default=0, help_text="Taken off the line after the percentage.", max_digits=20
            ),
        ),
        migrations.AddField(
            model_name="dealline",
            name="tax_code",
            field=models.CharField(blank=True, help_text="As printed, such as 20% S.", max_length=120),
        ),
        migrations.AddField(
            model_name="quote",
            name="answered_at",
            field=models.DateTimeField(blank=True, editable=False, help_text="Accepted or declined.", null=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="answered_ip",
            field=models.GenericIPAddressField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="answered_name",
            field=models.CharField(blank=True, editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="quote",
            name="approval_asked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="approval_asked_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="company",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="quotes",
                to="crm.company",
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="decline_reason",
            field=models.TextField(blank=True, editable=False),
        ),
        migrations.AddField(
            model_name="quote",
            name="discount_amount",
            field=core.fields.MoneyField(
                decimal_places=5, default=0, help_text="Off the subtotal, instead of a percentage.", max_digits=20
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="discount_percent",
            field=models.DecimalField(decimal_places=4, default=0, help_text="Of the subtotal.", max_digits=7),
        ),
        migrations.AddField(
            model_name="quote",
            name="notes",
            field=models.TextField(blank=True, help_text="Printed above the lines."),
        ),
        migrations.AddField(
            model_name="quote",
            name="origin",
            field=models.CharField(
                choices=[("crm", "CRM"), ("accounting", "QuickBooks")], default="crm", editable=False, max_length=10
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="replaced_by",
                to="crm.quote",
            ),
        ),
        migrations.AddField(
            model_name="quote",
            name="subtotal",
            field=core.fields.MoneyField(decimal_places=5, default=0, max_digits=20),
        ),
        migrations.AddField(
            model_name="quote",
            name="token",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AddField(
            model_name="quoteline",
            name="discount_amount",
            field=core.fields.MoneyField(
                decimal_places=5, default=0, help_text="Taken off the line after the percentage.", max_digits=20
            ),
        ),
        migrations.AddField(
            model_name="quoteline",
            name="tax_code",
            field=models.CharField(blank=True, help_text="As printed, such as 20% S.", max_length=120),
        ),
        migrations.AlterField(
            model_name="quote",
            name="deal",
            field=models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="quotes", to="crm.deal"
            ),
        ),
        migrations.AlterField(
            model_name="quote",
            name="status",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("approval", "Waiting for approval"),
                    ("published", "Published"),
                    ("accepted", "Accepted"),
                    ("declined", "Declined"),
                    ("replaced", "Replaced"),
                    ("closed", "Closed"),
                ],
                default="draft",
                max_length=10,
            ),
        ),
        migrations.AddConstraint(
            model_name="quote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_percent__gte", 0), ("discount_percent__lte", 100), ("discount_amount__gte", 0)
                ),
                name="quote_discount_is_a_percentage_or_an_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="quotesettings",
            constraint=models.CheckConstraint(condition=models.Q(("pk", 1)), name="quotes_have_one_row_of_settings"),
        ),
        migrations.AddConstraint(
            model_name="quotesettings",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("discount_limit", None),
                    models.Q(("discount_limit__gte", Decimal("0")), ("discount_limit__lte", Decimal("100"))),
                    _connector="OR",
                ),
                name="quote_discount_limit_is_a_percentage",
            ),
        ),
        migrations.AddField(
            model_name="quoteview",
            name="quote",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="views", to="crm.quote"),
        ),
        migrations.AddConstraint(
            model_name="quoteview",
            constraint=models.UniqueConstraint(
                fields=("quote", "visitor", "viewed_on"), name="a_visitor_counts_once_a_day"
            ),
        ),
    ]
