"""Addresses in the steps of a workflow are secrets: nobody who reads the database learns them."""

import importlib

import pytest
from django.apps import apps
from django.db import connection as database
from django.db import models
from django.db.models.functions import Cast

from tests.workflows.makers import step, workflow_of
from workflows.models import Workflow, WorkflowVersion

ADDRESS = "https://hooks.slack.com/services/T0/B0/zqcanary"
INNER = "https://hooks.example.com/zqcanary"


@pytest.fixture
def workflow(boss):
    branch = {
        "id": "b", "type": "branch", "settings": {},
        "branches": [{"id": "x", "name": "A", "conditions": None, "steps": [step("c", "webhook", url=INNER, body="")]}],
    }  # fmt: skip
    return workflow_of(boss, step("a", "slack_message", url=ADDRESS, text="Paid"), branch)


def in_database(model, column):
    return model.objects.annotate(text=Cast(column, models.TextField())).values_list("text", flat=True).get()


def test_what_is_stored_of_a_definition_names_no_address(workflow):
    for model, column in ((Workflow, "draft"), (WorkflowVersion, "definition")):
        text = in_database(model, column)
        assert "zqcanary" not in text
        assert text.count("test:") == 2


def test_who_runs_or_builds_it_reads_the_address(workflow):
    fresh = Workflow.objects.select_related("published").get()
    for definition in (fresh.draft, fresh.published.definition):
        assert definition["steps"][0]["settings"] == {"url": ADDRESS, "text": "Paid"}
        assert definition["steps"][1]["branches"][0]["steps"][0]["settings"]["url"] == INNER
    assert fresh.draft == fresh.published.definition, "publishing again makes no version of the same"


def test_an_address_that_no_key_opens_is_asked_for_again(workflow, settings):
    settings.ENCRYPTION_KEYS = ["other:" + "B" * 43 + "="]
    assert Workflow.objects.get().draft["steps"][0]["settings"]["url"] == ""


def test_addresses_of_before_are_encrypted_by_the_migration(workflow):
    with database.cursor() as cursor:
        plain = '{"steps": [{"id": "a", "type": "slack_message", "settings": {"url": "https://zqcanary", "text": ""}}]}'
        cursor.execute("UPDATE workflows_workflow SET draft = %s", [plain])
    assert Workflow.objects.get().draft["steps"][0]["settings"]["url"] == "https://zqcanary"

    importlib.import_module("workflows.migrations.0004_encrypt_addresses").encrypt(apps, None)

    assert "zqcanary" not in in_database(Workflow, "draft")
    assert Workflow.objects.get().draft["steps"][0]["settings"]["url"] == "https://zqcanary"
