"""0001_initial to 0017_find_reckoned_invoices in one step, for new installations."""

import uuid

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.fields
import core.search


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("invoices", "0001_initial"),
        ("invoices", "0002_payment_properties"),
        ("invoices", "0003_index_properties"),
        ("invoices", "0004_add_edits_and_endings"),
        ("invoices", "0005_record_payments"),
        ("invoices", "0006_add_ways_to_sell"),
        ("invoices", "0007_propose_a_company_by_pipeline"),
        ("invoices", "0008_add_credits_and_payment_endings"),
        ("invoices", "0009_add_sends_and_associations"),
        ("invoices", "0010_add_invoicing_settings"),
        ("invoices", "0011_remember_credits_that_were_used"),
        ("invoices", "0012_add_estimates"),
        ("invoices", "0013_add_recurring_reminders_and_approval"),
        ("invoices", "0014_say_which_occurrences_are_sent"),
        ("invoices", "0015_try_recurring_invoices_again"),
        ("invoices", "0016_find_documents_faster"),
        ("invoices", "0017_find_reckoned_invoices"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("core", "0011_remember_recent_records_and_home"),
        ("crm", "0021_let_managers_edit_activities"),
        ("qbo_connector", "0010_count_idle_and_failed_reads"),
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
                ("by_open_deal", models.BooleanField(default=True, help_text="The one open deal of the customer.")),
            ],
        ),
        migrations.CreateModel(
            name="Invoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(blank=True, max_length=40)),
                ("request_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "origin",
                    models.CharField(
                        choices=[("crm", "CRM"), ("quickbooks", "QuickBooks")], default="crm", max_length=10
                    ),
                ),
                (
                    "tracked",
                    models.BooleanField(
                        default=False, help_text="Kept up to date even with invoice sync switched off."
                    ),
                ),
                ("number", models.CharField(blank=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "Draft"),
                            ("waiting", "Waiting to be sent"),
                            ("sent", "Sent to customer"),
                            ("partial", "Partial payment"),
                            ("paid", "Paid in full"),
                            ("overdue", "Overdue"),
                            ("voided", "Voided"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("deal", "The deal's line items"),
                            ("quote", "A quote"),
                            ("scratch", "Scratch"),
                            ("copy", "An earlier invoice"),
                            ("estimate", "An estimate"),
                            ("recurring", "A recurring invoice"),
                            ("workflow", "A workflow"),
                        ],
                        help_text="What it was made from.",
                        max_length=10,
                    ),
                ),
                (
                    "intent_digest",
                    models.CharField(blank=True, help_text="SHA-256 of the content that was asked for.", max_length=64),
                ),
                (
                    "new_customer",
                    models.JSONField(blank=True, help_text="Customer to create in QuickBooks on the way.", null=True),
                ),
                ("customer_external_id", models.CharField(blank=True, max_length=40)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                (
                    "recipient",
                    models.CharField(blank=True, help_text="E-mail address the invoice goes to.", max_length=500),
                ),
                ("cc", models.CharField(blank=True, help_text="E-mail addresses that get a copy.", max_length=500)),
                (
                    "bcc",
                    models.CharField(blank=True, help_text="E-mail addresses that get a hidden copy.", max_length=500),
                ),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                ("issued_on", models.DateField()),
                ("due_on", models.DateField(blank=True, null=True)),
                ("terms_external_id", models.CharField(blank=True, max_length=40)),
                ("terms_name", models.CharField(blank=True, max_length=120)),
                ("message", models.TextField(blank=True, help_text="Printed on the invoice.")),
                ("private_note", models.TextField(blank=True)),
                ("class_external_id", models.CharField(blank=True, max_length=40)),
                ("class_name", models.CharField(blank=True, max_length=500)),
                (
                    "location_external_id",
                    models.CharField(blank=True, help_text="QuickBooks calls it a department.", max_length=40),
                ),
                ("location_name", models.CharField(blank=True, max_length=500)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                (
                    "exchange_rate",
                    core.fields.RateField(
                        decimal_places=10,
                        default=1,
                        help_text="Units of the company's home currency for one of currency.",
                        max_digits=25,
                    ),
                ),
                (
                    "tax_mode",
                    models.CharField(
                        choices=[
                            ("none", "No tax on this invoice"),
                            ("exclusive", "Amounts are before tax"),
                            ("inclusive", "Amounts include tax"),
                            ("automatic", "QuickBooks adds the tax"),
                        ],
                        default="automatic",
                        max_length=10,
                    ),
                ),
                ("subtotal", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "discount_percent",
                    models.DecimalField(decimal_places=4, help_text="Of the subtotal.", max_digits=7, null=True),
                ),
                ("discount_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "tax_after_discount",
                    models.BooleanField(default=True, help_text="The discount lowers the tax as well."),
                ),
                ("shipping_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("shipping_tax_code_external_id", models.CharField(blank=True, max_length=40)),
                (
                    "deposit",
                    core.fields.MoneyField(
                        decimal_places=5,
                        default=0,
                        help_text="Paid in advance: lowers the balance, not the total.",
                        max_digits=20,
                    ),
                ),
                ("tax_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("balance", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "expected_tax",
                    core.fields.MoneyField(
                        decimal_places=5,
                        help_text="Tax as reckoned here when it was posted; empty: not reckoned.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "expected_total",
                    core.fields.MoneyField(
                        decimal_places=5,
                        help_text="Total as reckoned here when it was posted.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                (
                    "payment_url",
                    models.TextField(
                        blank=True, help_text="Where the customer can pay online (QuickBooks: InvoiceLink)."
                    ),
                ),
                ("emailed", models.BooleanField(default=False)),
                ("emailed_at", models.DateTimeField(null=True)),
                ("voided", models.BooleanField(default=False)),
                ("removed_at", models.DateTimeField(help_text="When QuickBooks reported it deleted.", null=True)),
                (
                    "archived_at",
                    models.DateTimeField(help_text="Out of the lists; its page and history stay.", null=True),
                ),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[("", "Nothing"), ("void", "Void"), ("delete", "Delete")],
                        default="",
                        max_length=6,
                    ),
                ),
                (
                    "remote_updated_at",
                    models.DateTimeField(help_text="QuickBooks' MetaData.LastUpdatedTime.", null=True),
                ),
                (
                    "synced_at",
                    models.DateTimeField(help_text="When these figures were last read from QuickBooks.", null=True),
                ),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.text.Concat(
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("number"), models.Value(""), output_field=models.TextField()
                                            ),
                                            models.Value(" "),
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("customer_name"),
                                                models.Value(""),
                                                output_field=models.TextField(),
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("recipient"), models.Value(""), output_field=models.TextField()
                                        ),
                                        output_field=models.TextField(),
                                    )
                                )
                            )
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                ("companies", models.ManyToManyField(blank=True, related_name="invoices", to="crm.company")),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="invoices",
                        to="qbo_connector.connection",
                    ),
                ),
                ("contacts", models.ManyToManyField(blank=True, related_name="invoices", to="crm.contact")),
                (
                    "copied_from",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invoices",
                        to="crm.deal",
                    ),
                ),
                (
                    "ending_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="invoices",
                        to="crm.quote",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="inv_invoice_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="inv_invoice_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(
                        condition=models.Q(("deal__isnull", False)), fields=["deal"], name="inv_invoice_by_deal"
                    ),
                    models.Index(fields=["-issued_on", "-id"], name="inv_invoice_by_issue"),
                    models.Index(fields=["due_on", "id"], name="inv_invoice_by_due"),
                    models.Index(
                        models.OrderBy(models.F("due_on"), descending=True, nulls_last=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="inv_invoice_by_due_back",
                    ),
                    models.Index(
                        condition=models.Q(("expected_tax__isnull", False), ("expected_total__isnull", False)),
                        fields=["-issued_on", "-id"],
                        name="inv_invoice_reckoned",
                    ),
                    models.Index(
                        condition=models.Q(("ending", ""), _negated=True), fields=["id"], name="inv_invoice_to_end"
                    ),
                    models.Index(
                        condition=models.Q(("external_id", ""), ("tracked", True)),
                        fields=["-id"],
                        name="inv_invoice_not_created",
                    ),
                    models.Index(fields=["status", "due_on", "id"], name="inv_invoice_by_status"),
                    models.Index(fields=["-total", "-id"], name="inv_invoice_by_total"),
                    models.Index(fields=["-balance", "-id"], name="inv_invoice_by_balance"),
                    models.Index(fields=["customer_name", "id"], name="inv_invoice_by_customer"),
                    models.Index(fields=["number", "id"], name="inv_invoice_by_number"),
                    models.Index(
                        core.search._WithoutZeros(core.search._Digits(models.F("number"))),
                        condition=models.Q(("number", ""), _negated=True),
                        name="inv_invoice_digits",
                    ),
                    models.Index(fields=["connection", "customer_external_id"], name="inv_invoice_of_customer"),
                    models.Index(
                        condition=models.Q(("status__in", ["waiting", "sent", "partial", "overdue"])),
                        fields=["connection", "due_on"],
                        name="inv_invoice_open",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("connection", "external_id"),
                        name="one_invoice_per_quickbooks_invoice",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoicingSettings",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="invoicing",
                        serialize=False,
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "default_item_external_id",
                    models.CharField(
                        blank=True,
                        help_text="QuickBooks id of the item that is sold where a product has none.",
                        max_length=40,
                    ),
                ),
                ("default_item_name", models.CharField(blank=True, max_length=500)),
                (
                    "skip_other_currencies",
                    models.BooleanField(
                        default=False, help_text="Invoices in another currency than the deal do not count towards it."
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CreditDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("creditmemo", "Credit memo"),
                            ("refund", "Refund receipt"),
                            ("salesreceipt", "Sales receipt"),
                        ],
                        max_length=12,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=40)),
                ("request_id", models.UUIDField(editable=False, null=True, unique=True)),
                ("number", models.CharField(blank=True, max_length=60)),
                ("customer_external_id", models.CharField(blank=True, max_length=40)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                ("recipient", models.CharField(blank=True, max_length=500)),
                ("issued_on", models.DateField(null=True)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("exchange_rate", core.fields.RateField(decimal_places=10, default=1, max_digits=25)),
                ("subtotal", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("discount_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("remaining", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("method_name", models.CharField(blank=True, max_length=120)),
                ("reference", models.CharField(blank=True, max_length=60)),
                (
                    "account_external_id",
                    models.CharField(blank=True, help_text="Where the money went, or came from.", max_length=40),
                ),
                ("account_name", models.CharField(blank=True, max_length=500)),
                ("message", models.TextField(blank=True, help_text="Printed on the document.")),
                ("note", models.TextField(blank=True)),
                ("lines", models.JSONField(blank=True, default=list)),
                (
                    "asked",
                    models.JSONField(
                        blank=True, default=dict, help_text="What of each of the invoice's lines it gives back."
                    ),
                ),
                (
                    "intent_digest",
                    models.CharField(blank=True, help_text="SHA-256 of what was asked for.", max_length=64),
                ),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("voided", models.BooleanField(default=False)),
                ("deposited", models.BooleanField(default=False, help_text="It is part of a bank deposit.")),
                ("removed_at", models.DateTimeField(null=True)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.text.Concat(
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("number"), models.Value(""), output_field=models.TextField()
                                            ),
                                            models.Value(" "),
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("customer_name"),
                                                models.Value(""),
                                                output_field=models.TextField(),
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("reference"), models.Value(""), output_field=models.TextField()
                                        ),
                                        output_field=models.TextField(),
                                    )
                                )
                            )
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="credit_documents",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "created_by",
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
                        help_text="The invoice it was made from.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="credit_documents",
                        to="invoices.invoice",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-issued_on", "-id"], name="inv_credit_by_date"),
                    models.Index(fields=["kind", "-issued_on", "-id"], name="inv_credit_by_kind"),
                    models.Index(fields=["connection", "customer_external_id"], name="inv_credit_of_customer"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="inv_credit_search"),
                    models.Index(
                        core.search._WithoutZeros(core.search._Digits(models.F("number"))),
                        condition=models.Q(("number", ""), _negated=True),
                        name="inv_credit_digits",
                    ),
                    models.Index(fields=["-total", "-id"], name="inv_credit_by_total"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="inv_credit_properties", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("connection", "kind", "external_id"),
                        name="one_credit_per_quickbooks_document",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditMemo",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("invoices.creditdocument",),
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("invoices.creditdocument",),
        ),
        migrations.CreateModel(
            name="SalesReceipt",
            fields=[],
            options={
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("invoices.creditdocument",),
        ),
        migrations.CreateModel(
            name="Estimate",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(blank=True, max_length=40)),
                ("request_id", models.UUIDField(editable=False, null=True, unique=True)),
                ("number", models.CharField(blank=True, max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("Pending", "Pending"),
                            ("Accepted", "Accepted"),
                            ("Closed", "Closed"),
                            ("Rejected", "Rejected"),
                        ],
                        default="Pending",
                        max_length=10,
                    ),
                ),
                ("lines_waiting", models.BooleanField(default=False)),
                (
                    "new_customer",
                    models.JSONField(blank=True, help_text="Customer to create in QuickBooks on the way.", null=True),
                ),
                ("customer_external_id", models.CharField(blank=True, max_length=40)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                ("recipient", models.CharField(blank=True, max_length=500)),
                ("cc", models.CharField(blank=True, max_length=500)),
                ("bcc", models.CharField(blank=True, max_length=500)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                ("issued_on", models.DateField()),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("message", models.TextField(blank=True)),
                ("private_note", models.TextField(blank=True)),
                ("class_external_id", models.CharField(blank=True, max_length=40)),
                ("class_name", models.CharField(blank=True, max_length=500)),
                ("location_external_id", models.CharField(blank=True, max_length=40)),
                ("location_name", models.CharField(blank=True, max_length=500)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("exchange_rate", core.fields.RateField(decimal_places=10, default=1, max_digits=25)),
                (
                    "tax_mode",
                    models.CharField(
                        choices=[
                            ("none", "No tax on this invoice"),
                            ("exclusive", "Amounts are before tax"),
                            ("inclusive", "Amounts include tax"),
                            ("automatic", "QuickBooks adds the tax"),
                        ],
                        default="automatic",
                        max_length=10,
                    ),
                ),
                ("subtotal", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("discount_percent", models.DecimalField(decimal_places=4, max_digits=7, null=True)),
                ("discount_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("tax_after_discount", models.BooleanField(default=True)),
                ("shipping_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("shipping_tax_code_external_id", models.CharField(blank=True, max_length=40)),
                ("tax_total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("total", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("removed_at", models.DateTimeField(help_text="When QuickBooks reported it deleted.", null=True)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("synced_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="estimates",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "quote",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="estimate", to="crm.quote"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["connection", "customer_external_id"], name="inv_estimate_of_customer"),
                    models.Index(
                        condition=models.Q(("lines_waiting", True)), fields=["id"], name="inv_estimate_to_send"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("connection", "external_id"),
                        name="one_estimate_per_quickbooks_estimate",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EstimateLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("item", "Product or service"),
                            ("text", "Text"),
                            ("discount", "Discount"),
                            ("bundle", "Bundle"),
                            ("member", "Part of a bundle"),
                        ],
                        default="item",
                        max_length=10,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=40)),
                (
                    "new_item",
                    models.JSONField(blank=True, help_text="Item to create in QuickBooks on the way.", null=True),
                ),
                ("item_external_id", models.CharField(blank=True, max_length=40)),
                ("item_name", models.CharField(blank=True, max_length=500)),
                ("description", models.TextField(blank=True)),
                ("quantity", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("unit_price", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("discount_percent", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                ("discount_amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("class_external_id", models.CharField(blank=True, max_length=40)),
                ("class_name", models.CharField(blank=True, max_length=500)),
                ("service_on", models.DateField(blank=True, null=True)),
                ("tax_code_external_id", models.CharField(blank=True, max_length=40)),
                ("tax_code_name", models.CharField(blank=True, max_length=120)),
                (
                    "estimate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="invoices.estimate"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.product",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="InvoiceEdit",
            fields=[
                (
                    "invoice",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="edit",
                        serialize=False,
                        to="invoices.invoice",
                    ),
                ),
                ("base", models.JSONField()),
                ("edited_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "edited_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="InvoiceDraft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("data", models.JSONField(default=dict)),
                ("step", models.CharField(default="customer", max_length=20)),
                (
                    "approval",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not asked for"),
                            ("asked", "Needs approval"),
                            ("rejected", "Rejected"),
                            ("approved", "Approved"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                ("asked_at", models.DateTimeField(help_text="When its owner asked for approval.", null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("decision", models.TextField(blank=True, help_text="Why it was rejected.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "deal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="invoice_drafts",
                        to="crm.deal",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invoice",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="draft",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("approval", "asked")),
                        fields=["asked_at", "id"],
                        name="inv_draft_to_approve",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="InvoiceLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("item", "Product or service"),
                            ("text", "Text"),
                            ("discount", "Discount"),
                            ("bundle", "Bundle"),
                            ("member", "Part of a bundle"),
                        ],
                        default="item",
                        max_length=10,
                    ),
                ),
                ("external_id", models.CharField(blank=True, max_length=40)),
                (
                    "new_item",
                    models.JSONField(blank=True, help_text="Item to create in QuickBooks on the way.", null=True),
                ),
                ("item_external_id", models.CharField(blank=True, max_length=40)),
                ("item_name", models.CharField(blank=True, max_length=500)),
                ("description", models.TextField(blank=True)),
                ("quantity", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("unit_price", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("discount_percent", models.DecimalField(blank=True, decimal_places=4, max_digits=7, null=True)),
                (
                    "discount_amount",
                    core.fields.MoneyField(
                        decimal_places=5,
                        default=0,
                        help_text="Taken off the line; ``amount`` is what is left.",
                        max_digits=20,
                    ),
                ),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("class_external_id", models.CharField(blank=True, max_length=40)),
                ("class_name", models.CharField(blank=True, max_length=500)),
                ("service_on", models.DateField(blank=True, null=True)),
                ("tax_code_external_id", models.CharField(blank=True, max_length=40)),
                ("tax_code_name", models.CharField(blank=True, max_length=120)),
                (
                    "invoice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="invoices.invoice"
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="crm.product",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
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
        migrations.CreateModel(
            name="Payment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(blank=True, max_length=40)),
                ("request_id", models.UUIDField(editable=False, null=True, unique=True)),
                ("customer_external_id", models.CharField(blank=True, max_length=40)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                ("received_on", models.DateField(null=True)),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("unapplied", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("exchange_rate", core.fields.RateField(decimal_places=10, default=1, max_digits=25)),
                ("method_external_id", models.CharField(blank=True, max_length=40)),
                ("method_name", models.CharField(blank=True, max_length=120)),
                ("reference", models.CharField(blank=True, max_length=60)),
                ("note", models.TextField(blank=True)),
                (
                    "deposit_account_external_id",
                    models.CharField(blank=True, help_text="Empty: QuickBooks' default.", max_length=40),
                ),
                ("deposit_account_name", models.CharField(blank=True, max_length=500)),
                (
                    "deposited",
                    models.BooleanField(default=False, help_text="It is part of a bank deposit: it can't go any more."),
                ),
                ("voided", models.BooleanField(default=False)),
                (
                    "ending",
                    models.CharField(
                        blank=True,
                        choices=[("", "Nothing"), ("void", "Void"), ("delete", "Delete")],
                        default="",
                        max_length=6,
                    ),
                ),
                ("removed_at", models.DateTimeField(null=True)),
                ("remote_updated_at", models.DateTimeField(null=True)),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("customer_name"), models.Value(""), output_field=models.TextField()
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("reference"), models.Value(""), output_field=models.TextField()
                                        ),
                                        output_field=models.TextField(),
                                    )
                                )
                            )
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ending_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["-received_on", "-id"], name="inv_payment_by_date"),
                    models.Index(fields=["-amount", "-id"], name="inv_payment_by_amount"),
                    models.Index(fields=["customer_name", "id"], name="inv_payment_by_customer"),
                    models.Index(fields=["connection", "customer_external_id"], name="inv_payment_of_customer"),
                    models.Index(
                        condition=models.Q(("ending", ""), _negated=True), fields=["id"], name="inv_payment_to_end"
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="inv_payment_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="inv_payment_properties", opclasses=["jsonb_path_ops"]
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("connection", "external_id"),
                        name="one_payment_per_quickbooks_payment",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditUse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("amount", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                ("request_id", models.UUIDField(editable=False, unique=True)),
                (
                    "intent",
                    models.UUIDField(
                        db_index=True,
                        default=uuid.uuid4,
                        editable=False,
                        help_text="Of the click, which may use several payments.",
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "done_at",
                    models.DateTimeField(
                        help_text="When QuickBooks had it. The row stays: a click is done once.", null=True
                    ),
                ),
                ("refused_at", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True, help_text="Why QuickBooks refused it, in plain words.")),
                ("problem_detail", models.TextField(blank=True, help_text="QuickBooks' own words.")),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="credit_uses", to="invoices.invoice"
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uses", to="invoices.payment"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("done_at", None)), fields=["payment"], name="inv_credit_use_open")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="what_is_used_of_a_payment_is_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CreditApplication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("credit_external_id", models.CharField(max_length=40)),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "credit",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="invoices.creditdocument",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="credit_applications",
                        to="invoices.payment",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("credit", None)),
                        fields=["credit_external_id"],
                        name="inv_credit_application_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("payment", "credit_external_id"), name="a_payment_uses_a_credit_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PaymentApplication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("invoice_external_id", models.CharField(max_length=40)),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="applications",
                        to="invoices.invoice",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="applications", to="invoices.payment"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("invoice", None)),
                        fields=["invoice_external_id"],
                        name="inv_application_open",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("payment", "invoice_external_id"), name="a_payment_is_applied_to_an_invoice_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PipelineCompany",
            fields=[
                (
                    "pipeline",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quickbooks_company",
                        serialize=False,
                        to="crm.pipeline",
                    ),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="qbo_connector.connection"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RecurringInvoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("data", models.JSONField(default=dict)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                ("interval", models.PositiveSmallIntegerField(default=1)),
                (
                    "unit",
                    models.CharField(
                        choices=[("day", "day"), ("week", "week"), ("month", "month"), ("year", "year")],
                        default="month",
                        max_length=5,
                    ),
                ),
                ("starts_on", models.DateField()),
                ("ends_on", models.DateField(blank=True, null=True)),
                ("most", models.PositiveIntegerField(blank=True, help_text="How many invoices at most.", null=True)),
                (
                    "making",
                    models.CharField(
                        choices=[
                            ("approval", "Make a draft that somebody approves"),
                            ("create", "Create the invoice in QuickBooks"),
                            ("send", "Create the invoice and send it"),
                        ],
                        default="approval",
                        max_length=8,
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "Active"), ("paused", "Paused"), ("ended", "Ended")],
                        default="active",
                        max_length=6,
                    ),
                ),
                ("made", models.PositiveIntegerField(default=0)),
                ("next_on", models.DateField(null=True)),
                (
                    "waits_for",
                    models.TextField(blank=True, help_text="Why what is due can't be made now, in plain words."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="recurring_invoices",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="recurring_invoices",
                        to="crm.deal",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("state", "active")), fields=["next_on"], name="inv_recurring_due"),
                    models.Index(fields=["-updated_at", "-id"], name="inv_recurring_by_update"),
                ],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("interval__gte", 1)), name="a_recurring_invoice_recurs")
                ],
            },
        ),
        migrations.CreateModel(
            name="RecurringRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("falls_on", models.DateField()),
                ("to_send", models.BooleanField(default=False, help_text="It was made to be sent.")),
                ("sent", models.BooleanField(default=False)),
                ("problem", models.TextField(blank=True, help_text="In plain words.")),
                (
                    "waits",
                    models.TextField(
                        blank=True, help_text="Why it is not sent yet, in plain words; it is tried again."
                    ),
                ),
                ("waits_since", models.DateTimeField(null=True)),
                ("try_at", models.DateTimeField(help_text="When sending is tried again.", null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "draft",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="invoices.invoicedraft",
                    ),
                ),
                (
                    "invoice",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="invoices.invoice"
                    ),
                ),
                (
                    "recurring",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="invoices.recurringinvoice"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("problem", ""), _negated=True),
                        fields=["id"],
                        name="inv_recurring_run_failed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("recurring", "falls_on"), name="an_occurrence_is_made_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReminderPause",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("customer_external_id", models.CharField(max_length=40)),
                ("customer_name", models.CharField(blank=True, max_length=500)),
                ("until", models.DateField(blank=True, null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminder_pauses",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "customer_external_id"), name="a_customer_is_paused_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReminderRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("days", models.SmallIntegerField()),
                ("hour", models.PositiveSmallIntegerField(default=9)),
                ("subject", models.CharField(max_length=200)),
                ("body", models.TextField()),
                ("attach_pdf", models.BooleanField(default=True)),
                ("working_days_only", models.BooleanField(default=False)),
                ("active", models.BooleanField(default=False)),
                ("active_since", models.DateField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "connection",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reminder_rules",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["days", "id"],
            },
        ),
        migrations.CreateModel(
            name="Reminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField(help_text="The due date that it reminded of.", null=True)),
                ("skipped", models.CharField(blank=True, help_text="Why none was sent, in words.", max_length=300)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="reminders", to="invoices.invoice"
                    ),
                ),
                (
                    "mail",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="core.outgoingmail",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="reminders",
                        to="invoices.reminderrule",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["invoice", "-id"], name="inv_reminder_of_invoice")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("rule", "invoice", "due_on"), name="a_rule_reminds_once_of_a_due_date"
                    )
                ],
            },
        ),
    ]
