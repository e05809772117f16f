"""What the page of a run shows: its steps in the order in which they happened, and what comes next."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from workflows import deliveries, words
from workflows.definition import Flow
from workflows.deliveries import Delivery
from workflows.enums import OPEN, EnrolmentState, StepState
from workflows.models import Enrolment, StepRun
from workflows.steps.registry import step_types
from workflows.trigger_events import EVENTS

TONES = {
    StepState.DONE: "success",
    StepState.SKIPPED: "neutral",
    StepState.FAILED: "danger",
    StepState.WAITING: "warning",
    StepState.RUNNING: "info",
}
RUN_TONES = {
    EnrolmentState.RUNNING: "info",
    EnrolmentState.WAITING: "warning",
    EnrolmentState.FINISHED: "success",
    EnrolmentState.STOPPED: "neutral",
    EnrolmentState.FAILED: "danger",
}


@dataclass(frozen=True)
class StepLine:
    """A step as it went: what it was set to do, what became of it, and the data behind it."""

    run: StepRun
    label: str
    icon: str
    says: str
    tone: str
    input: Sequence[tuple[str, str]]
    outcome: Sequence[tuple[str, str]]
    deliveries: Sequence[Delivery]


@dataclass(frozen=True)
class RunView:
    """A run with its steps; ``next`` is the step that comes next, in words."""

    tone: str
    cause: str
    steps: Sequence[StepLine]
    next: str
    undelivered: int


def run_view(run: Enrolment, user: Any) -> RunView:
    """The page of a run."""
    definition = run.version.definition
    flow = Flow(definition)
    lines = []
    steps = list(run.steps.order_by("started_at", "pk"))
    messages = deliveries.of_steps(steps)
    for each in steps:
        known = step_types.get(each.step_type)
        step = flow.step(each.step_id) or {}
        labels = {field.name: str(field.label) for field in known.fields} if known else {}
        lines.append(
            StepLine(
                each, str(known.label) if known else each.step_type, known.icon if known else "help",
                words.step_words(step, run.object_type, user), TONES[StepState(each.state)],
                _pairs(each.input, labels), _pairs(each.outcome, {}),
                messages.get(each.pk, ()),
            )
        )  # fmt: skip
    undelivered = sum(each.failed for found in messages.values() for each in found)
    return RunView(RUN_TONES[EnrolmentState(run.state)], cause_words(run), lines, _next(run, flow, lines), undelivered)


def cause_words(run: Enrolment) -> str:
    """What enrolled the record."""
    if run.event is not None:
        known = EVENTS.get(run.event.name)
        return str(known.label) if known else run.event.name
    if run.cause_key.startswith("hand:"):
        return _("Enrolled by hand")
    if run.cause_key.startswith("existing:"):
        return _("It fitted when the workflow was switched on")
    return words.trigger_words(run.version.definition)


def _next(run: Enrolment, flow: Flow, lines: Sequence[StepLine]) -> str:
    if run.state not in OPEN or any(line.run.step_id == run.position for line in lines):
        return ""
    step = flow.step(run.position)
    known = step_types.get(str(step["type"])) if step else None
    return str(known.label) if known else ""


def _pairs(data: Any, labels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Data as lines that a person reads: names in words, lists in a row, objects as JSON."""
    if not isinstance(data, Mapping):
        return []
    return [
        (labels.get(str(name)) or str(name).replace("_", " ").capitalize(), _in_words(value))
        for name, value in data.items()
        if value not in (None, "", [], {})
    ]


def _in_words(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list) and all(isinstance(each, str | int) for each in value):
        return ", ".join(map(str, value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
