"""Every change of settings is an event with the values before and after, and never with a secret."""

import datetime
import json
import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts import roles, services, teams
from accounts.models import Role
from core.audit import differences
from core.models import Event, SavedView
from core.services import properties, segments
from core.tables import keeping
from crm.enums import DealStatus
from crm.models import AssociationLabel, Pipeline
from crm.services import associations, goals, pipelines, quotes
from invoices.services import reminders
from reports.services import dashboards, reports
from workflows.services import workflows

pytestmark = pytest.mark.django_db
CANARY = "canary-7f3a91-secret"


def changes(name):
    """Before and after in the newest event of this name."""
    return Event.objects.filter(name=name).latest("pk").data["changes"]


def test_pipelines_stages_and_reasons(admin):
    pipeline = pipelines.create(name="Sales", by=admin)
    pipelines.update(pipeline, by=admin, name="Selling")
    assert changes("pipeline.changed") == {"name": ["Sales", "Selling"]}
    stage = pipeline.stages.first()
    pipelines.update_stage(stage, by=admin, name="Fresh", probability=5)
    assert changes("pipeline.changed")["name"] == [stage.name, "Fresh"]
    pipelines.set_reasons(pipeline, DealStatus.LOST, ["Price"], by=admin)
    pipelines.set_reasons(pipeline, DealStatus.LOST, ["Price", "Time"], by=admin)
    assert changes("pipeline.changed") == {"lost_reasons": [["Price"], ["Price", "Time"]]}
    names = [each.name for each in pipeline.stages.all()]
    pipelines.order_stages(pipeline, [each.pk for each in reversed(pipeline.stages.all())], by=admin)
    assert changes("pipeline.changed")["stages"] == [names, names[::-1]]
    other = pipelines.create(name="Renewals", by=admin)
    pipelines.order([other.pk, pipeline.pk], by=admin)
    assert changes("pipeline.ordered")["order"][1][:2] == ["Renewals", "Selling"]
    assert Pipeline.objects.first() == other


def test_people_roles_and_teams(admin, rep):
    role = Role.objects.get(name="Ops") if Role.objects.filter(name="Ops").exists() else Role.objects.create(name="Ops")
    services.update_user(rep, name="Rita Rep", role=role, by=admin)
    assert changes("user.changed")["role"] == ["Sales rep", "Ops"]
    services.update_profile(rep, time_zone="Europe/Berlin")
    assert changes("user.changed") == {"time_zone": ["UTC", "Europe/Berlin"]}
    roles.update(rep.role, name="Operations", permissions=["crm.edit"], requires_two_factor=True, by=admin)
    told = changes("role.changed")
    assert told["name"] == ["Ops", "Operations"]
    assert told["requires_two_factor"] == [False, True]
    assert told["permissions"][1] == ["crm.edit"]
    team = teams.create(name="North", members=[rep], by=admin)
    teams.update(team, name="South", members=[rep, admin], by=admin)
    assert changes("team.changed") == {
        "name": ["North", "South"], "members": [[str(rep)], sorted([str(rep), str(admin)])],
    }  # fmt: skip


def test_properties_segments_and_views(admin):
    first = properties.create("company", by=admin, label="Tier", kind="text")
    second = properties.create("company", by=admin, label="Size", kind="text")
    properties.change(first, by=admin, label="Level")
    assert changes("property.changed") == {"label": ["Tier", "Level"]}
    properties.reorder("company", [second.pk, first.pk], by=admin)
    assert changes("property.ordered") == {"order": [["Level", "Size"], ["Size", "Level"]]}
    where = {"all": [{"field": "name", "op": "contains", "value": "a"}]}
    segment = segments.create(object_type="company", name="All A", kind="live", conditions=where, by=admin)
    segments.change(segment, name="With A", conditions=where, by=admin)
    assert changes("segment.changed") == {"name": ["All A", "With A"]}
    view = keeping.create("company", by=admin, name="Mine", state="", columns=[], density="", visibility="private")
    keeping.rename(view, by=admin, name="Ours", visibility="everyone")
    assert changes("view.changed") == {"name": ["Mine", "Ours"], "visibility": ["private", "everyone"]}
    assert SavedView.objects.count() == 1


