"""Dashboards and their tiles."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0003_note_changes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Dashboard",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120, verbose_name="name")),
                (
                    "sharing",
                    models.CharField(
                        choices=[("private", "Only me"), ("team", "My team"), ("everyone", "Everyone")],
                        default="private",
                        max_length=8,
                    ),
                ),
                ("team", models.BigIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
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
        ),
        migrations.CreateModel(
            name="DashboardTile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(default=0)),
                ("wide", models.BooleanField(default=False)),
                ("ready", models.CharField(blank=True, max_length=60)),
                (
                    "dashboard",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tiles", to="reports.dashboard"
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tiles",
                        to="reports.report",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="dashboard",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="a_dashboard_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="dashboard",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sharing", "team"), _negated=True), ("team__isnull", False), _connector="OR"
                ),
                name="a_dashboard_of_a_team_names_the_team",
            ),
        ),
        migrations.AddConstraint(
            model_name="dashboardtile",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ready", ""), ("report__isnull", False)),
                    models.Q(("report", None), models.Q(("ready", ""), _negated=True)),
                    _connector="OR",
                ),
                name="a_tile_shows_one_report",
            ),
        ),
    ]
