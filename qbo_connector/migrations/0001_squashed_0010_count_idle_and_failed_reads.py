"""0001_initial to 0010_count_idle_and_failed_reads in one step, for new installations."""

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
        ("qbo_connector", "0001_initial"),
        ("qbo_connector", "0002_add_webhook_event"),
        ("qbo_connector", "0003_add_operation_context"),
        ("qbo_connector", "0004_add_pace_counts_and_alerts"),
        ("qbo_connector", "0005_add_verbs_and_batches"),
        ("qbo_connector", "0006_hold_writes"),
        ("qbo_connector", "0007_add_form_preferences"),
        ("qbo_connector", "0008_read_preferences_again"),
        ("qbo_connector", "0009_add_uploads"),
        ("qbo_connector", "0010_count_idle_and_failed_reads"),
    ]

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("environment", models.CharField(max_length=12)),
                ("realm_id", models.CharField(max_length=40)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "Connected"),
                            ("reconnect", "Needs to be reconnected"),
                            ("paused", "Paused"),
                            ("disconnected", "Disconnected"),
                        ],
                        default="active",
                        max_length=12,
                    ),
                ),
                ("status_reason", models.TextField(blank=True)),
                ("company_name", models.CharField(blank=True, max_length=500)),
                (
                    "country",
                    models.CharField(blank=True, help_text="ISO 3166 alpha-2; US, GB, CA and so on.", max_length=3),
                ),
                ("home_currency", core.fields.CurrencyField(default="USD", max_length=3)),
                ("multicurrency", models.BooleanField(default=False)),
                ("time_zone", models.CharField(default="UTC", max_length=60)),
                (
                    "custom_numbers",
                    models.BooleanField(default=False, help_text="Custom transaction numbers are switched on."),
                ),
                ("sales_tax", models.BooleanField(default=False)),
                ("automated_tax", models.BooleanField(default=False)),
                (
                    "default_terms",
                    models.CharField(blank=True, help_text="Preferences: SalesFormsPrefs.DefaultTerms.", max_length=40),
                ),
                (
                    "preferences",
                    models.JSONField(
                        default=dict,
                        help_text="What its sales forms may hold, see qbo_connector.company; empty until it was read.",
                    ),
                ),
                ("interval_minutes", models.PositiveSmallIntegerField(default=10)),
                (
                    "economical",
                    models.BooleanField(
                        default=False, help_text="Read only when a webhook came, and every six hours to be safe."
                    ),
                ),
                (
                    "holds_writes",
                    models.BooleanField(
                        default=False, help_text="Nothing is written to QuickBooks; what is planned waits."
                    ),
                ),
                (
                    "monthly_budget",
                    models.PositiveIntegerField(help_text="Reads a month before which admins are warned.", null=True),
                ),
                (
                    "alert_records",
                    models.PositiveIntegerField(default=10, help_text="So many failing records are worth an e-mail,"),
                ),
                (
                    "alert_minutes",
                    models.PositiveIntegerField(default=30, help_text="once they have been failing for so long."),
                ),
                ("connected_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("disconnected_at", models.DateTimeField(null=True)),
                (
                    "reference_read_at",
                    models.DateTimeField(help_text="When what is not in change data was last read.", null=True),
                ),
                (
                    "connected_by",
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
                        fields=("environment", "realm_id"), name="one_connection_per_quickbooks_company"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("interval_minutes__gte", 1), ("interval_minutes__lte", 60)),
                        name="sync_interval_is_1_to_60_minutes",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="MirrorObject",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=30)),
                ("qbo_id", models.CharField(max_length=40)),
                ("sync_token", models.BigIntegerField(default=0)),
                ("remote_updated_at", models.DateTimeField()),
                (
                    "digest",
                    models.BinaryField(help_text="Of the payload, to tell a change from a repetition.", max_length=16),
                ),
                ("name", models.CharField(blank=True, max_length=500)),
                ("email", models.CharField(blank=True, max_length=254)),
                ("code", models.CharField(blank=True, max_length=100)),
                ("kind", models.CharField(blank=True, max_length=30)),
                ("party_id", models.CharField(blank=True, max_length=40)),
                ("parent_id", models.CharField(blank=True, max_length=40)),
                ("txn_on", models.DateField(null=True)),
                ("due_on", models.DateField(null=True)),
                ("currency", core.fields.CurrencyField(blank=True, max_length=3)),
                ("total", core.fields.MoneyField(decimal_places=5, max_digits=20, null=True)),
                ("balance", core.fields.MoneyField(decimal_places=5, max_digits=20, null=True)),
                ("unit_price", core.fields.RateField(decimal_places=10, max_digits=25, null=True)),
                ("active", models.BooleanField(default=True)),
                ("deleted", models.BooleanField(default=False)),
                ("unread", models.BooleanField(default=True)),
                ("mirrored_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                                                models.F("email"), models.Value(""), output_field=models.TextField()
                                            ),
                                            output_field=models.TextField(),
                                        ),
                                        models.Value(" "),
                                        django.db.models.functions.comparison.Coalesce(
                                            models.F("code"), models.Value(""), output_field=models.TextField()
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
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mirror",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("unread", True)),
                        fields=["connection", "entity", "id"],
                        name="qbo_mirror_unread",
                    ),
                    models.Index(
                        models.F("connection"),
                        models.F("entity"),
                        django.db.models.functions.text.Upper("email"),
                        name="qbo_mirror_by_email",
                    ),
                    models.Index(
                        models.F("connection"),
                        models.F("entity"),
                        django.db.models.functions.text.Upper("name"),
                        name="qbo_mirror_by_name",
                    ),
                    models.Index(
                        models.F("connection"),
                        models.F("entity"),
                        django.db.models.functions.text.Upper("code"),
                        name="qbo_mirror_by_code",
                    ),
                    models.Index(fields=["connection", "entity", "party_id"], name="qbo_mirror_by_party"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="qbo_mirror_search"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "entity", "qbo_id"), name="one_mirror_row_per_quickbooks_object"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ConnectionToken",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="token",
                        serialize=False,
                        to="qbo_connector.connection",
                    ),
                ),
                ("access_token", models.TextField()),
                ("refresh_token", models.TextField()),
                ("access_expires_at", models.DateTimeField()),
                ("refresh_expires_at", models.DateTimeField()),
                (
                    "hard_expires_at",
                    models.DateTimeField(help_text="After this, consent is needed again (5 years).", null=True),
                ),
                ("generation", models.PositiveIntegerField(default=0)),
                ("refreshed_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="ApiUsage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("connect", "Connecting"),
                            ("first_load", "First load"),
                            ("cycle", "Regular sync"),
                            ("webhook", "Webhook"),
                            ("sync_now", "Sync now"),
                            ("daily", "Daily reference data"),
                            ("refusal", "After a refusal"),
                            ("write", "Write"),
                            ("verify", "Check after an unknown outcome"),
                            ("pdf", "PDF preview"),
                            ("payment_link", "Payment link"),
                            ("count_check", "Count check"),
                            ("rates", "Exchange rates"),
                            ("attachments", "Attachments"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reads", models.PositiveIntegerField(default=0)),
                ("writes", models.PositiveIntegerField(default=0)),
                ("failures", models.PositiveIntegerField(default=0)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="usage", to="qbo_connector.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "day", "cause"), name="one_usage_row_per_day_and_cause"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Alert",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=30)),
                ("key", models.CharField(blank=True, max_length=60)),
                ("data", models.JSONField(default=dict)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("mailed_at", models.DateTimeField(null=True)),
                ("cleared_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at", None)),
                        fields=("connection", "kind", "key"),
                        name="an_alert_is_raised_once_until_it_clears",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FailedRead",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("connect", "Connecting"),
                            ("first_load", "First load"),
                            ("cycle", "Regular sync"),
                            ("webhook", "Webhook"),
                            ("sync_now", "Sync now"),
                            ("daily", "Daily reference data"),
                            ("refusal", "After a refusal"),
                            ("write", "Write"),
                            ("verify", "Check after an unknown outcome"),
                            ("pdf", "PDF preview"),
                            ("payment_link", "Payment link"),
                            ("count_check", "Count check"),
                            ("rates", "Exchange rates"),
                            ("attachments", "Attachments"),
                        ],
                        max_length=12,
                    ),
                ),
                ("problem", models.TextField()),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="failed_reads",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["connection", "-last_at"], name="qbo_failed_read_newest")],
            },
        ),
        migrations.CreateModel(
            name="LoadProgress",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=30)),
                (
                    "state",
                    models.CharField(
                        choices=[("waiting", "Waiting"), ("running", "Running"), ("done", "Done")],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("since", models.DateTimeField(null=True)),
                ("offset", models.PositiveIntegerField(default=0)),
                ("seen", models.JSONField(default=list)),
                ("gone", models.JSONField(default=list)),
                ("refused", models.BooleanField(default=False)),
                ("expected", models.PositiveIntegerField(null=True)),
                ("loaded", models.PositiveIntegerField(default=0)),
                ("started_at", models.DateTimeField(help_text="QuickBooks' clock at the start.", null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="loads", to="qbo_connector.connection"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "entity"), name="one_load_per_connection_and_entity")
                ],
            },
        ),
        migrations.CreateModel(
            name="MirrorPayload",
            fields=[
                (
                    "mirror",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="payload",
                        serialize=False,
                        to="qbo_connector.mirrorobject",
                    ),
                ),
                ("body", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="OAuthState",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "digest",
                    models.CharField(
                        help_text="SHA-256 of the state; the state is not stored.", max_length=64, unique=True
                    ),
                ),
                ("session_digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("used_at", models.DateTimeField(null=True)),
                (
                    "reconnect",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OperationBatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("request_id", models.CharField(max_length=36, unique=True)),
                ("body", models.BinaryField()),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="operation_batches",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Operation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=30)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("create", "Create"),
                            ("update", "Update"),
                            ("deactivate", "Make inactive"),
                            ("reactivate", "Make active"),
                            ("void", "Void"),
                            ("delete", "Delete"),
                            ("send-email", "Send by e-mail"),
                            ("upload", "Upload a file"),
                        ],
                        default="create",
                        max_length=10,
                    ),
                ),
                ("subject", models.CharField(max_length=60)),
                ("request_id", models.CharField(default=uuid.uuid4, max_length=50)),
                ("intent", models.JSONField()),
                (
                    "context",
                    models.JSONField(
                        default=dict, help_text="Notes of the layer above about this operation; opaque here."
                    ),
                ),
                ("body", models.BinaryField(null=True)),
                (
                    "marker",
                    models.CharField(
                        blank=True, help_text="Text in PrivateNote by which the document is found.", max_length=80
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Waiting"),
                            ("leased", "Sending"),
                            ("unknown", "No answer yet"),
                            ("done", "Done"),
                            ("refused", "Refused"),
                            ("held", "Held for a person"),
                            ("cancelled", "Cancelled before it was sent"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("urgent", models.BooleanField(default=True)),
                (
                    "batch_item",
                    models.CharField(blank=True, help_text="The operation's bId in its batch.", max_length=10),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("leased_until", models.DateTimeField(null=True)),
                (
                    "lease_token",
                    models.BigIntegerField(default=0, help_text="Fencing: only the newest lease may commit."),
                ),
                ("first_sent_at", models.DateTimeField(null=True)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("finished_at", models.DateTimeField(null=True)),
                ("fault_code", models.CharField(blank=True, max_length=20)),
                ("fault_element", models.CharField(blank=True, max_length=120)),
                ("problem", models.TextField(blank=True, help_text="In plain words.")),
                ("problem_detail", models.TextField(blank=True, help_text="QuickBooks' own words.")),
                ("intuit_tid", models.CharField(blank=True, max_length=80)),
                ("qbo_id", models.CharField(blank=True, max_length=40)),
                ("sync_token", models.BigIntegerField(null=True)),
                (
                    "settled_at",
                    models.DateTimeField(help_text="When the layer above took note of the outcome.", null=True),
                ),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="operations",
                        to="qbo_connector.connection",
                    ),
                ),
                (
                    "depends_on",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="dependents",
                        to="qbo_connector.operation",
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="operations",
                        to="qbo_connector.operationbatch",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["planned", "leased", "unknown"])),
                        fields=["due_at"],
                        name="qbo_operation_due",
                    ),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", False), ("settled_at", None)),
                        fields=["id"],
                        name="qbo_operation_unsettled",
                    ),
                    models.Index(fields=["connection", "subject", "-id"], name="qbo_operation_by_subject"),
                    models.Index(fields=["connection", "state"], name="qbo_operation_by_state"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("connection", "request_id"), name="one_operation_per_request_id"),
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ["planned", "leased", "unknown"])),
                        fields=("connection", "subject"),
                        name="one_open_operation_per_subject",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ParkedRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("entity", models.CharField(max_length=60)),
                ("qbo_id", models.CharField(blank=True, max_length=60)),
                ("digest", models.CharField(max_length=64)),
                ("reason", models.TextField()),
                ("body", models.BinaryField()),
                ("seen", models.PositiveIntegerField(default=1)),
                ("first_seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("last_seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("resolved_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="parked",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "entity", "qbo_id", "digest"), name="a_record_is_parked_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.CharField(max_length=200, unique=True)),
                ("kind", models.CharField(max_length=120)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="webhook_events",
                        to="qbo_connector.connection",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["received_at"], name="qbo_webhook_by_time")],
            },
        ),
        migrations.CreateModel(
            name="PullSchedule",
            fields=[
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pull",
                        serialize=False,
                        to="qbo_connector.connection",
                    ),
                ),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("connect", "Connecting"),
                            ("first_load", "First load"),
                            ("cycle", "Regular sync"),
                            ("webhook", "Webhook"),
                            ("sync_now", "Sync now"),
                            ("daily", "Daily reference data"),
                            ("refusal", "After a refusal"),
                            ("write", "Write"),
                            ("verify", "Check after an unknown outcome"),
                            ("pdf", "PDF preview"),
                            ("payment_link", "Payment link"),
                            ("count_check", "Count check"),
                            ("rates", "Exchange rates"),
                            ("attachments", "Attachments"),
                        ],
                        default="cycle",
                        max_length=12,
                    ),
                ),
                ("leased_until", models.DateTimeField(null=True)),
                ("lease_token", models.BigIntegerField(default=0)),
                ("cursor", models.DateTimeField(null=True)),
                (
                    "loaded_at",
                    models.DateTimeField(help_text="When the last page of the first load was committed.", null=True),
                ),
                ("requested_at", models.DateTimeField(help_text="When somebody asked for a pull now.", null=True)),
                (
                    "read_reference",
                    models.BooleanField(default=False, help_text="The next pull also reads what change data lacks."),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(help_text="Last success.", null=True)),
                (
                    "to_count",
                    models.JSONField(
                        default=list, help_text="Entities whose number the next quiet read compares with the mirror's."
                    ),
                ),
                ("counted_at", models.DateTimeField(help_text="When the last count check was asked for.", null=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_problem", models.TextField(blank=True)),
                (
                    "idle_reads",
                    models.PositiveIntegerField(
                        default=0, help_text="Reads without change since the last that had one."
                    ),
                ),
                ("idle_since", models.DateTimeField(help_text="When the first of them was.", null=True)),
            ],
            options={
                "indexes": [models.Index(fields=["due_at"], name="qbo_pull_due")],
            },
        ),
    ]
