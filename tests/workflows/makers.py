"""Makers of what the tests of workflows start from."""

import datetime

from django.utils import timezone

from core.models import Event
from crm.models import Company
from crm.services import companies
from workflows import engine, triggers
from workflows.models import Enrolment, Workflow
from workflows.services import workflows
from workflows.steps.registry import Done, StepType, Wait

LATER = datetime.timedelta(hours=1)


def step(pk, kind, **settings):
    """A step."""
    return {"id": pk, "type": kind, "settings": settings}


def workflow_of(by, *steps, about="company", **more):
    """A workflow that is on."""
    definition = {
        "object": about,
        "trigger": {"kind": "manual"},
        "conditions": None,
        "again": "each_time",
        "suppress": [],
        "steps": list(steps),
        **more,
    }
    made = workflows.create(name="Greeting", by=by, definition=definition)
    workflows.publish(made, by=by)
    return workflows.switch(made, on=True, by=by)


def on_event(name, **more):
    """The trigger for an event."""
    return {"kind": "event", "event": name, **more}


def tell(*events):
    """Tell workflows of events, of all there are where none are given."""
    triggers.react([event.pk for event in events] or list(Event.objects.order_by("pk").values_list("pk", flat=True)))


def carry_on(now=None):
    """Carry on whatever is due, as a worker does."""
    for pk, token in engine.lease(now):
        engine.advance(pk, token)


def enrolment():
    """The only one there is."""
    return Enrolment.objects.get()


def states():
    """The state of each step by its id."""
    return {run.step_id: run.state for run in enrolment().steps.order_by("pk")}


def make_company(settings, run):
    """A step that makes a company: easily counted."""
    made = companies.create(by=None, name=f"Made by {run.step_id}")
    run.note(made)
    return Done("Made a company.", {"company": made.pk})


def wait_a_day(settings, run):
    """A step that waits for a day, or until something happens to its record."""
    if run.waiting and (run.now >= datetime.datetime.fromisoformat(run.waiting["until"]) or settings.get("wakes")):
        return Done("Waited.")
    until = timezone.now() + datetime.timedelta(days=1)
    return Wait(until, "Waits for a day.", {"until": until.isoformat()}, wakes=bool(settings.get("wakes")))


def fake(name, run):
    """A type of step that does ``run``."""
    return StepType(name, name, "", "Tests", "", lambda _settings, _run: name, run)


def made_by(step_id):
    """How many companies a step made."""
    return Company.objects.filter(name=f"Made by {step_id}").count()


def switch_off():
    """No workflow is on any more."""
    Workflow.objects.update(enabled=False)
