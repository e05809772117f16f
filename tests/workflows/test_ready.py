"""Ready workflows: each one can be published as it is, up to what only its owner knows."""

import pytest
from django.utils import timezone

from crm.services import pipelines
from invoices.models import Invoice
from qbo_connector.models import Connection
from workflows.conditions import rows
from workflows.ready import all_ready
from workflows.services import workflows
from workflows.words import duration_words, step_words, trigger_words

pytestmark = pytest.mark.django_db
MISSING = {"slack-payments": ["Address of the incoming webhook is missing."]}


@pytest.mark.parametrize("ready", all_ready(), ids=lambda each: each.key)
def test_a_ready_workflow_has_no_problems(ready, boss):
    pipelines.ensure_default()

    made = workflows.create(name=str(ready.name), by=boss, definition=ready.definition())

    assert [problem.text for problem in workflows.problems(made.draft)] == MISSING.get(ready.key, [])
    assert made.draft["object"] == ready.object_type
    assert trigger_words(made.draft)
    assert all(step_words(step, ready.object_type) for step in made.draft["steps"] if "branches" not in step)


@pytest.mark.parametrize(
    ("amount", "unit", "words"), [(1, "minutes", "1 minute"), (2, "hours", "2 hours"), (1, "weeks", "1 week")]
)
def test_durations_are_counted_as_people_do(amount, unit, words):
    assert duration_words({"amount": amount, "unit": unit}) == words


def test_ready_workflows_are_those_that_people_look_for():
    assert [each.key for each in all_ready()] == [
        "follow-up", "dunning", "slack-payments", "invoice-won", "move-paid", "payment-due", "pay-vendor",
        "bank-deposit", "unsent-invoices",
    ]  # fmt: skip


def test_the_reminder_before_the_due_date_leaves_alone_what_is_overdue():
    company = Connection.objects.create(environment="simulator", realm_id="1001", company_name="Sample Company")
    definition = next(each for each in all_ready() if each.key == "payment-due").definition()
    today = timezone.localdate()
    made = {
        status: Invoice.objects.create(
            connection=company,
            number=status,
            status=status,
            total=9,
            balance=9,
            currency="USD",
            issued_on=today,
            due_on=today,
        )
        for status in ("waiting", "sent", "overdue")
    }

    assert {row.pk for row in rows(definition["conditions"], "invoice")} == {made["waiting"].pk, made["sent"].pk}