def test_reports_dashboards_and_workflows(admin):
    report = reports.create(by=admin, name="Won", definition={"object": "deal"})
    reports.change(report, by=admin, name="Won", description="", sharing="everyone", definition={"object": "company"})
    assert changes("report.changed") == {
        "definition": [{"object": "deal"}, {"object": "company"}], "sharing": ["private", "everyone"],
    }  # fmt: skip
    board = dashboards.create(by=admin, name="Board")
    dashboards.change(board, by=admin, name="Plank", sharing="private")
    assert changes("dashboard.changed") == {"name": ["Board", "Plank"]}
    workflow = workflows.create(by=admin, name="Greet")
    workflows.rename(workflow, name="Meet", description="", owner=admin, by=admin)
    assert changes("workflow.changed") == {"name": ["Greet", "Meet"]}


def test_quotes_goals_labels_and_reminders(admin, rep):
    quotes.change_settings({"number_prefix": "Z-", "valid_days": 30, "discount_limit": Decimal("12.50")}, by=admin)
    assert changes("quote_settings.changed") == {"number_prefix": ["Q-", "Z-"], "discount_limit": [None, "12.50"]}
    month = datetime.date(2026, 5, 1)
    goals.set_goals({(rep.pk, month): Decimal(100)}, by=admin)
    goals.set_goals({(rep.pk, month): Decimal(150)}, by=admin)
    ((name, (old, new)),) = changes("sales_goals.changed").items()
    assert name == f"{rep}, 2026-05"
    assert (Decimal(old), Decimal(new)) == (100, 150)
    kinds = {"from_type": "company", "to_type": "company"}
    label = associations.save_label(None, **kinds, name="Parent", inverse="Child", by=admin)
    associations.save_label(label, **kinds, name="Owner", inverse="Child", by=admin)
    assert changes("association_label.changed") == {"name": ["Parent", "Owner"]}
    associations.delete_label(AssociationLabel.objects.get(name="Owner"), by=admin)
    assert Event.objects.get(name="association_label.deleted").actor == admin
    rule = reminders.save_rule(None, by=admin, name="Soon", days=-3, hour=9, subject="Due", body="Please pay")
    reminders.save_rule(rule, by=admin, days=-5)
    assert changes("reminder_rule.changed") == {"days": [-3, -5]}
    reminders.switch(rule, on=True, by=admin)
    assert Event.objects.filter(name="reminder_rule.switched_on", actor=admin).count() == 1


@pytest.mark.parametrize("name", ["password", "sealed_token", "client_secret", "digest"])
def test_of_secrets_only_that_they_changed_is_told(name):
    told = differences.between({name: CANARY, "host": "a"}, {name: f"{CANARY}2", "host": "b"})
    assert told == {name: ["•••", "•••"], "host": ["a", "b"]}
    assert differences.between({name: ""}, {name: CANARY}) == {name: ["", "•••"]}
    assert CANARY not in json.dumps(told)


def test_no_form_of_the_settings_lets_a_secret_into_the_log(admin):
    """Each field that takes a secret, on every form where one is typed, is filled with the canary."""
    web = Client()
    web.force_login(admin)
    server = {
        "enabled": "on", "host": "smtp.example.com", "port": "587", "security": "starttls", "username": "crm",
        "password": CANARY, "from_name": "CRM", "from_address": "crm@example.com", "daily_limit": "100",
    }  # fmt: skip
    assert web.post(reverse("core:mail-server"), server).status_code in (302, 422)
    web.post(reverse("core:mail-server"), {**server, "password": f"{CANARY}-2"})
    web.post(reverse("core:webhook-secret-change"))
    Client().post(reverse("accounts:login"), {"login": admin.email, "username": admin.email, "password": CANARY})
    web.post(reverse("accounts:profile"), {"old_password": CANARY, "new_password1": CANARY, "new_password2": CANARY})
    page = web.post(reverse("api:key-create"), {"name": "Zapier", "scopes": ["crm:read"], "days": "90"})
    (secret,) = set(re.findall(r"crm_[\w-]{40,}", page.content.decode()))
    written = json.dumps(list(Event.objects.values("name", "data", "request", "key_name")), default=str)
    for name in ("mail_server.changed", "webhook_secret.changed", "user.api_key_created", "user.sign_in_failed"):
        assert name in written, name
    for secret_text in (CANARY, "whsec_", secret):
        assert secret_text not in written
