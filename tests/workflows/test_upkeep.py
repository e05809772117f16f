"""Messages that did not leave, and runs that are older than is kept."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import MailState, OutgoingMail, OutgoingRequest, RequestState
from tests.workflows.makers import carry_on, enrolment, step, workflow_of
from workflows.models import Enrolment, MadeRecord, StepRun
from workflows.services import enrolments, pruning

pytestmark = pytest.mark.django_db
MAIL = step("a", "send_email", to="address", address="who@example.com", subject="Hello", body="Hello")
SLACK = step("b", "slack_message", url="https://hooks.slack.com/services/x", text="Hello")


@pytest.fixture
def refused(boss, acme):
    """A run that finished, whose e-mail and Slack message were given up afterwards."""
    workflow = workflow_of(boss, MAIL, SLACK)
    enrolments.enrol_by_hand(workflow, "company", [acme.pk], by=boss)
    carry_on()
    now = timezone.now()
    OutgoingMail.objects.update(state=MailState.FAILED, problem="550 no such user", finished_at=now)
    OutgoingRequest.objects.update(state=RequestState.FAILED, problem="refused with status 404", finished_at=now)
    return enrolment()


def test_what_did_not_leave_is_told_in_the_run_and_on_the_health_page(refused, boss, client):
    client.force_login(boss)
    run = client.get(reverse("workflows:run", args=[refused.pk])).content.decode()
    health = client.get(reverse("workflows:health")).content.decode()

    assert refused.state == "finished"
    assert "2 messages did not leave" in run
    for page in (run, health):
        assert "550 no such user" in page
        assert "refused with status 404" in page
    assert reverse("workflows:run-act", args=[refused.pk, "resend"]) in health


def test_it_is_sent_again_from_there_with_the_same_keys(refused, boss, client):
    client.force_login(boss)
    keys = set(OutgoingMail.objects.values_list("key", flat=True))

    page = client.post(reverse("workflows:run-act", args=[refused.pk, "resend"]), follow=True).content.decode()

    assert "2 messages are sent again" in page
    assert set(OutgoingMail.objects.values_list("key", "state")) == {(key, "planned") for key in keys}
    assert set(OutgoingRequest.objects.values_list("state", flat=True)) == {"planned"}
    again = client.post(reverse("workflows:run-act", args=[refused.pk, "resend"]), follow=True).content.decode()
    assert "nothing is sent again" in again


def test_a_failed_run_is_on_the_health_page(boss, acme, client):
    workflow = workflow_of(boss, step("a", "assign_owner", path="", person="999999"))
    enrolments.enrol_by_hand(workflow, "company", [acme.pk], by=boss)
    carry_on()
    client.force_login(boss)

    health = client.get(reverse("workflows:health")).content.decode()

    assert "Acme" in health
    assert "not active any more" in health
    assert reverse("workflows:run-act", args=[enrolment().pk, "retry"]) in health


@pytest.mark.parametrize(("again", "kept"), [("each_time", 0), ("never", 1)])
def test_old_runs_go_but_for_the_memory_of_records_that_may_come_once(boss, acme, settings, again, kept):
    settings.KEEP_RUNS_DAYS = 30
    workflow = workflow_of(boss, step("a", "make"), again=again)
    enrolments.enrol_by_hand(workflow, "company", [acme.pk], by=boss)
    carry_on()
    now = timezone.now()
    assert pruning.prune(now + datetime.timedelta(days=29)) == 0

    assert pruning.prune(now + datetime.timedelta(days=31)) == 1

    assert (StepRun.objects.count(), MadeRecord.objects.count(), Enrolment.objects.count()) == (0, 0, kept)
    assert pruning.prune(now + datetime.timedelta(days=31)) == 0
    again_enrolled = enrolments.enrol_by_hand(workflow, "company", [acme.pk], by=boss)
    assert len(again_enrolled.ids) == 1 - kept


def test_runs_that_go_on_are_never_old(boss, acme):
    enrolments.enrol_by_hand(workflow_of(boss, step("a", "rest")), "company", [acme.pk], by=boss)
    carry_on()

    assert pruning.prune(timezone.now() + datetime.timedelta(days=4000)) == 0
    assert Enrolment.objects.count() == 1
