"""What ready reports read instead of a million invoices."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("invoices", "0017_find_reckoned_invoices"),
        ("qbo_connector", "0001_squashed_0010_count_idle_and_failed_reads"),
        ("reports", "0001_keep_reports"),
    ]

    operations = [
        migrations.CreateModel(
            name="StaleSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invoice_id", models.BigIntegerField(null=True)),
                ("day", models.DateField(null=True)),
                ("products", models.BooleanField(default=False)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name="DaySum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("owner_id", models.BigIntegerField(default=0)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("invoices", models.IntegerField(default=0)),
                ("billed", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("billed_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("other", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("other_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("applied", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("applied_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax_paid", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax_paid_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("received", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("received_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "connection", "owner_id", "currency"), name="a_day_is_summed_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HealthSample",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("in_sync", models.PositiveIntegerField(default=0)),
                ("pending", models.PositiveIntegerField(default=0)),
                ("excluded", models.PositiveIntegerField(default=0)),
                ("conflict", models.PositiveIntegerField(default=0)),
                ("failing", models.PositiveIntegerField(default=0)),
                ("broken", models.PositiveIntegerField(default=0)),
                ("seen_at", models.DateTimeField()),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="qbo_connector.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "day"), name="sync_health_is_kept_once_a_day")
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceFact",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="report_fact",
                        serialize=False,
                        to="invoices.invoice",
                    ),
                ),
                ("customer", models.CharField(max_length=40)),
                ("owner_id", models.BigIntegerField(default=0)),
                ("deal_id", models.BigIntegerField(null=True)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("rate", core.fields.RateField(decimal_places=10, max_digits=25)),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField(null=True)),
                ("settled_on", models.DateField(null=True)),
                ("status", models.CharField(max_length=12)),
                ("total", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                ("tax", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                ("deposit", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                ("balance", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                ("other", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GistIndex(
                        models.Func(models.F("issued_on"), models.F("settled_on"), function="daterange"),
                        name="report_fact_open_on",
                    ),
                    models.Index(
                        fields=["issued_on"],
                        include=("connection", "customer", "owner_id", "currency", "rate", "total"),
                        name="report_fact_by_issue",
                    ),
                    models.Index(
                        condition=models.Q(("settled_on__isnull", False)),
                        fields=["settled_on"],
                        include=("connection", "customer", "owner_id", "issued_on", "due_on"),
                        name="report_fact_by_settling",
                    ),
                    models.Index(
                        condition=models.Q(("deal_id__isnull", False)), fields=["deal_id"], name="report_fact_of_deal"
                    ),
                    models.Index(fields=["connection", "customer"], name="report_fact_of_customer"),
                ],
            },
        ),
        migrations.CreateModel(
            name="ProductSum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("owner_id", models.BigIntegerField(default=0)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("product_id", models.BigIntegerField(default=0)),
                ("item", models.CharField(blank=True, max_length=500)),
                ("lines", models.IntegerField(default=0)),
                ("quantity", core.fields.RateField(decimal_places=10, default=0, max_digits=25)),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("amount_home", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "connection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "connection", "owner_id", "currency", "product_id", "item"),
                        name="a_product_is_summed_once_a_month",
                    )
                ],
            },
        ),
    ]
