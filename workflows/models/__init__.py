"""The tables of workflows."""

from workflows.models.definitions import Workflow, WorkflowVersion
from workflows.models.runs import Enrolment, EventFloor, HandledEvent, MadeRecord, Matching, StepRun

__all__ = [
    "Enrolment",
    "EventFloor",
    "HandledEvent",
    "MadeRecord",
    "Matching",
    "StepRun",
    "Workflow",
    "WorkflowVersion",
]
