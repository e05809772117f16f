"""Import from HubSpot: files together, which record is which, open associations, what it said of invoices."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0024_keep_tax_rates_of_lines"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HubspotClaim",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(choices=[("deal", "Deal"), ("invoice", "Invoice")], max_length=7)),
                ("hubspot_id", models.CharField(max_length=40)),
                ("number", models.CharField(blank=True, max_length=60)),
                ("amount", core.fields.MoneyField(decimal_places=5, max_digits=20, null=True)),
                ("currency", core.fields.CurrencyField(blank=True, max_length=3)),
                ("status", models.CharField(blank=True, max_length=60)),
                ("due_on", models.DateField(null=True)),
                ("recipient", models.CharField(blank=True, max_length=500)),
                ("customer", models.CharField(blank=True, max_length=500)),
                ("deal_ids", models.JSONField(default=list, help_text="HubSpot's ids.")),
                ("company_ids", models.JSONField(default=list, help_text="HubSpot's ids.")),
                ("contact_ids", models.JSONField(default=list, help_text="HubSpot's ids.")),
            ],
        ),
        migrations.CreateModel(
            name="HubspotImport",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("reading", "Being read"),
                            ("draft", "Being prepared"),
                            ("checking", "Being checked"),
                            ("checked", "Checked"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                            ("undoing", "Being undone"),
                            ("undone", "Undone"),
                        ],
                        default="reading",
                        max_length=8,
                    ),
                ),
                ("problem", models.TextField(blank=True)),
                ("links", models.PositiveIntegerField(default=0, help_text="Associations that were made.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("worked_at", models.DateTimeField(editable=False, help_text="When a worker last held it.", null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "expires_at",
                    models.DateTimeField(editable=False, help_text="Until when it can be undone.", null=True),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HubspotLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_type", models.CharField(max_length=20)),
                ("from_id", models.CharField(max_length=40)),
                ("to_type", models.CharField(max_length=20)),
                ("to_id", models.CharField(max_length=40)),
                ("primary", models.BooleanField(default=False)),
                ("done", models.BooleanField(default=False)),
                ("made", models.CharField(blank=True, max_length=12)),
                ("from_record", models.BigIntegerField(null=True)),
                ("to_record", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="HubspotRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("hubspot_id", models.CharField(max_length=40)),
                ("record_id", models.BigIntegerField()),
            ],
        ),
        migrations.RemoveIndex(
            model_name="import",
            name="crm_import_under_way",
        ),
        migrations.AddField(
            model_name="import",
            name="found",
            field=models.JSONField(default=dict, help_text="What reading all of its rows found, column by column."),
        ),
        migrations.AlterField(
            model_name="import",
            name="state",
            field=models.CharField(
                choices=[
                    ("reading", "Being read"),
                    ("draft", "Being prepared"),
                    ("checking", "Being checked"),
                    ("checked", "Checked"),
                    ("running", "Running"),
                    ("done", "Done"),
                    ("failed", "Failed"),
                    ("stopped", "Stopped"),
                    ("undoing", "Being undone"),
                    ("undone", "Undone"),
                ],
                default="draft",
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="hubspotclaim",
            name="job",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="claims", to="crm.import"
            ),
        ),
        migrations.AddField(
            model_name="hubspotimport",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="batch",
            field=models.ForeignKey(
                help_text="The export it is a file of.",
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="files",
                to="crm.hubspotimport",
            ),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("state__in", ["reading", "checking", "running", "undoing"])),
                fields=["id"],
                name="crm_import_under_way",
            ),
        ),
        migrations.AddField(
            model_name="hubspotlink",
            name="done_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.hubspotimport"
            ),
        ),
        migrations.AddField(
            model_name="hubspotlink",
            name="job",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="crm.import"
            ),
        ),
        migrations.AddField(
            model_name="hubspotrecord",
            name="job",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.import"
            ),
        ),
        migrations.AddIndex(
            model_name="hubspotclaim",
            index=models.Index(fields=["job", "id"], name="crm_hubspot_claim_of_job"),
        ),
        migrations.AddConstraint(
            model_name="hubspotclaim",
            constraint=models.UniqueConstraint(
                fields=("source", "hubspot_id"), name="hubspot_says_it_once_of_an_invoice"
            ),
        ),
        migrations.AddIndex(
            model_name="hubspotimport",
            index=models.Index(fields=["owner", "-id"], name="crm_hubspot_of_person"),
        ),
        migrations.AddIndex(
            model_name="hubspotimport",
            index=models.Index(
                condition=models.Q(("state__in", ["reading", "checking", "running", "undoing"])),
                fields=["id"],
                name="crm_hubspot_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="hubspotlink",
            index=models.Index(
                condition=models.Q(("done", False)), fields=["from_type", "to_type", "id"], name="crm_hubspot_open_link"
            ),
        ),
        migrations.AddIndex(
            model_name="hubspotlink",
            index=models.Index(
                condition=models.Q(("done", False)), fields=["to_type", "to_id"], name="crm_hubspot_open_to"
            ),
        ),
        migrations.AddConstraint(
            model_name="hubspotlink",
            constraint=models.UniqueConstraint(
                fields=("from_type", "from_id", "to_type", "to_id"), name="hubspot_records_are_linked_once"
            ),
        ),
        migrations.AddIndex(
            model_name="hubspotrecord",
            index=models.Index(fields=["object_type", "record_id"], name="crm_hubspot_by_record"),
        ),
        migrations.AddConstraint(
            model_name="hubspotrecord",
            constraint=models.UniqueConstraint(
                fields=("object_type", "hubspot_id"), name="a_hubspot_record_is_known_once"
            ),
        ),
    ]
