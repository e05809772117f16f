"""Steps of a draft: choose a type, give its settings, move, copy, remove; branches of a step."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from workflows import flow_editing
from workflows.definition import BRANCH
from workflows.forms.step import StepForm
from workflows.forms.trigger import ConditionsForm
from workflows.models import Workflow
from workflows.steps.registry import StepType, step_types, types_for
from workflows.views.shared import MANAGE, edit, find_workflow, in_drawer, needs, not_yet_refused


def _place(request: HttpRequest) -> tuple[str, int]:
    """The lane and the place in it that the address or the form names."""
    asked = request.POST if request.method == "POST" else request.GET
    index = asked.get("index", "")
    return asked.get("lane", ""), int(index) if index.isdecimal() and len(index) < 5 else 10_000


def _type(name: str, object_type: str) -> StepType:
    known = step_types.get(name)
    if known is None or not known.fits(object_type):
        raise Http404(name)
    return known


def _step(workflow: Workflow, step: str) -> flow_editing.Placed:
    try:
        return flow_editing.find(workflow.draft, step)
    except flow_editing.Gone as gone:
        raise Http404(step) from gone


@require_GET
@needs(MANAGE)
def step_choose(request: HttpRequest, pk: int) -> HttpResponse:
    """The types of steps, by group, to put one at a place."""
    workflow = find_workflow(pk)
    groups: dict[str, list[StepType]] = {}
    for each in types_for(workflow.draft["object"]):
        groups.setdefault(str(each.group), []).append(each)
    lane, index = _place(request)
    context = {"workflow": workflow, "groups": groups, "lane": lane, "index": index}
    return in_drawer(request, "workflows/_step_choose.html", context)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def step_add(request: HttpRequest, pk: int, step_type: str) -> HttpResponse:
    """A new step with its settings; a branch has none to begin with."""
    workflow = find_workflow(pk)
    known = _type(step_type, workflow.draft["object"])
    lane, index = _place(request)
    if not known.fields and (request.method == "POST" or known.name == BRANCH):
        return edit(request, workflow, lambda draft: flow_editing.add(draft, known.name, {}, lane, index)[0])
    form = _form(request, workflow, known, {})
    if _sent(request) and form.is_valid():
        chosen = form.chosen()
        return edit(request, workflow, lambda draft: flow_editing.add(draft, known.name, chosen, lane, index)[0])
    context = {"workflow": workflow, "form": form, "type": known, "lane": lane, "index": index}
    return _shown(request, context, form)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def step_edit(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """The settings of a step."""
    workflow = find_workflow(pk)
    found = _step(workflow, step).step
    known = _type(str(found["type"]), workflow.draft["object"])
    form = _form(request, workflow, known, found.get("settings") or {})
    if _sent(request) and form.is_valid():
        chosen = form.chosen()
        return edit(request, workflow, lambda draft: flow_editing.put_settings(draft, step, chosen))
    return _shown(request, {"workflow": workflow, "form": form, "type": known, "step": found}, form)


def _sent(request: HttpRequest) -> bool:
    return request.method == "POST" and not request.POST.get("asks")


def _form(request: HttpRequest, workflow: Workflow, known: StepType, settings: dict[str, Any]) -> StepForm:
    """The form as it was sent; asked again for other fields it shows what was typed and refuses nothing yet."""
    data = request.POST if request.method == "POST" else None
    form = StepForm(data, step_type=known, object_type=workflow.draft["object"], settings=settings, user=request.user)
    if request.POST.get("asks"):
        not_yet_refused(form)
    return form


def _shown(request: HttpRequest, context: dict[str, Any], form: StepForm) -> HttpResponse:
    return in_drawer(request, "workflows/_step_form.html", context, refused=_sent(request) and bool(form.errors))


@require_POST
@needs(MANAGE)
def step_act(request: HttpRequest, pk: int, step: str, act: str) -> HttpResponse:
    """Move a step up, down or to a place, copy it, or remove it."""
    workflow = find_workflow(pk)
    _step(workflow, step)
    lane, index = _place(request)
    acts = {
        "up": lambda draft: flow_editing.shift(draft, step, -1),
        "down": lambda draft: flow_editing.shift(draft, step, 1),
        "move": lambda draft: flow_editing.move(draft, step, lane, index),
        "copy": lambda draft: flow_editing.duplicate(draft, step)[0],
        "remove": lambda draft: flow_editing.remove(draft, step),
        "add-branch": lambda draft: flow_editing.add_branch(draft, step)[0],
    }
    if act not in acts:
        raise Http404(act)
    return edit(request, workflow, acts[act], saying=_("Step removed.") if act == "remove" else "")


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def branch_edit(request: HttpRequest, pk: int, step: str, branch: str) -> HttpResponse:
    """Name and conditions of a branch."""
    workflow = find_workflow(pk)
    try:
        found = flow_editing.branch_of(workflow.draft, step, branch)
    except flow_editing.Gone as gone:
        raise Http404(branch) from gone
    initial = {"name": found.get("name"), "where": found.get("conditions") or {}}
    form = ConditionsForm(
        request.POST or None, object_type=workflow.draft["object"], user=request.user, named=True, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        name, where = form.cleaned_data["name"], form.cleaned_data["where"]
        return edit(
            request, workflow,
            lambda draft: flow_editing.put_branch(draft, step, branch, name=name, conditions=where),
        )  # fmt: skip
    context = {"workflow": workflow, "form": form, "step": step, "branch": found}
    return in_drawer(request, "workflows/_branch_form.html", context, refused=bool(form.errors))


@require_POST
@needs(MANAGE)
def branch_act(request: HttpRequest, pk: int, step: str, branch: str, act: str) -> HttpResponse:
    """Ask a branch earlier or later, or remove it with its steps."""
    workflow = find_workflow(pk)
    acts = {
        "up": lambda draft: flow_editing.shift_branch(draft, step, branch, -1),
        "down": lambda draft: flow_editing.shift_branch(draft, step, branch, 1),
        "remove": lambda draft: flow_editing.remove_branch(draft, step, branch),
    }
    if act not in acts:
        raise Http404(act)
    return edit(request, workflow, acts[act])
