"""Workflows as files: what is written, and reading it back with care."""

import copy
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from workflows.definition import Definition
from workflows.models import Workflow

FORMAT = "crm-sync-workflow"
VERSION = 1
KEYS = ("object", "trigger", "conditions", "again", "suppress", "steps")


class NotAWorkflow(ValueError):
    """The file is no workflow; the message says so."""


def as_json(workflow: Workflow) -> dict[str, Any]:
    """The draft with its name."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": workflow.name,
        "description": workflow.description,
        "definition": copy.deepcopy(workflow.draft),
    }


def from_json(data: Any) -> tuple[str, str, Definition]:
    """Name, description and definition. Raises NotAWorkflow."""
    if not isinstance(data, Mapping) or data.get("format") != FORMAT:
        raise NotAWorkflow(_("This file is not a workflow."))
    if data.get("version") != VERSION:
        raise NotAWorkflow(_("This workflow was written by another version of the product."))
    definition, name = data.get("definition"), data.get("name")
    if not isinstance(definition, Mapping) or not isinstance(name, str) or not name.strip():
        raise NotAWorkflow(_("This workflow can’t be read."))
    if not isinstance(definition.get("steps", []), list):
        raise NotAWorkflow(_("This workflow can’t be read."))
    return name, str(data.get("description") or ""), {key: definition[key] for key in KEYS if key in definition}
