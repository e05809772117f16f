"""Workflows: make, change, publish, switch, copy, archive; what is wrong with one, and what it would do."""

import copy
import datetime
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.audit import differences
from core.events import emit
from workflows import dry_runs, sharing
from workflows.definition import Definition, placed
from workflows.dry_runs import DryStep
from workflows.enums import TriggerKind
from workflows.models import Matching, Workflow, WorkflowVersion
from workflows.problems import Problem, find_problems
from workflows.steps.registry import step_types
from workflows.triggers import begin_watching

NEW: dict[str, Any] = {
    "object": "deal",
    "trigger": {"kind": TriggerKind.MANUAL.value},
    "conditions": None,
    "again": "never",
    "suppress": [],
    "steps": [],
}
LONGEST_NAME = 120


class NotPossible(ValueError):
    """This can't be done with the workflow; the message says why."""


class NotReady(NotPossible):
    """The draft can't be published; ``problems`` say what to mend."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(problem.text for problem in problems))
        self.problems = problems


@needs("workflows.manage")
@transaction.atomic
def create(
    *, name: str, by: Any, description: str = "", definition: Definition | None = None, owner: Any = None
) -> Workflow:
    """A new workflow, switched off, with ``definition`` as its draft. Raises NotPossible."""
    workflow = Workflow(
        name=_named(name),
        description=description.strip(),
        owner=owner or by,
        draft=copy.deepcopy(dict(definition)) if definition is not None else copy.deepcopy(NEW),
    )
    workflow.save(force_insert=True)
    emit("workflow.created", workflow, by=by, title=workflow.name)
    return workflow


@needs("workflows.manage")
@transaction.atomic
def rename(workflow: Workflow, *, name: str, description: str, owner: Any, by: Any) -> Workflow:
    """Write its name, description and owner. Raises NotPossible."""
    fresh = _locked(workflow)
    before = differences.values_of(fresh, ("name", "description", "owner"))
    fresh.name, fresh.description, fresh.owner = _named(name), description.strip(), owner
    fresh.updated_at = timezone.now()
    fresh.save(update_fields=["name", "description", "owner", "updated_at"])
    emit("workflow.changed", fresh, by=by, title=fresh.name, changes=differences.since(before, fresh))
    return fresh


@needs("workflows.manage")
@transaction.atomic
def save_draft(
    workflow: Workflow, definition: Definition, *, by: Any, seen: datetime.datetime | None = None
) -> Workflow:
    """Keep what was built so far, whatever is wrong with it.

    Raises NotPossible where somebody else saved after ``seen``, the ``updated_at`` that the builder started from.
    """
    fresh = _locked(workflow)
    if seen is not None and fresh.updated_at != seen:
        raise NotPossible(_("Somebody else changed this workflow meanwhile. Load the page again to see it."))
    fresh.draft = copy.deepcopy(dict(definition))
    fresh.updated_at = timezone.now()
    fresh.save(update_fields=["draft", "updated_at"])
    return fresh


@needs("workflows.manage")
@transaction.atomic
def publish(workflow: Workflow, *, by: Any) -> WorkflowVersion:
    """Make the draft the version that new enrolments run through; those under way finish on theirs.

    Publishing what is published already gives that version. Raises NotReady with everything that is wrong, and what
    ``by`` may not have done by a workflow.
    """
    fresh = _locked(workflow)
    found = [*problems(fresh.draft), *_not_allowed(fresh.draft, by)]
    if found:
        raise NotReady(found)
    if fresh.published is not None and fresh.published.definition == fresh.draft:
        return fresh.published
    before = fresh.published
    last = fresh.versions.aggregate(last=Max("number"))["last"] or 0
    version = WorkflowVersion.objects.create(
        workflow=fresh, number=last + 1, definition=fresh.draft, published_by=by, published_at=timezone.now()
    )
    fresh.published = version
    fresh.save(update_fields=["published"])
    if fresh.enabled and (before is None or _watches(before.definition) != _watches(fresh.draft)):
        _watch_anew(fresh)
    # What a version says can be read on the workflow's page; here is which parts of it differ.
    parts = sorted(name for name in {*fresh.draft, *(before.definition if before else {})}
                   if before is None or before.definition.get(name) != fresh.draft.get(name))  # fmt: skip
    changes = {"version": [before.number if before else None, version.number]}
    emit("workflow.published", fresh, by=by, title=fresh.name, version=version.number, parts=parts, changes=changes)
    return version


@needs("workflows.manage")
@transaction.atomic
def switch(workflow: Workflow, *, on: bool, by: Any) -> Workflow:
    """Let it enrol records from now on, or no more; those under way go on. Raises NotPossible unless published."""
    fresh = _locked(workflow)
    if fresh.enabled == on:
        return fresh
    if on and fresh.archived_at is not None:
        raise NotPossible(_("An archived workflow can’t be switched on."))
    if on and fresh.published is None:
        raise NotPossible(_("Publish the workflow first."))
    fresh.enabled = on
    fresh.save(update_fields=["enabled"])
    _watch_anew(fresh)
    emit("workflow.switched_on" if on else "workflow.switched_off", fresh, by=by, title=fresh.name)
    return fresh


@needs("workflows.manage")
@transaction.atomic
def clone(workflow: Workflow, *, by: Any, name: str = "") -> Workflow:
    """A copy of its draft under another name, switched off."""
    copied = name.strip() or _("Copy of %s") % workflow.name
    return create(
        name=copied[:LONGEST_NAME], by=by, description=workflow.description, definition=workflow.draft, owner=by
    )


@needs("workflows.manage")
@transaction.atomic
def archive(workflow: Workflow, *, by: Any) -> Workflow:
    """Switch it off and take it out of the list; its runs stay, and those under way go on."""
    fresh = switch(workflow, on=False, by=by)
    if fresh.archived_at is None:
        fresh.archived_at = timezone.now()
        fresh.save(update_fields=["archived_at"])
        emit("workflow.archived", fresh, by=by, title=fresh.name)
    return fresh


@needs("workflows.manage")
@transaction.atomic
def restore(workflow: Workflow, *, by: Any) -> Workflow:
    """Bring an archived one back into the list, switched off."""
    fresh = _locked(workflow)
    if fresh.archived_at is not None:
        fresh.archived_at = None
        fresh.save(update_fields=["archived_at"])
        emit("workflow.restored", fresh, by=by, title=fresh.name)
    return fresh


def problems(definition: Definition) -> list[Problem]:
    """Everything that keeps a definition from being published, each with its place."""
    return find_problems(definition)


def dry_run(definition: Definition, record: Any, *, owner: Any = None) -> list[DryStep]:
    """What each step would do for a record as it is now, in a workflow of ``owner``; nothing is done.

    The definition must have no problems.
    """
    return dry_runs.walk(definition, record, owner=owner)


def export_json(workflow: Workflow) -> dict[str, Any]:
    """The draft with its name, to be kept in a file and brought in elsewhere."""
    return sharing.as_json(workflow)


@needs("workflows.manage")
@transaction.atomic
def import_json(data: Any, *, by: Any) -> Workflow:
    """A new workflow from what ``export_json`` gave; what does not fit here is told by its problems.

    Raises NotPossible for anything else.
    """
    try:
        name, description, definition = sharing.from_json(data)
    except sharing.NotAWorkflow as error:
        raise NotPossible(str(error)) from error
    return create(name=name[:LONGEST_NAME], by=by, description=description, definition=definition)


def _named(name: str) -> str:
    if not name.strip():
        raise NotPossible(_("Give the workflow a name."))
    return name.strip()[:LONGEST_NAME]


def _locked(workflow: Workflow) -> Workflow:
    return Workflow.objects.select_for_update(of=("self",)).select_related("published").get(pk=workflow.pk)


def _watches(definition: Mapping[str, Any]) -> Any:
    """What decides which records are new to it."""
    return [definition.get(key) for key in ("object", "trigger", "conditions")]


def _watch_anew(workflow: Workflow) -> None:
    """Forget what it knew: what is true or past by now enrols nothing."""
    Matching.objects.filter(workflow=workflow).delete()
    workflow.watched_from = timezone.now() if workflow.enabled else None
    workflow.swept_at = workflow.existing_from = workflow.existing_to = None
    workflow.save(update_fields=["watched_from", "swept_at", "existing_from", "existing_to"])
    if workflow.enabled:
        begin_watching(workflow)


def _not_allowed(definition: Definition, by: Any) -> list[Problem]:
    found = []
    for each in placed(definition):
        known = step_types.get(str(each.step.get("type")))
        if known is not None and known.permission and by is not None and not by.has_perm(known.permission):
            text = _("You may not do this yourself, so a workflow of yours can’t: %s.") % known.label
            found.append(Problem((*each.path, "type"), text))
    return found
