"""0001_initial to 0021_let_managers_edit_activities in one step, for new installations."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.fields
import core.search
from crm import defaults

LABELS = (
    ("contact", "contact", "Reports to", "Manager of"),
    ("contact", "company", "Works for", "Employs"),
    ("contact", "company", "Former employee of", "Former employer of"),
    ("company", "company", "Parent company of", "Subsidiary of"),
    ("company", "company", "Partner of", ""),
    ("deal", "contact", "Decision maker", "Decides about"),
    ("deal", "contact", "Billing contact", "Gets invoices of"),
    ("deal", "company", "Partner", "Partner in"),
)


def create_pipeline(apps, schema_editor):
    stages = apps.get_model("crm", "Stage")
    pipeline = apps.get_model("crm", "Pipeline").objects.create(name=defaults.PIPELINE)
    for position, (name, probability, status) in enumerate(defaults.STAGES):
        stages.objects.create(pipeline=pipeline, name=name, position=position, probability=probability, status=status)


def add_labels(apps, schema_editor):
    label_model = apps.get_model("crm", "AssociationLabel")
    for first, second, name, inverse in LABELS:
        label_model.objects.create(from_type=first, to_type=second, name=name, inverse=inverse)


def create_settings(apps, schema_editor):
    apps.get_model("core", "CompanyProfile").objects.create(pk=1, currency=settings.CRM_CURRENCY)
    apps.get_model("crm", "QuoteSettings").objects.create(pk=1)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("crm", "0001_initial"),
        ("crm", "0002_default_pipeline"),
        ("crm", "0003_index_properties"),
        ("crm", "0004_quotes_in_full"),
        ("crm", "0005_number_quotes"),
        ("crm", "0006_add_tasks"),
        ("crm", "0007_add_activities_and_associations"),
        ("crm", "0008_turn_notes_into_activities"),
        ("crm", "0009_add_imports"),
        ("crm", "0010_index_company_domains"),
        ("crm", "0011_close_deals_with_reasons"),
        ("crm", "0012_fill_stage_entered"),
        ("crm", "0013_index_the_forecast"),
        ("crm", "0014_find_records_faster"),
        ("crm", "0015_add_price_book"),
        ("crm", "0016_hand_brand_to_company"),
        ("crm", "0017_drop_brand_of_quotes"),
        ("crm", "0018_tell_deals_that_need_something"),
        ("crm", "0019_add_merges_and_likely_duplicates"),
        ("crm", "0020_remember_record_layouts"),
        ("crm", "0021_let_managers_edit_activities"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("core", "0011_remember_recent_records_and_home"),
    ]

    operations = [
        migrations.CreateModel(
            name="DuplicateScan",
            fields=[
                ("object_type", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField(null=True)),
                ("seen_id", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Import",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
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
                ("name", models.CharField(help_text="Of the file.", max_length=200)),
                ("kind", models.CharField(help_text="csv or xlsx.", max_length=4)),
                ("encoding", models.CharField(blank=True, max_length=20)),
                ("delimiter", models.CharField(blank=True, max_length=1)),
                ("sheets", models.JSONField(default=list, help_text="Names of the sheets of a workbook.")),
                ("sheet", models.CharField(blank=True, max_length=100)),
                ("headers", models.JSONField(default=list)),
                ("samples", models.JSONField(default=list, help_text="The first rows, as read.")),
                ("mapping", models.JSONField(default=list)),
                ("options", models.JSONField(default=dict)),
                ("step", models.CharField(default="file", help_text="Where preparing it goes on.", max_length=8)),
                ("problem", models.TextField(blank=True)),
                ("total", models.PositiveIntegerField(default=0, help_text="Rows, once the file was read.")),
                (
                    "progress",
                    models.PositiveIntegerField(default=0, help_text="Rows that are done with in what runs now."),
                ),
                ("created", models.PositiveIntegerField(default=0)),
                ("updated", models.PositiveIntegerField(default=0)),
                ("unchanged", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("companies", models.PositiveIntegerField(default=0, help_text="Companies created on the way.")),
                ("preview", models.JSONField(default=dict, help_text="The first rows of each fate, field by field.")),
                ("undone", models.PositiveIntegerField(default=0)),
                (
                    "kept",
                    models.JSONField(
                        default=list, help_text="[id, title, why] of records that undoing left as they are."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("worked_at", models.DateTimeField(editable=False, help_text="When a worker last held it.", null=True)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
                (
                    "expires_at",
                    models.DateTimeField(editable=False, help_text="When file and rows are deleted.", null=True),
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
                    models.Index(fields=["owner", "-id"], name="crm_import_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["checking", "running", "undoing"])),
                        fields=["id"],
                        name="crm_import_under_way",
                    ),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="crm_import_expiry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pipeline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("won_reason_required", models.BooleanField(default=False)),
                ("lost_reason_required", models.BooleanField(default=False)),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="Activity",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("note", "Note"), ("call", "Call"), ("email", "E-mail"), ("meeting", "Meeting")],
                        max_length=8,
                    ),
                ),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("body", models.TextField(blank=True)),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("duration_seconds", models.PositiveIntegerField(blank=True, null=True)),
                (
                    "direction",
                    models.CharField(blank=True, choices=[("out", "Outgoing"), ("in", "Incoming")], max_length=3),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("connected", "Connected"),
                            ("message", "Left a message"),
                            ("no_answer", "No answer"),
                            ("busy", "Busy"),
                            ("wrong_number", "Wrong number"),
                            ("held", "Took place"),
                            ("moved", "Moved to another day"),
                            ("cancelled", "Cancelled"),
                        ],
                        max_length=14,
                    ),
                ),
                ("place", models.CharField(blank=True, max_length=300)),
                ("sender", models.CharField(blank=True, max_length=300)),
                ("recipients", models.CharField(blank=True, max_length=2000)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("edited_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                    "mail",
                    models.OneToOneField(
                        blank=True,
                        help_text="That left from here.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="core.outgoingmail",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "activities",
                "indexes": [models.Index(fields=["by", "-occurred_at"], name="crm_activity_of_person")],
            },
        ),
        migrations.CreateModel(
            name="ActivityLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("occurred_at", models.DateTimeField()),
                ("pinned_at", models.DateTimeField(blank=True, null=True)),
                (
                    "activity",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="crm.activity"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["object_type", "object_id", "-occurred_at", "-activity"], name="crm_activity_timeline"
                    ),
                    models.Index(
                        condition=models.Q(("pinned_at__isnull", False)),
                        fields=["object_type", "object_id", "-pinned_at"],
                        name="crm_activity_pinned",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("activity", "object_type", "object_id"), name="an_activity_is_on_a_record_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="AssociationLabel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_type", models.CharField(max_length=40)),
                ("to_type", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("inverse", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "ordering": ["from_type", "to_type", "name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("from_type"),
                        models.F("to_type"),
                        django.db.models.functions.text.Lower("name"),
                        name="a_label_is_named_once_between_two_kinds",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="an_association_label_has_a_name"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Association",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_type", models.CharField(max_length=40)),
                ("from_id", models.BigIntegerField()),
                ("to_type", models.CharField(max_length=40)),
                ("to_id", models.BigIntegerField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("removed_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                    "label",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="associations",
                        to="crm.associationlabel",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("removed_at", None)),
                        fields=["from_type", "from_id", "id"],
                        name="crm_assoc_from",
                    ),
                    models.Index(
                        condition=models.Q(("removed_at", None)), fields=["to_type", "to_id", "id"], name="crm_assoc_to"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("removed_at", None)),
                        fields=("from_type", "from_id", "to_type", "to_id", "label"),
                        name="two_records_are_associated_once_per_label",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("from_id", models.F("to_id")), ("from_type", models.F("to_type")), _negated=True
                        ),
                        name="no_record_is_associated_with_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Company",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=500)),
                ("domain", models.CharField(blank=True, max_length=255)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=60)),
                ("website", models.CharField(blank=True, max_length=1000)),
                ("industry", models.CharField(blank=True, max_length=120)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                ("notes", models.TextField(blank=True)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.text.Concat(
                                            django.db.models.functions.text.Concat(
                                                django.db.models.functions.comparison.Coalesce(
                                                    models.F("name"), models.Value(""), output_field=models.TextField()
                                                ),
                                                models.Value(" "),
                                                django.db.models.functions.comparison.Coalesce(
                                                    models.F("domain"),
                                                    models.Value(""),
                                                    output_field=models.TextField(),
                                                ),
                                                output_field=models.TextField(),
                                            ),
                                            models.Value(" "),
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("email"), models.Value(""), output_field=models.TextField()
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("phone"), models.Value(""), output_field=models.TextField()
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "companies",
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_company_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="crm_company_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(fields=["-updated_at", "-id"], name="crm_company_by_update"),
                    models.Index(django.db.models.functions.text.Upper("email"), name="crm_company_by_email"),
                    models.Index(django.db.models.functions.text.Upper("domain"), name="crm_company_by_domain"),
                    models.Index(
                        django.db.models.functions.text.Upper("name"), models.F("id"), name="crm_company_by_upper_name"
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("name")), name="text_pattern_ops"
                        ),
                        name="crm_company_beginning",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("domain")), name="text_pattern_ops"
                        ),
                        name="crm_company_domain",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Reverse(core.search._Digits(models.F("phone"))),
                            name="text_pattern_ops",
                        ),
                        condition=models.Q(("phone", ""), _negated=True),
                        name="crm_company_phone",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("first_name", models.CharField(blank=True, max_length=100)),
                ("last_name", models.CharField(blank=True, max_length=100)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("phone", models.CharField(blank=True, max_length=60)),
                ("mobile", models.CharField(blank=True, max_length=60)),
                ("website", models.CharField(blank=True, max_length=1000)),
                ("job_title", models.CharField(blank=True, max_length=120)),
                ("billing_address", models.JSONField(blank=True, default=dict)),
                ("shipping_address", models.JSONField(blank=True, default=dict)),
                ("notes", models.TextField(blank=True)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.text.Concat(
                                            django.db.models.functions.text.Concat(
                                                django.db.models.functions.text.Concat(
                                                    django.db.models.functions.comparison.Coalesce(
                                                        models.F("first_name"),
                                                        models.Value(""),
                                                        output_field=models.TextField(),
                                                    ),
                                                    models.Value(" "),
                                                    django.db.models.functions.comparison.Coalesce(
                                                        models.F("last_name"),
                                                        models.Value(""),
                                                        output_field=models.TextField(),
                                                    ),
                                                    output_field=models.TextField(),
                                                ),
                                                models.Value(" "),
                                                django.db.models.functions.comparison.Coalesce(
                                                    models.F("email"), models.Value(""), output_field=models.TextField()
                                                ),
                                                output_field=models.TextField(),
                                            ),
                                            models.Value(" "),
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("phone"), models.Value(""), output_field=models.TextField()
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("mobile"), models.Value(""), output_field=models.TextField()
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
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="contacts",
                        to="crm.company",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_contact_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="crm_contact_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(
                        django.db.models.functions.text.Upper("last_name"),
                        models.F("id"),
                        name="crm_contact_by_upper_name",
                    ),
                    models.Index(fields=["-updated_at", "-id"], name="crm_contact_by_update"),
                    models.Index(django.db.models.functions.text.Upper("email"), name="crm_contact_by_email"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(
                                core.search._Joined(models.F("first_name"), models.F("last_name"))
                            ),
                            name="text_pattern_ops",
                        ),
                        name="crm_contact_beginning",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("last_name")), name="text_pattern_ops"
                        ),
                        name="crm_contact_last_name",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Reverse(core.search._Digits(models.F("phone"))),
                            name="text_pattern_ops",
                        ),
                        condition=models.Q(("phone", ""), _negated=True),
                        name="crm_contact_phone",
                    ),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Reverse(core.search._Digits(models.F("mobile"))),
                            name="text_pattern_ops",
                        ),
                        condition=models.Q(("mobile", ""), _negated=True),
                        name="crm_contact_mobile",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicateKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("rule", models.CharField(max_length=20)),
                ("key", models.CharField(max_length=300)),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "rule", "key", "object_id"], name="crm_duplicate_key")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("object_type", "object_id", "rule", "key"), name="a_record_has_each_key_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="DuplicatePair",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("first_id", models.BigIntegerField()),
                ("second_id", models.BigIntegerField()),
                ("rules", models.JSONField(default=list)),
                ("confidence", models.PositiveSmallIntegerField(help_text="Percent")),
                ("found_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("dismissed_at", models.DateTimeField(null=True)),
                (
                    "dismissed_by",
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
                    models.Index(
                        condition=models.Q(("dismissed_at", None)),
                        fields=["object_type", "-confidence", "-id"],
                        name="crm_pair_open",
                    ),
                    models.Index(fields=["object_type", "second_id"], name="crm_pair_of_second"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("object_type", "first_id", "second_id"), name="two_records_are_suggested_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first_id__lt", models.F("second_id"))), name="a_pair_is_in_order"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportFile",
            fields=[
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="file",
                        serialize=False,
                        to="crm.import",
                    ),
                ),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="ImportSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("rows", models.BinaryField()),
                ("size", models.PositiveIntegerField()),
                (
                    "keys",
                    django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None),
                ),
                ("keyed_at", models.DateTimeField(null=True)),
                ("checked_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("undone_at", models.DateTimeField(null=True)),
                ("counts", models.JSONField(default=dict, help_text="Rows by fate, of the check and then of the run.")),
                (
                    "new_companies",
                    models.JSONField(default=list, help_text="Companies that the check would create, by key."),
                ),
                ("errors", models.JSONField(default=dict, help_text="Sentences by the row's place in the slice.")),
                (
                    "created",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Records that it created.",
                        size=None,
                    ),
                ),
                (
                    "created_companies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("before", models.JSONField(default=dict, help_text="What it changed: {id: {column: [old, new]}}.")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slices", to="crm.import"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(fields=("job", "position"), name="an_import_has_each_slice_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Merge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("winner_id", models.BigIntegerField()),
                ("title", models.CharField(max_length=500)),
                ("merged_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("values", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("undo", models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ("undone_at", models.DateTimeField(null=True)),
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
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "winner_id"], name="crm_merge_of_winner")],
            },
        ),
        migrations.CreateModel(
            name="MergedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("title", models.CharField(max_length=500)),
                ("undone", models.BooleanField(default=False)),
                (
                    "merge",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="losers", to="crm.merge"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone", False)),
                        fields=("object_type", "object_id"),
                        name="a_record_is_merged_into_one_other",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CloseReason",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], max_length=4),
                ),
                ("name", models.CharField(max_length=200)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="reasons", to="crm.pipeline"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status", "open"), _negated=True), name="only_closed_deals_have_reasons"
                    ),
                    models.UniqueConstraint(fields=("pipeline", "status", "name"), name="a_reason_is_offered_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Product",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                ("sku", models.CharField(blank=True, max_length=100, verbose_name="SKU")),
                ("description", models.TextField(blank=True)),
                ("unit_price", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("unit_cost", core.fields.RateField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("currency", core.fields.CurrencyField(default="USD", max_length=3)),
                (
                    "billing_period",
                    models.CharField(
                        blank=True,
                        choices=[("", "One-time"), ("month", "Monthly"), ("quarter", "Quarterly"), ("year", "Yearly")],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "billing_count",
                    models.PositiveSmallIntegerField(
                        blank=True, help_text="How many periods; none for until it is cancelled.", null=True
                    ),
                ),
                ("active", models.BooleanField(default=True)),
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
                                                models.F("name"), models.Value(""), output_field=models.TextField()
                                            ),
                                            models.Value(" "),
                                            django.db.models.functions.comparison.Coalesce(
                                                models.F("sku"), models.Value(""), output_field=models.TextField()
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("description"), models.Value(""), output_field=models.TextField()
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
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_product_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="crm_product_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(fields=["-updated_at", "-id"], name="crm_product_by_update"),
                    models.Index(django.db.models.functions.text.Upper("sku"), name="crm_product_by_sku"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("name")), name="text_pattern_ops"
                        ),
                        name="crm_product_beginning",
                    ),
                    models.Index(
                        django.db.models.functions.text.Upper("name"), models.F("id"), name="crm_product_by_upper_name"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="a_product_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("billing_count", None),
                            models.Q(("billing_count__gte", 1), models.Q(("billing_period", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="what_is_billed_once_has_no_number_of_periods",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Price",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("currency", core.fields.CurrencyField(max_length=3)),
                ("amount", core.fields.RateField(decimal_places=10, max_digits=25)),
                ("valid_from", models.DateField(blank=True, null=True)),
                ("valid_until", models.DateField(blank=True, help_text="The last day.", null=True)),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="prices", to="crm.product"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("product", "currency", "valid_from"),
                        name="a_product_has_one_price_from_a_day_on",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="a_price_is_not_negative"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("valid_from", None),
                            ("valid_until", None),
                            ("valid_until__gte", models.F("valid_from")),
                            _connector="OR",
                        ),
                        name="a_price_ends_after_it_begins",
                    ),
                ],
            },
        ),
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
                ("terms", models.TextField(blank=True, help_text="What a new quote starts with.")),
                ("notes", models.TextField(blank=True, help_text="What a new quote starts with.")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="quotes_have_one_row_of_settings"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_limit", None),
                            models.Q(("discount_limit__gte", Decimal("0")), ("discount_limit__lte", Decimal("100"))),
                            _connector="OR",
                        ),
                        name="quote_discount_limit_is_a_percentage",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("order", models.JSONField(default=list, help_text="Cards that are not named come after them.")),
                ("hidden", models.JSONField(default=list)),
                ("folded", models.JSONField(default=list)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "object_type"), name="a_person_has_one_layout_per_kind_of_record"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SalesGoal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("amount", core.fields.MoneyField(decimal_places=5, max_digits=20)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("owner", "month"), name="one_goal_for_each_owner_and_month"),
                    models.CheckConstraint(condition=models.Q(("amount__gt", 0)), name="a_goal_is_more_than_nothing"),
                    models.CheckConstraint(
                        condition=models.Q(("month__day", 1)), name="the_month_of_a_goal_is_its_first_day"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Stage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("probability", models.PositiveSmallIntegerField(default=50, help_text="Percent")),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], default="open", max_length=4
                    ),
                ),
                (
                    "required",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                ("rotting_days", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "pipeline",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stages", to="crm.pipeline"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("probability__lte", 100)), name="probability_is_a_percentage"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Deal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=300)),
                ("stage_entered_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("open", "Open"), ("won", "Won"), ("lost", "Lost")], default="open", max_length=4
                    ),
                ),
                ("amount", core.fields.MoneyField(blank=True, decimal_places=5, max_digits=20, null=True)),
                ("amount_follows_lines", models.BooleanField(default=True)),
                ("currency", core.fields.CurrencyField(default="USD", max_length=3)),
                ("close_on", models.DateField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("won_reason", models.CharField(blank=True, max_length=200)),
                ("lost_reason", models.CharField(blank=True, max_length=200)),
                ("close_note", models.TextField(blank=True)),
                ("description", models.TextField(blank=True)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("name"), models.Value(""), output_field=models.TextField()
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("description"), models.Value(""), output_field=models.TextField()
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
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deals",
                        to="crm.company",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="deals", to="crm.stage"
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_deal_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="crm_deal_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(fields=["stage", "-updated_at", "-id"], name="crm_deal_by_stage"),
                    models.Index(
                        django.db.models.functions.text.Upper("name"), models.F("id"), name="crm_deal_by_upper_name"
                    ),
                    models.Index(fields=["-updated_at", "-id"], name="crm_deal_by_update"),
                    models.Index(fields=["-amount", "-id"], name="crm_deal_by_amount"),
                    models.Index(fields=["close_on", "id"], name="crm_deal_by_close"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("name")), name="text_pattern_ops"
                        ),
                        name="crm_deal_beginning",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at", None), ("status", "open")),
                        fields=["owner", "close_on", "id"],
                        name="crm_deal_open_of_owner",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at", None), ("status", "open")),
                        fields=["close_on"],
                        include=("stage", "owner", "currency", "amount"),
                        name="crm_deal_forecast",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at", None), ("status", "won")),
                        fields=["closed_at"],
                        include=("stage", "owner", "currency", "amount"),
                        name="crm_deal_won",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealBilling",
            fields=[
                (
                    "deal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="billing",
                        serialize=False,
                        to="crm.deal",
                    ),
                ),
                ("invoice_amount_billed", core.fields.MoneyField(decimal_places=5, max_digits=20, null=True)),
                ("invoice_recipient", models.CharField(blank=True, max_length=500)),
                ("invoice_number", models.CharField(blank=True, max_length=60)),
                ("invoice_status", models.CharField(blank=True, max_length=12)),
                ("invoice_due_on", models.DateField(null=True)),
                ("currency", core.fields.CurrencyField(blank=True, max_length=3)),
                ("billed", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("paid", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("outstanding", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("overdue", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("next_due_on", models.DateField(null=True)),
                ("invoices", models.PositiveIntegerField(default=0)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["invoice_status"], name="crm_billing_by_status"),
                    models.Index(fields=["-outstanding"], name="crm_billing_by_outstanding"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("primary", models.BooleanField(default=False)),
                (
                    "contact",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deal_contacts", to="crm.contact"
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deal_contacts", to="crm.deal"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("deal", "contact"), name="a_contact_is_on_a_deal_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("primary", True)), fields=("deal",), name="a_deal_has_one_primary_contact"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="DealLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("quantity", core.fields.RateField(decimal_places=10, default=1, max_digits=25)),
                ("unit_price", core.fields.RateField(decimal_places=10, default=0, max_digits=25)),
                ("discount_percent", models.DecimalField(decimal_places=4, default=0, max_digits=7)),
                (
                    "discount_amount",
                    core.fields.MoneyField(
                        decimal_places=5, default=0, help_text="Taken off the line after the percentage.", max_digits=20
                    ),
                ),
                ("tax_code", models.CharField(blank=True, help_text="As printed, such as 20% S.", max_length=120)),
                (
                    "billing_period",
                    models.CharField(
                        blank=True,
                        choices=[("", "One-time"), ("month", "Monthly"), ("quarter", "Quarterly"), ("year", "Yearly")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("billing_count", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "deal",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="crm.deal"),
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
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="deal_line_quantity_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("discount_percent__gte", 0), ("discount_percent__lte", 100)),
                        name="deal_line_discount_is_a_percentage",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("properties", models.JSONField(blank=True, default=dict)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("title", models.CharField(max_length=300)),
                ("number", models.CharField(blank=True, max_length=40)),
                ("version", models.PositiveSmallIntegerField(default=1)),
                (
                    "origin",
                    models.CharField(
                        choices=[("crm", "CRM"), ("accounting", "QuickBooks")],
                        default="crm",
                        editable=False,
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
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
                ("subtotal", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                (
                    "discount_percent",
                    models.DecimalField(decimal_places=4, default=0, help_text="Of the subtotal.", max_digits=7),
                ),
                (
                    "discount_amount",
                    core.fields.MoneyField(
                        decimal_places=5,
                        default=0,
                        help_text="Off the subtotal, instead of a percentage.",
                        max_digits=20,
                    ),
                ),
                ("amount", core.fields.MoneyField(decimal_places=5, default=0, max_digits=20)),
                ("currency", core.fields.CurrencyField(default="USD", max_length=3)),
                ("expires_on", models.DateField(blank=True, null=True)),
                ("terms", models.TextField(blank=True)),
                ("notes", models.TextField(blank=True, help_text="Printed above the lines.")),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("approval_asked_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("token", models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True)),
                (
                    "answered_at",
                    models.DateTimeField(blank=True, editable=False, help_text="Accepted or declined.", null=True),
                ),
                ("answered_name", models.CharField(blank=True, editable=False, max_length=200)),
                ("answered_ip", models.GenericIPAddressField(blank=True, editable=False, null=True)),
                ("decline_reason", models.TextField(blank=True, editable=False)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("title"), models.Value(""), output_field=models.TextField()
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("number"), models.Value(""), output_field=models.TextField()
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
                    "approval_asked_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="quotes",
                        to="crm.company",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="quotes",
                        to="crm.contact",
                    ),
                ),
                (
                    "deal",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="quotes",
                        to="crm.deal",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="replaced_by",
                        to="crm.quote",
                    ),
                ),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_quote_search"),
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["properties"], name="crm_quote_properties", opclasses=["jsonb_path_ops"]
                    ),
                    models.Index(fields=["-updated_at", "-id"], name="crm_quote_by_update"),
                    models.Index(fields=["-amount", "-id"], name="crm_quote_by_amount"),
                    models.Index(
                        django.contrib.postgres.indexes.OpClass(
                            django.db.models.functions.text.Upper(models.F("title")), name="text_pattern_ops"
                        ),
                        name="crm_quote_beginning",
                    ),
                    models.Index(
                        core.search._WithoutZeros(core.search._Digits(models.F("number"))),
                        condition=models.Q(("number", ""), _negated=True),
                        name="crm_quote_digits",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at", None), ("status", "published")),
                        fields=["expires_on", "id"],
                        name="crm_quote_expiring",
                    ),
                    models.Index(
                        condition=models.Q(("archived_at", None), ("status", "accepted")),
                        fields=["answered_at", "id"],
                        name="crm_quote_accepted",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("discount_percent__gte", 0), ("discount_percent__lte", 100), ("discount_amount__gte", 0)
                        ),
                        name="quote_discount_is_a_percentage_or_an_amount",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField(default=0)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                ("quantity", core.fields.RateField(decimal_places=10, default=1, max_digits=25)),
                ("unit_price", core.fields.RateField(decimal_places=10, default=0, max_digits=25)),
                ("discount_percent", models.DecimalField(decimal_places=4, default=0, max_digits=7)),
                (
                    "discount_amount",
                    core.fields.MoneyField(
                        decimal_places=5, default=0, help_text="Taken off the line after the percentage.", max_digits=20
                    ),
                ),
                ("tax_code", models.CharField(blank=True, help_text="As printed, such as 20% S.", max_length=120)),
                (
                    "billing_period",
                    models.CharField(
                        blank=True,
                        choices=[("", "One-time"), ("month", "Monthly"), ("quarter", "Quarterly"), ("year", "Yearly")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("billing_count", models.PositiveSmallIntegerField(blank=True, null=True)),
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
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="crm.quote"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("quantity__gt", 0)), name="quote_line_quantity_is_positive"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuoteView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("visitor", models.CharField(max_length=32)),
                ("viewed_on", models.DateField()),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="views", to="crm.quote"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("quote", "visitor", "viewed_on"), name="a_visitor_counts_once_a_day"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="StageChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(blank=True, max_length=120)),
                ("entered_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("note", models.TextField(blank=True)),
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
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="stage_changes", to="crm.deal"
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.stage"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=300)),
                ("details", models.TextField(blank=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("todo", "To do"), ("call", "Call"), ("email", "E-mail"), ("approve", "Approve")],
                        default="todo",
                        max_length=8,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "Low"), ("normal", "Normal"), ("high", "High")], default="normal", max_length=6
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("about_type", models.CharField(blank=True, max_length=30)),
                ("about_id", models.BigIntegerField(null=True)),
                ("about_title", models.CharField(blank=True, max_length=300)),
                ("key", models.CharField(max_length=120, null=True, unique=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "reminded_at",
                    models.DateTimeField(help_text="When its assignee was told that it is due.", null=True),
                ),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=core.search._Vector(
                            core.search._Words(
                                django.db.models.functions.text.Lower(
                                    django.db.models.functions.text.Concat(
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("title"), models.Value(""), output_field=models.TextField()
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("about_title"), models.Value(""), output_field=models.TextField()
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
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to=settings.AUTH_USER_MODEL,
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
                    "done_by",
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
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="crm_task_search"),
                    models.Index(
                        models.F("assignee"),
                        models.OrderBy(models.F("due_at"), nulls_last=True),
                        models.F("id"),
                        condition=models.Q(("done_at", None)),
                        name="crm_task_open",
                    ),
                    models.Index(
                        models.OrderBy(models.F("due_at"), nulls_last=True),
                        models.F("id"),
                        condition=models.Q(("done_at", None)),
                        name="crm_task_by_due",
                    ),
                    models.Index(
                        condition=models.Q(("done_at__isnull", False)), fields=["-done_at", "-id"], name="crm_task_done"
                    ),
                    models.Index(fields=["about_type", "about_id", "-id"], name="crm_task_of_record"),
                ],
            },
        ),
        migrations.AddField(
            model_name="Deal",
            name="contacts",
            field=models.ManyToManyField(related_name="deals", through="crm.DealContact", to="crm.contact"),
        ),
        migrations.RunPython(create_pipeline, migrations.RunPython.noop),
        migrations.RunPython(add_labels, migrations.RunPython.noop),
        migrations.RunPython(create_settings, migrations.RunPython.noop),
    ]
