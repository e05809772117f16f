"""Give deals reasons for their ends, stages requirements, and people goals."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import core.fields


class Migration(migrations.Migration):
    dependencies = [
        ("crm", "0010_index_company_domains"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
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
            ],
            options={
                "ordering": ["position", "id"],
            },
        ),
        migrations.CreateModel(
            name="SalesGoal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField()),
                ("amount", core.fields.MoneyField(decimal_places=5, max_digits=20)),
            ],
        ),
        migrations.AddField(
            model_name="deal",
            name="amount_follows_lines",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="deal",
            name="close_note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="deal",
            name="lost_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="deal",
            name="stage_entered_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="deal",
            name="won_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="pipeline",
            name="lost_reason_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="pipeline",
            name="won_reason_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="stage",
            name="required",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=60), blank=True, default=list, size=None
            ),
        ),
        migrations.AddField(
            model_name="stage",
            name="rotting_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="stagechange",
            name="stage",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="crm.stage"
            ),
        ),
        migrations.AddField(
            model_name="stagechange",
            name="name",
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name="stagechange",
            name="note",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="stagechange",
            name="reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="closereason",
            name="pipeline",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="reasons", to="crm.pipeline"
            ),
        ),
        migrations.AddField(
            model_name="salesgoal",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="closereason",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "open"), _negated=True), name="only_closed_deals_have_reasons"
            ),
        ),
        migrations.AddConstraint(
            model_name="closereason",
            constraint=models.UniqueConstraint(fields=("pipeline", "status", "name"), name="a_reason_is_offered_once"),
        ),
        migrations.AddConstraint(
            model_name="salesgoal",
            constraint=models.UniqueConstraint(fields=("owner", "month"), name="one_goal_for_each_owner_and_month"),
        ),
        migrations.AddConstraint(
            model_name="salesgoal",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", 0)), name="a_goal_is_more_than_nothing"
            ),
        ),
        migrations.AddConstraint(
            model_name="salesgoal",
            constraint=models.CheckConstraint(
                condition=models.Q(("month__day", 1)), name="the_month_of_a_goal_is_its_first_day"
            ),
        ),
    ]
