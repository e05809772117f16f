"""Edits of a draft: each reads what the draft is now, so that two builders at once lose nothing."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from core.access import needs
from workflows.definition import Definition
from workflows.models import Workflow, WorkflowVersion
from workflows.services import workflows


@needs("workflows.manage")
@transaction.atomic
def edit(workflow: Workflow, change: Callable[[Definition], Definition], *, by: Any) -> Workflow:
    """Keep what ``change`` makes of the draft as it is now; what it raises goes through, and nothing is kept."""
    fresh = Workflow.objects.select_for_update(of=("self",)).get(pk=workflow.pk)
    made = change(fresh.draft)
    return fresh if made == fresh.draft else workflows.save_draft(fresh, made, by=by)


@needs("workflows.manage")
def take_version(workflow: Workflow, version: WorkflowVersion, *, by: Any) -> Workflow:
    """Begin again from a published version: the draft becomes what that is."""
    return workflows.save_draft(workflow, version.definition, by=by)
