"""0001_initial to 0011_remember_recent_records_and_home in one step, for new installations."""

import uuid

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.fields
import core.models.company
import core.models.files


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("core", "0001_initial"),
        ("core", "0002_add_custom_properties"),
        ("core", "0003_add_files"),
        ("core", "0004_add_list_views"),
        ("core", "0005_add_outgoing_mail"),
        ("core", "0006_keep_chosen_columns"),
        ("core", "0007_drop_chosen_custom_columns"),
        ("core", "0008_add_company_profile"),
        ("core", "0009_count_tries_of_list_jobs"),
        ("core", "0010_add_mail_server"),
        ("core", "0011_remember_recent_records_and_home"),
    ]

    dependencies = [
        ("accounts", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=20, primary_key=True, serialize=False)),
                ("beaten_at", models.DateTimeField()),
            ],
        ),
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
            options={
                "constraints": [models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_logo")],
            },
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
                ("fiscal_year_start", models.PositiveSmallIntegerField(default=1, help_text="The month, 1 to 12.")),
                (
                    "working_days",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.PositiveSmallIntegerField(),
                        default=core.models.company.monday_to_friday,
                        help_text="0 is Monday.",
                        size=None,
                    ),
                ),
                ("logo_text", models.CharField(blank=True, help_text="Printed where there is no logo.", max_length=12)),
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
                ],
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("occurred_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("person", "Person"),
                            ("sync", "QuickBooks sync"),
                            ("workflow", "Workflow"),
                            ("import", "Import"),
                            ("system", "CRM Sync"),
                        ],
                        max_length=10,
                    ),
                ),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("data", models.JSONField(default=dict)),
                (
                    "dispatched_at",
                    models.DateTimeField(help_text="When its tasks were handed to the broker.", null=True),
                ),
                (
                    "actor",
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
                        condition=models.Q(("dispatched_at", None)), fields=["id"], name="core_event_to_dispatch"
                    ),
                    models.Index(fields=["name", "id"], name="core_event_by_name"),
                ],
            },
        ),
        migrations.CreateModel(
            name="EventLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="core.event"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["object_type", "object_id", "-event_id"], name="core_timeline")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "object_type", "object_id"), name="an_event_is_shown_once_per_record"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="HomeLayout",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("order", models.JSONField(default=list, help_text="Keys; cards that are not named come after them.")),
                ("hidden", models.JSONField(default=list)),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ListJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("export", "Export"), ("action", "Change")], max_length=6)),
                ("object_type", models.CharField(max_length=40)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                            ("undone", "Undone"),
                        ],
                        default="waiting",
                        max_length=7,
                    ),
                ),
                ("name", models.CharField(help_text="Of the action, or the format of the export.", max_length=40)),
                ("query", models.TextField(blank=True, help_text="The list's state, as in the address.")),
                ("columns", models.JSONField(default=list)),
                ("choice", models.JSONField(default=dict, help_text="What was chosen for the action.")),
                ("total", models.PositiveIntegerField(default=0)),
                ("done", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("problem", models.TextField(blank=True)),
                (
                    "tries",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="How often it began without getting on by a slice."
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("worked_at", models.DateTimeField(help_text="When a worker last held it.", null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(help_text="When its file is deleted.", null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["owner", "-id"], name="core_list_job_of_person"),
                    models.Index(
                        condition=models.Q(("state__in", ["waiting", "running"])),
                        fields=["id"],
                        name="core_list_job_open",
                    ),
                    models.Index(
                        condition=models.Q(("expires_at__isnull", False)),
                        fields=["expires_at"],
                        name="core_list_job_expiry",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ListPreference",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("columns", models.JSONField(default=list)),
                ("hidden", models.JSONField(default=list, help_text="Keys of views without a tab.")),
                (
                    "shown",
                    models.JSONField(default=list, help_text="Keys of views with a tab that have none by default."),
                ),
                ("order", models.JSONField(default=list, help_text="Keys of views in order.")),
                (
                    "start",
                    models.CharField(
                        blank=True, help_text="Key of the view that the bare address opens.", max_length=40
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "object_type"), name="a_person_has_one_preference_per_list")
                ],
            },
        ),
        migrations.CreateModel(
            name="ListSlice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveIntegerField()),
                ("ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ("done_at", models.DateTimeField(null=True)),
                ("content", models.BinaryField(help_text="Of an export: a piece of a raw deflate stream.", null=True)),
                (
                    "size",
                    models.PositiveBigIntegerField(default=0, help_text="Bytes of the content before compression."),
                ),
                (
                    "checksum",
                    models.PositiveBigIntegerField(default=0, help_text="CRC-32 of the content before compression."),
                ),
                (
                    "refusals",
                    models.JSONField(
                        default=list, help_text="Of an action: [id, title, sentence] of each refused row."
                    ),
                ),
                ("before", models.JSONField(default=dict, help_text="Of an action: what undoing it needs, by id.")),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="slices", to="core.listjob"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [models.UniqueConstraint(fields=("job", "position"), name="a_job_has_each_slice_once")],
            },
        ),
        migrations.CreateModel(
            name="MailServer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("enabled", models.BooleanField(default=False)),
                ("host", models.CharField(blank=True, max_length=255)),
                ("port", models.PositiveIntegerField(default=587)),
                (
                    "security",
                    models.CharField(
                        choices=[
                            ("starttls", "STARTTLS (mostly port 587)"),
                            ("tls", "TLS from the start (mostly port 465)"),
                            ("none", "None (only for a server on this machine)"),
                        ],
                        default="starttls",
                        max_length=8,
                    ),
                ),
                ("username", models.CharField(blank=True, max_length=255)),
                ("sealed_password", models.TextField(blank=True)),
                ("from_name", models.CharField(blank=True, max_length=120)),
                ("from_address", models.EmailField(blank=True, max_length=254)),
                ("reply_to", models.EmailField(blank=True, max_length=254)),
                (
                    "daily_limit",
                    models.PositiveIntegerField(
                        blank=True, help_text="E-mails a day; none without a limit.", null=True
                    ),
                ),
                ("counted_on", models.DateField(help_text="The company's day that ``counted`` is about.", null=True)),
                ("counted", models.PositiveIntegerField(default=0)),
                ("failing_since", models.DateTimeField(null=True)),
                ("problem", models.TextField(blank=True, help_text="The last failure, in words.")),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="there_is_one_mail_server"),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("enabled", False),
                            models.Q(
                                models.Q(("host", ""), _negated=True), models.Q(("from_address", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="a_mail_server_in_use_has_a_host_and_a_sender",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("port__gte", 1), ("port__lte", 65535)), name="a_port_is_a_port"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingMail",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=120, unique=True)),
                ("message_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("object_type", models.CharField(blank=True, max_length=30)),
                ("object_id", models.BigIntegerField(null=True)),
                ("to", models.JSONField(default=list, help_text="Addresses.")),
                ("cc", models.JSONField(default=list)),
                ("reply_to", models.CharField(blank=True, max_length=254)),
                ("subject", models.CharField(max_length=300)),
                ("body", models.TextField()),
                ("attachments", models.JSONField(default=list)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "Waiting"),
                            ("sent", "Sent"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="planned",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("problem", models.TextField(blank=True, help_text="In plain words.")),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
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
                    models.Index(condition=models.Q(("state", "planned")), fields=["due_at"], name="core_mail_due"),
                    models.Index(fields=["object_type", "object_id", "-id"], name="core_mail_of_record"),
                ],
            },
        ),
        migrations.CreateModel(
            name="PropertyGroup",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=120)),
                ("position", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("object_type"),
                        django.db.models.functions.text.Lower("name"),
                        name="a_property_group_is_named_once_per_object",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PropertyDefinition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("key", models.SlugField(help_text="Internal name: for API and import. Never changes.", max_length=60)),
                ("label", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("text", "Text"),
                            ("long_text", "Long text"),
                            ("number", "Number"),
                            ("currency", "Currency"),
                            ("date", "Date"),
                            ("datetime", "Date and time"),
                            ("choice", "Choice"),
                            ("multi_choice", "Several choices"),
                            ("checkbox", "Checkbox"),
                            ("user", "User"),
                        ],
                        max_length=12,
                    ),
                ),
                ("description", models.CharField(blank=True, max_length=500)),
                ("required", models.BooleanField(default=False)),
                ("unique", models.BooleanField(default=False)),
                ("default", models.JSONField(blank=True, help_text="A canonical value.", null=True)),
                (
                    "currency",
                    core.fields.CurrencyField(
                        blank=True, help_text="Of an amount; empty: the record's own.", max_length=3
                    ),
                ),
                ("lowest", models.DecimalField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("highest", models.DecimalField(blank=True, decimal_places=10, max_digits=25, null=True)),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "indexed",
                    models.BooleanField(default=False, help_text="Whether an index for sorting and ranges is wanted."),
                ),
                ("index_ready", models.BooleanField(default=False, help_text="Whether that index has been built.")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(blank=True, editable=False, null=True)),
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
                    "group",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="definitions",
                        to="core.propertygroup",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("object_type"),
                        django.db.models.functions.text.Lower("key"),
                        name="a_property_key_is_used_once_per_object",
                    ),
                    models.UniqueConstraint(
                        models.F("object_type"),
                        django.db.models.functions.text.Lower("label"),
                        condition=models.Q(("deleted_at", None)),
                        name="a_property_label_is_used_once_per_object",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PropertyChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("label", models.CharField(max_length=120)),
                ("position", models.PositiveIntegerField(default=0)),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "definition",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="choices",
                        to="core.propertydefinition",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("definition"),
                        django.db.models.functions.text.Lower("label"),
                        condition=models.Q(("archived_at", None)),
                        name="a_choice_is_offered_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RecentRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("object_id", models.BigIntegerField()),
                ("opened_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-opened_at"], name="core_recent_of_person")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "object_type", "object_id"), name="a_person_opened_a_record_last_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedView",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("object_type", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                (
                    "visibility",
                    models.CharField(
                        choices=[("private", "Only me"), ("team", "My team"), ("everyone", "Everyone")],
                        default="private",
                        max_length=8,
                    ),
                ),
                ("team", models.BigIntegerField(blank=True, null=True)),
                ("query", models.TextField(blank=True, help_text="Search, filters and order in canonical form.")),
                (
                    "columns",
                    models.JSONField(blank=True, default=list, help_text="Names in order; empty: the reader's own."),
                ),
                ("density", models.CharField(blank=True, max_length=12)),
                ("position", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "indexes": [models.Index(fields=["object_type", "position", "id"], name="core_view_of_list")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True), name="a_saved_view_has_a_name"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("visibility", "team"), _negated=True), ("team__isnull", False), _connector="OR"
                        ),
                        name="a_view_of_a_team_names_the_team",
                    ),
                ],
            },
        ),
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
