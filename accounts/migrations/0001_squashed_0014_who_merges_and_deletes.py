"""0001_initial to 0014_who_merges_and_deletes in one step, for new installations."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import accounts.models
from accounts.permissions import DEFAULT_ROLES


def create_roles(apps, schema_editor):
    role = apps.get_model("accounts", "Role")
    for name, permissions in DEFAULT_ROLES.items():
        role.objects.create(name=name, permissions=permissions)


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("accounts", "0001_initial"),
        ("accounts", "0002_default_roles"),
        ("accounts", "0003_admins_manage_properties"),
        ("accounts", "0004_managers_override_quotes"),
        ("accounts", "0005_send_and_edit_invoices"),
        ("accounts", "0006_managers_approve_quotes"),
        ("accounts", "0007_managers_export_lists"),
        ("accounts", "0008_managers_approve_invoices"),
        ("accounts", "0009_add_teams"),
        ("accounts", "0010_admins_configure_company"),
        ("accounts", "0011_ops_import_records"),
        ("accounts", "0012_managers_manage_pipelines"),
        ("accounts", "0013_keep_shortcuts_of_people"),
        ("accounts", "0014_who_merges_and_deletes"),
    ]

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("permissions", models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name="User",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                ("last_login", models.DateTimeField(blank=True, null=True, verbose_name="last login")),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                ("email", models.EmailField(max_length=254, unique=True, verbose_name="e-mail")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "time_zone",
                    models.CharField(default="UTC", max_length=60, validators=[accounts.models.validate_time_zone]),
                ),
                ("language", models.CharField(default="en-us", max_length=10)),
                ("theme", models.CharField(default="system", max_length=6)),
                ("density", models.CharField(default="comfortable", max_length=12)),
                (
                    "shortcuts",
                    models.CharField(default="on", help_text="Single keys that do something: on or off.", max_length=3),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="users", to="accounts.role"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("members", models.ManyToManyField(blank=True, related_name="teams", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["name", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"), name="a_team_has_a_name_of_its_own"
                    )
                ],
            },
        ),
        migrations.RunPython(create_roles, migrations.RunPython.noop),
    ]
