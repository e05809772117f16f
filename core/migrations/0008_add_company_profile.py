import django.contrib.postgres.fields
import django.core.validators
import django.utils.timezone
from django.db import migrations, models

import core.fields
import core.models.company


class Migration(migrations.Migration):
    dependencies = [("core", "0007_drop_chosen_custom_columns")]

    operations = [
        migrations.CreateModel(
            name="BrandLogo",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=32)),
                ("content", models.BinaryField()),
                ("content_type", models.CharField(max_length=40)),
                ("width", models.PositiveIntegerField()),
                ("height", models.PositiveIntegerField()),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_logo")]},
        ),
        migrations.CreateModel(
            name="CompanyProfile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=200)),
                ("address", models.TextField(blank=True, help_text="Address, e-mail and so on, as printed.")),
                (
                    "currency",
                    core.fields.CurrencyField(default="USD", help_text="Of new deals and products.", max_length=3),
                ),
                (
                    "time_zone",
                    models.CharField(default="UTC", help_text="An IANA zone such as Europe/London.", max_length=60),
                ),
                (
                    "fiscal_year_start",
                    models.PositiveSmallIntegerField(default=1, help_text="The month, 1 to 12."),
                ),
                (
                    "working_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=core.models.company.monday_to_friday,
                        help_text="0 is Monday.",
                        size=None,
                    ),
                ),
                (
                    "logo_text",
                    models.CharField(blank=True, help_text="Printed where there is no logo.", max_length=12),
                ),
                (
                    "logo_version",
                    models.CharField(blank=True, help_text="Names the stored logo; empty without one.", max_length=32),
                ),
                (
                    "brand_colour",
                    models.CharField(
                        default="#4338ca",
                        max_length=7,
                        validators=[django.core.validators.RegexValidator("^#[0-9a-fA-F]{6}$", "Such as #4338ca.")],
                    ),
                ),
                ("footer", models.TextField(blank=True, help_text="Below quotes and e-mails.")),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_company_profile"),
                    models.CheckConstraint(
                        condition=models.Q(("fiscal_year_start__gte", 1), ("fiscal_year_start__lte", 12)),
                        name="a_fiscal_year_starts_with_a_month",
                    ),
                ]
            },
        ),
    ]
