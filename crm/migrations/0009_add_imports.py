"""Files that bring records in."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0008_turn_notes_into_activities"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
            options={
                "ordering": ["position"],
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
        migrations.AddField(
            model_name="import",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importslice",
            name="job",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="slices", to="crm.import"
            ),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(fields=["owner", "-id"], name="crm_import_of_person"),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("state__in", ["checking", "running", "undoing"])),
                fields=["id"],
                name="crm_import_under_way",
            ),
        ),
        migrations.AddIndex(
            model_name="import",
            index=models.Index(
                condition=models.Q(("expires_at__isnull", False)), fields=["expires_at"], name="crm_import_expiry"
            ),
        ),
        migrations.AddConstraint(
            model_name="importslice",
            constraint=models.UniqueConstraint(fields=("job", "position"), name="an_import_has_each_slice_once"),
        ),
    ]
