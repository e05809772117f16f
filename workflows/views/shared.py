"""What the views of this app have in common: finding a workflow, and answering a builder."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from core.conditions import registry as conditions
from invoices.views.answers import by_htmx, needs, toast, told
from workflows import flow_editing
from workflows.definition import Definition
from workflows.models import Workflow
from workflows.services import drafting

VIEW, ENROL, MANAGE = "workflows.view", "workflows.enrol", "workflows.manage"
CLOSED: dict[str, Any] = {"builder:changed": {}, "drawer:close": {}}

__all__ = [
    "CLOSED",
    "ENROL",
    "MANAGE",
    "VIEW",
    "by_htmx",
    "edit",
    "find_workflow",
    "in_drawer",
    "needs",
    "not_yet_refused",
    "of_records",
    "toast",
    "told",
]


def find_workflow(pk: int) -> Workflow:
    """The workflow, or 404."""
    return get_object_or_404(Workflow.objects.select_related("published", "owner"), pk=pk)


def of_records(user: Any, object_type: str) -> None:
    """Raises PermissionDenied for who may not see the records that a workflow is about."""
    if not conditions.may_use(object_type, user):
        raise PermissionDenied(_("You may not see these records, so you can’t see what workflows do with them."))


def in_drawer(request: HttpRequest, template: str, context: dict[str, Any], *, refused: bool = False) -> HttpResponse:
    """A fragment for the side panel, or the same as a page of its own."""
    whole = {"template": template, "in_panel": by_htmx(request), **context}
    page = template if by_htmx(request) else "workflows/panel_page.html"
    return render(request, page, whole, status=422 if refused else 200)


def edit(
    request: HttpRequest, workflow: Workflow, change: Callable[[Definition], Definition], *, saying: str = ""
) -> HttpResponse:
    """Change the draft and let the builder show it; what can't be done is told."""
    try:
        drafting.edit(workflow, change, by=request.user)
    except flow_editing.Gone as gone:
        raise Http404 from gone
    except flow_editing.NotPossible as refused:
        return told(toast(str(refused), "warning")) if by_htmx(request) else redirect("workflows:builder", workflow.pk)
    if not by_htmx(request):
        return redirect("workflows:builder", workflow.pk)
    return told({**CLOSED, **(toast(saying) if saying else {})})


def not_yet_refused(form: Any) -> None:
    """Only what else to ask was chosen: the form shows what was typed, and refuses nothing yet."""
    form._errors = {}
