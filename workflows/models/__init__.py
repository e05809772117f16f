"""The tables of workflows."""

from workflows.models.definitions import Workflow, WorkflowVersion
from workflows.models.runs import Enrolment, MadeRecord, Matching, StepRun

__all__ = ["Enrolment", "MadeRecord", "Matching", "StepRun", "Workflow", "WorkflowVersion"]
