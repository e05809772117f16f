"""What workflows did: lists of runs, a run step by step, cards of records, enrolment by hand, stopping and retrying."""

import pytest
from django.urls import reverse

from core.models import ListJob
from core.tables import jobs
from crm.services import companies
from tests.makers import user
from tests.workflows.makers import carry_on, step, workflow_of
from workflows.models import Enrolment
from workflows.services import enrolments
from workflows.steps.registry import Failed

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def web(client, boss):
    """The boss's browser."""
    client.force_login(boss)
    return client


@pytest.fixture
def resting(boss):
    """A workflow that rests a day, on."""
    return workflow_of(boss, step("s1", "rest"), step("s2", "stop"))


def page(web, name, *args, **data):
    return web.get(reverse(f"workflows:{name}", args=args), data).content.decode()


def enrolled(workflow, record, boss):
    """One record in a workflow, as far as it goes at once."""
    [pk] = enrolments.enrol_by_hand(workflow, "company", [record.pk], by=boss).ids
    carry_on()
    return Enrolment.objects.get(pk=pk)


def test_a_run_is_told_step_by_step(web, boss, acme, resting):
    run = enrolled(resting, acme, boss)

    listed = page(web, "runs", resting.pk)
    assert "Acme" in listed
    assert "Waiting" in listed
    assert "No runs in this state" in page(web, "runs", resting.pk, state="failed")
    told = page(web, "run", run.pk)
    for words in ("Acme", "in Greeting, version 1", "Enrolled by hand", "Rest", "Stop"):
        assert words.lower() in told.lower(), words


def test_a_run_that_waits_for_something_to_happen_says_when_it_is_checked(web, boss, acme, resting):
    enrolled(resting, acme, boss)
    waking = workflow_of(boss, step("s1", "rest", wakes=True))
    run = enrolled(waking, acme, boss)

    assert "goes on" in page(web, "runs", resting.pk)
    assert "checked again" in page(web, "runs", waking.pk)
    assert "goes on" not in page(web, "runs", waking.pk)
    assert "Checked again" in page(web, "run", run.pk)


def test_a_run_is_stopped(web, boss, acme, resting):
    run = enrolled(resting, acme, boss)
    web.post(reverse("workflows:run-act", args=[run.pk, "stop"]))
    run.refresh_from_db()
    assert run.state == "stopped"
    assert "Stopped by" in page(web, "run", run.pk)
    another = enrolled(resting, acme, boss)
    web.post(reverse("workflows:runs-act", args=[resting.pk, "stop"]))
    another.refresh_from_db()
    assert another.state == "stopped"


def test_what_failed_is_tried_again(web, boss, acme, add_type):
    add_type("break", lambda _settings, _run: Failed("The bridge is closed."))
    workflow = workflow_of(boss, step("s1", "break"))
    run = enrolled(workflow, acme, boss)
    assert run.state == "failed"
    assert "The bridge is closed." in page(web, "run", run.pk)
    assert "Retry from the failed step" in page(web, "run", run.pk)
    add_type("break", lambda _settings, _run: Failed("Still closed."))

    web.post(reverse("workflows:run-act", args=[run.pk, "retry"]))
    run.refresh_from_db()
    assert run.state == "running"
    carry_on()
    assert "Still closed." in page(web, "run", run.pk)
    web.post(reverse("workflows:runs-act", args=[workflow.pk, "retry"]))
    run.refresh_from_db()
    assert run.state == "running"


def test_a_record_shows_its_workflows_and_is_enrolled_from_its_page(web, boss, acme, resting):
    assert "No workflows." in page(web, "company-card", acme.pk)
    form = reverse("workflows:record-enrol", args=["company", acme.pk])
    assert "Greeting" in web.get(form, **HTMX).content.decode()

    assert web.post(form, {"workflow": str(resting.pk)}, **HTMX).headers["HX-Refresh"] == "true"
    carry_on()
    assert "Greeting" in page(web, "company-card", acme.pk)
    assert web.post(form, {"workflow": "999"}, **HTMX).status_code == 422


def test_chosen_rows_of_a_list_are_enrolled(web, boss, acme, resting):
    act = reverse("tables:act", args=["company", "enrol"])
    assert "Greeting" in web.get(act, {"ids": str(acme.pk)}, **HTMX).content.decode()

    web.post(act, {"ids": str(acme.pk), "workflow": str(resting.pk)}, **HTMX)

    job = ListJob.objects.get()
    if job.finished_at is None:
        jobs.work(job.pk)
    assert list(resting.enrolments.values_list("record_id", flat=True)) == [acme.pk]


def test_runs_are_for_those_who_may_see_the_records(client, boss, acme, resting):
    run = enrolled(resting, acme, boss)
    client.force_login(user())
    assert client.get(reverse("workflows:run", args=[run.pk])).status_code == 200
    assert client.post(reverse("workflows:run-act", args=[run.pk, "stop"])).status_code == 403


def test_the_pages_of_runs_cost_the_same_for_many(web, boss, resting, django_assert_max_num_queries):
    for number in range(20):
        enrolled(resting, companies.create(by=boss, name=f"Company {number}"), boss)
    with django_assert_max_num_queries(8):
        page(web, "runs", resting.pk)
