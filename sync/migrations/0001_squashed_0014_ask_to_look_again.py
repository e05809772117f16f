"""0001_initial to 0014_ask_to_look_again in one step, for new installations."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("sync", "0001_initial"),
        ("sync", "0002_add_policies_mappings_conflicts"),
        ("sync", "0003_fill_field_mappings"),
        ("sync", "0004_add_remedies_and_income_account"),
        ("sync", "0005_index_links_by_state"),
        ("sync", "0006_remove_unused_alert_threshold"),
        ("sync", "0007_keep_dry_runs"),
        ("sync", "0008_keep_match_keys"),
        ("sync", "0009_keep_for_which_records_mappings_fail"),
        ("sync", "0010_hold_writes_of_read_only_companies"),
        ("sync", "0011_read_credits_again"),
        ("sync", "0012_read_estimates_again"),
        ("sync", "0013_read_invoices_again"),
        ("sync", "0014_ask_to_look_again"),
    ]

    dependencies = [
        ("accounts", "__first__"),
        ("qbo_connector", "0010_count_idle_and_failed_reads"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConnectionSettings",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="sync_settings",
                        serialize=False,
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "generation",
                    models.CharField(
                        choices=[("full", "Full sync"), ("simple", "Simple sync")], default="full", max_length=6
                    ),
                ),
                (
                    "read_only",
                    models.BooleanField(
                        default=False, help_text="Nothing is written to QuickBooks; what would be, is shown."
                    ),
                ),
                ("before_upgrade", models.JSONField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="FieldMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "record_type",
                    models.CharField(
                        choices=[
                            ("company", "Companies"),
                            ("contact", "Contacts"),
                            ("product", "Products"),
                            ("invoice", "Invoices"),
                            ("line", "Invoice lines"),
                        ],
                        max_length=10,
                    ),
                ),
                ("crm_field", models.CharField(max_length=80)),
                ("qbo_field", models.CharField(max_length=120)),
                (
                    "direction",
                    models.CharField(
                        choices=[("both", "Both ways"), ("in", "QuickBooks to CRM"), ("out", "CRM to QuickBooks")],
                        default="both",
                        max_length=4,
                    ),
                ),
                (
                    "winner",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("quickbooks", "QuickBooks"),
                            ("crm", "CRM"),
                            ("newest", "The newest change"),
                            ("ask", "Ask"),
                        ],
                        max_length=10,
                    ),
                ),
                ("default", models.CharField(blank=True, max_length=500)),
                (
                    "transform",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "None"),
                            ("trim", "Trim spaces"),
                            ("lower", "lower case"),
                            ("upper", "UPPER CASE"),
                            ("title", "Title Case"),
                            ("digits", "Digits only"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "standard",
                    models.BooleanField(
                        default=False, help_text="Came with the connection; can be switched off, not deleted."
                    ),
                ),
                ("last_synced_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="field_mappings",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "record_type", "crm_field", "qbo_field"),
                        name="a_pair_of_fields_is_mapped_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("enabled", True), models.Q(("direction", "out"), _negated=True)),
                        fields=("connection", "record_type", "crm_field"),
                        name="a_crm_field_is_filled_from_one_quickbooks_field",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("enabled", True), models.Q(("direction", "in"), _negated=True)),
                        fields=("connection", "record_type", "qbo_field"),
                        name="a_quickbooks_field_is_filled_from_one_crm_field",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=30)),
                ("qbo_id", models.CharField(blank=True, max_length=40)),
                ("object_type", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("in_sync", "In sync"),
                            ("pending", "Waiting"),
                            ("excluded", "Excluded"),
                            ("conflict", "Conflict"),
                            ("failing", "Failing"),
                            ("broken", "Gone in QuickBooks"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("detail", models.TextField(blank=True)),
                ("remedy", models.JSONField(default=dict)),
                (
                    "exclusion",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "Not excluded"),
                            ("filter", "It does not match the filter"),
                            ("no_email", "It has no e-mail address"),
                            ("policy", "The settings don't create or update it"),
                            ("direction", "The sync runs the other way only"),
                            ("back_fill", "It was there before the sync was switched on"),
                            ("company", "Its company is the customer"),
                            ("unlinked", "It was unlinked"),
                            ("suggested", "A likely match waits to be confirmed"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("snapshot", models.JSONField(default=dict)),
                ("sync_token", models.BigIntegerField(default=-1)),
                ("matched_by", models.CharField(blank=True, max_length=20)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("changed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("synced_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="qbo_connector.connection"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["object_type", "object_id"], name="sync_link_by_record"),
                    models.Index(fields=["connection", "entity", "outcome"], name="sync_link_by_outcome"),
                    models.Index(
                        fields=["connection", "object_type", "outcome", "exclusion", "-id"], name="sync_link_by_state"
                    ),
                    models.Index(
                        condition=models.Q(("outcome__in", ["failing", "broken"])),
                        fields=["-id"],
                        name="sync_link_needs_a_person",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("qbo_id", ""), _negated=True),
                        fields=("connection", "entity", "qbo_id", "object_type"),
                        name="a_quickbooks_object_has_one_record_of_a_kind",
                    ),
                    models.UniqueConstraint(
                        fields=("connection", "entity", "object_type", "object_id"),
                        name="a_record_has_one_quickbooks_object_per_company",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Conflict",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("crm_field", models.CharField(max_length=80)),
                ("qbo_field", models.CharField(max_length=120)),
                ("base", models.JSONField(null=True)),
                ("crm", models.JSONField(null=True)),
                ("quickbooks", models.JSONField(null=True)),
                ("crm_changed_at", models.DateTimeField(null=True)),
                ("quickbooks_changed_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("resolution", models.CharField(blank=True, max_length=10)),
                (
                    "crm_changed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "link",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="conflicts", to="sync.link"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("resolved_at", None)), fields=["-id"], name="sync_conflict_open")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("resolved_at", None)),
                        fields=("link", "crm_field"),
                        name="one_open_conflict_per_field",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MappingFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(
                        choices=[("both", "Both ways"), ("in", "QuickBooks to CRM"), ("out", "CRM to QuickBooks")],
                        max_length=4,
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("reason", models.TextField()),
                ("since", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "mapping",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="failures", to="sync.fieldmapping"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("mapping", "side", "object_id"), name="a_record_fails_a_mapping_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "record_type",
                    models.CharField(
                        choices=[
                            ("company", "Companies"),
                            ("contact", "Contacts"),
                            ("product", "Products"),
                            ("invoice", "Invoices"),
                            ("line", "Invoice lines"),
                        ],
                        max_length=10,
                    ),
                ),
                ("qbo_id", models.CharField(max_length=40)),
                ("field", models.CharField(help_text="The CRM's field.", max_length=80)),
                ("key", models.CharField(max_length=200)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="match_keys",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["connection", "record_type", "field", "key"], name="sync_match_key")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "record_type", "qbo_id", "field"), name="an_object_has_one_key_per_field"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="MatchSuggestion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=30)),
                ("qbo_id", models.CharField(max_length=40)),
                ("object_type", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("rule", models.CharField(help_text="The field that both share.", max_length=80)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("accepted", models.BooleanField(help_text="Empty until somebody decides.", null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="match_suggestions",
                        to="qbo_connector.connection",
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
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "entity", "qbo_id", "object_type", "object_id"),
                        name="a_likely_match_is_suggested_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ObjectSettings",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sync_object",
                    models.CharField(
                        choices=[
                            ("contact", "Contacts and companies"),
                            ("product", "Products"),
                            ("invoice", "Invoices and payments"),
                        ],
                        max_length=10,
                    ),
                ),
                ("enabled", models.BooleanField(default=False)),
                ("enabled_at", models.DateTimeField(null=True)),
                (
                    "asked_again_at",
                    models.DateTimeField(
                        help_text="Since when all of it waits for a worker to have it looked at again.", null=True
                    ),
                ),
                (
                    "configured_at",
                    models.DateTimeField(help_text="When it was set up; empty after its sync was deleted.", null=True),
                ),
                (
                    "direction",
                    models.CharField(
                        choices=[("both", "Both ways"), ("in", "QuickBooks to CRM"), ("out", "CRM to QuickBooks")],
                        default="both",
                        max_length=4,
                    ),
                ),
                (
                    "incoming",
                    models.CharField(
                        choices=[
                            ("create_update", "Create and update"),
                            ("create", "Only create new"),
                            ("update", "Only update existing"),
                            ("nothing", "Do nothing"),
                        ],
                        default="create_update",
                        max_length=13,
                    ),
                ),
                (
                    "removal",
                    models.CharField(
                        choices=[
                            ("nothing", "Do nothing"),
                            ("archive", "Archive, keep history"),
                            ("unlink", "Unlink"),
                            ("delete", "Delete"),
                        ],
                        default="nothing",
                        max_length=7,
                    ),
                ),
                (
                    "winner",
                    models.CharField(
                        choices=[
                            ("quickbooks", "QuickBooks"),
                            ("crm", "CRM"),
                            ("newest", "The newest change"),
                            ("ask", "Ask"),
                        ],
                        default="quickbooks",
                        max_length=10,
                    ),
                ),
                (
                    "matching",
                    models.CharField(
                        choices=[("default", "Standard"), ("fields", "By chosen fields"), ("none", "Don't match")],
                        default="default",
                        max_length=7,
                    ),
                ),
                (
                    "matching_fields",
                    models.JSONField(blank=True, default=list, help_text="CRM fields, the strongest first."),
                ),
                (
                    "filter_in",
                    models.JSONField(blank=True, default=dict, help_text="Condition on what comes from QuickBooks."),
                ),
                (
                    "filter_out",
                    models.JSONField(blank=True, default=dict, help_text="Condition on what goes to QuickBooks."),
                ),
                (
                    "without_email",
                    models.CharField(
                        choices=[("excluded", "Excluded"), ("included", "Included")], default="excluded", max_length=8
                    ),
                ),
                (
                    "customer_is",
                    models.CharField(
                        choices=[("company", "The company, if the contact has one"), ("person", "The person")],
                        default="company",
                        max_length=7,
                    ),
                ),
                ("display_name_template", models.CharField(default="{name}", max_length=200)),
                ("display_name_suffix", models.CharField(default=" ({number})", max_length=60)),
                (
                    "income_account",
                    models.CharField(
                        blank=True,
                        help_text="QuickBooks id of the account of new items; empty: found by its name.",
                        max_length=40,
                    ),
                ),
                (
                    "back_fill",
                    models.CharField(
                        choices=[("everything", "Everything"), ("since", "Since a date"), ("from_now", "From now on")],
                        default="everything",
                        max_length=10,
                    ),
                ),
                ("back_fill_since", models.DateField(blank=True, null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="object_settings",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "sync_object"), name="one_settings_row_per_object"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("back_fill", "since"), _negated=True),
                            ("back_fill_since__isnull", False),
                            _connector="OR",
                        ),
                        name="a_dated_back_fill_has_a_date",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SyncDryRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "sync_object",
                    models.CharField(
                        choices=[
                            ("contact", "Contacts and companies"),
                            ("product", "Products"),
                            ("invoice", "Invoices and payments"),
                        ],
                        max_length=10,
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("values", models.JSONField(default=dict)),
                ("generation", models.CharField(blank=True, max_length=6)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting for a worker"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("touched_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("total", models.PositiveIntegerField(default=0)),
                ("looked_at", models.PositiveIntegerField(default=0)),
                ("problem", models.TextField(blank=True)),
                ("report", models.JSONField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="dry_runs",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "requested_by",
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
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["touched_at"],
                        name="sync_dry_run_unfinished",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "sync_object", "digest"), name="a_dry_run_is_kept_once"
                    )
                ],
            },
        ),
    ]
