"""The list of workflows, and new ones: blank, from a ready one, from a file."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from core.conditions import registry as conditions
from core.paging import SIZES, BadCursor, page_by_key
from core.registry import icon_of
from workflows import flow_editing, records, words
from workflows import page_queries as queries
from workflows.forms.workflow import FileForm, NewForm
from workflows.models import Workflow
from workflows.page_queries import Counts
from workflows.ready import all_ready
from workflows.services import workflows
from workflows.views.shared import MANAGE, VIEW, needs

TABS = (
    ("", gettext_lazy("All")),
    ("on", gettext_lazy("On")),
    ("off", gettext_lazy("Off")),
    ("archived", gettext_lazy("Archived")),
)


@dataclass(frozen=True)
class Line:
    """A workflow in the list."""

    workflow: Workflow
    kind: str
    icon: str
    starts: str
    counts: Counts
    changed: bool


@require_GET
@needs(VIEW)
def workflow_list(request: HttpRequest) -> HttpResponse:
    """All workflows, the one changed last first."""
    state, text = request.GET.get("state", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    rows = queries.listed(archived=state == "archived", state=state, text=text)
    size = {str(each): each for each in SIZES}.get(request.GET.get("size", ""), 50)
    try:
        page = page_by_key(rows, sort="-updated_at", cursor=request.GET.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(rows, sort="-updated_at", size=size)
    counts = queries.counts_of([row.pk for row in page.rows], request.user)
    context = {
        "page": page,
        "lines": [_line(row, counts[row.pk]) for row in page.rows],
        "tabs": TABS,
        "state": state,
        "q": text,
        "may_manage": request.user.has_perm(MANAGE),
    }
    return render(request, "workflows/list.html", context)


def _line(row: Workflow, counts: Counts) -> Line:
    definition = row.published.definition if row.published is not None else row.draft
    object_type = str(definition.get("object"))
    changed = row.published is None or row.published.definition != row.draft
    return Line(
        row, records.label_of(object_type), icon_of(object_type), words.trigger_words(definition), counts, changed
    )


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def workflow_create(request: HttpRequest) -> HttpResponse:
    """A new workflow: blank, or one of the ready ones."""
    offered = [each for each in all_ready() if conditions.may_use(each.object_type, request.user)]
    form = NewForm(request.POST if "name" in request.POST else None)
    if request.method == "POST":
        if chosen := request.POST.get("ready"):
            return _from_ready(request, offered, chosen)
        if form.is_valid():
            definition = flow_editing.blank(form.cleaned_data["object"])
            row = workflows.create(name=form.cleaned_data["name"], by=request.user, definition=definition)
            return redirect("workflows:builder", row.pk)
    context = {"form": form, "ready": offered}
    return render(request, "workflows/create.html", context, status=422 if form.errors else 200)


def _from_ready(request: HttpRequest, offered: list[Any], chosen: str) -> HttpResponse:
    found = next((each for each in offered if each.key == chosen), None)
    if found is None:
        raise Http404(chosen)
    made = workflows.create(
        name=str(found.name), description=str(found.text), by=request.user, definition=found.definition()
    )
    messages.success(request, _("The workflow was made, switched off. Look through its steps, then publish it."))
    return redirect("workflows:builder", made.pk)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def workflow_import(request: HttpRequest) -> HttpResponse:
    """A workflow from a file."""
    form = FileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = workflows.import_json(form.cleaned_data["file"], by=request.user)
        except workflows.NotPossible as refused:
            form.add_error("file", str(refused))
        else:
            messages.success(request, _("The workflow was read, switched off. Look through its steps."))
            return redirect("workflows:builder", made.pk)
    return render(request, "workflows/import.html", {"form": form}, status=422 if form.errors else 200)
