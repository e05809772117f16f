"""The builder: the whole page, its flow, what starts it, and what is done with the workflow as a whole."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.conditions import registry as conditions
from workflows import page_queries as queries
from workflows import records
from workflows.finding import records_like
from workflows.flow_page import flow_view
from workflows.forms.trigger import ConditionsForm, RulesForm, TriggerForm
from workflows.forms.workflow import NameForm
from workflows.models import Workflow
from workflows.services import drafting, enrolments, existing, workflows
from workflows.views.shared import (
    MANAGE,
    VIEW,
    by_htmx,
    edit,
    find_workflow,
    in_drawer,
    needs,
    not_yet_refused,
    of_records,
)


def _context(request: HttpRequest, workflow: Workflow) -> dict[str, Any]:
    object_type = str(workflow.draft.get("object"))
    of_records(request.user, object_type)
    problems = workflows.problems(workflow.draft)
    published = workflow.published
    return {
        "workflow": workflow,
        "kind": records.label_of(object_type),
        "flow": flow_view(workflow.draft, problems, request.user),
        "may_manage": request.user.has_perm(MANAGE) and workflow.archived_at is None,
        "changed": published is None or published.definition != workflow.draft,
        "counts": queries.counts_of([workflow.pk], request.user)[workflow.pk],
        "tab": "builder",
    }


@require_GET
@needs(VIEW)
def builder(request: HttpRequest, pk: int) -> HttpResponse:
    """The workflow as it is built; asked by htmx only its flow."""
    workflow = find_workflow(pk)
    context = _context(request, workflow)
    if by_htmx(request):
        # What can be done with it depends on whether there are changes to publish.
        return render(request, "workflows/_builder.html", {**context, "swapped": True})
    if request.GET.get("asks") == "existing" and context["may_manage"] and workflow.existing_to is None:
        context["existing"] = existing.count(workflow)
        context["existing_words"] = f"{existing.COUNTED}+" if context["existing"] > existing.COUNTED else None
    return render(request, "workflows/builder.html", context)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def trigger(request: HttpRequest, pk: int) -> HttpResponse:
    """What starts the workflow."""
    return _growing_form(request, pk, TriggerForm, "workflows/_trigger_form.html", lambda chosen: {"trigger": chosen})


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def enrolment_conditions(request: HttpRequest, pk: int) -> HttpResponse:
    """Which records are enrolled."""
    workflow = find_workflow(pk)
    initial = {"where": workflow.draft.get("conditions") or {}}
    form = ConditionsForm(
        request.POST or None, object_type=workflow.draft["object"], user=request.user, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        where = form.cleaned_data["where"] or None
        return edit(request, workflow, lambda draft: {**draft, "conditions": where})
    context = {"workflow": workflow, "form": form}
    return in_drawer(request, "workflows/_conditions_form.html", context, refused=bool(form.errors))


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def rules(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether records come again, and who is left alone."""
    return _growing_form(request, pk, RulesForm, "workflows/_rules_form.html", lambda chosen: chosen)


def _growing_form(
    request: HttpRequest,
    pk: int,
    form_class: type[TriggerForm] | type[RulesForm],
    template: str,
    part: Callable[[Any], dict[str, Any]],
) -> HttpResponse:
    """A form whose next fields depend on what is chosen: a POST that ``asks`` shows them, any other one is kept.

    ``part`` makes of what was chosen the part of the definition that it replaces.
    """
    workflow = find_workflow(pk)
    data = request.POST if request.method == "POST" else None
    form = form_class(data, definition=workflow.draft, user=request.user)
    sent = request.method == "POST" and not request.POST.get("asks")
    if sent and form.is_valid():
        chosen = part(form.chosen())
        return edit(request, workflow, lambda draft: {**draft, **chosen})
    if request.POST.get("asks"):
        not_yet_refused(form)
    return in_drawer(request, template, {"workflow": workflow, "form": form}, refused=sent)


@require_http_methods(["GET", "POST"])
@needs(MANAGE)
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Name, description and owner."""
    workflow = find_workflow(pk)
    initial = {"name": workflow.name, "description": workflow.description, "owner": workflow.owner_id}
    form = NameForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        workflows.rename(workflow, by=request.user, **form.cleaned_data)
        return _to_builder(request, pk)
    context = {"workflow": workflow, "form": form}
    return in_drawer(request, "workflows/_name_form.html", context, refused=bool(form.errors))


def _to_builder(request: HttpRequest, pk: int) -> HttpResponse:
    if by_htmx(request):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return redirect("workflows:builder", pk)


@require_POST
@needs(MANAGE)
def act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Publish, switch on or off, clone, archive, restore, or forget what was changed since the last version."""
    workflow = find_workflow(pk)
    if act not in ACTS:
        raise Http404(act)
    try:
        to, said = ACTS[act](workflow, request.user)
    except workflows.NotReady as unready:
        messages.error(request, unready.problems[0].text)
        return redirect("workflows:builder", pk)
    except (workflows.NotPossible, enrolments.NotPossible) as refused:
        messages.error(request, str(refused))
        return redirect("workflows:builder", pk)
    messages.success(request, said)
    switched_on = act in ("on", "publish-and-switch")
    return redirect(reverse("workflows:builder", args=[to]) + ("?asks=existing" if switched_on else ""))


def _publish(workflow: Workflow, by: Any) -> tuple[int, str]:
    version = workflows.publish(workflow, by=by)
    if not workflow.enabled:
        return workflow.pk, _("Version %d is published. Switch the workflow on to let it work.") % version.number
    return workflow.pk, _("Version %d is published. Records that are under way finish on theirs.") % version.number


def _publish_and_switch(workflow: Workflow, by: Any) -> tuple[int, str]:
    workflows.publish(workflow, by=by)
    workflows.switch(workflow, on=True, by=by)
    return workflow.pk, _("The workflow is on. What happens from now on enrols records.")


def _on(workflow: Workflow, by: Any) -> tuple[int, str]:
    workflows.switch(workflow, on=True, by=by)
    return workflow.pk, _("The workflow is on. What happens from now on enrols records.")


def _off(workflow: Workflow, by: Any) -> tuple[int, str]:
    workflows.switch(workflow, on=False, by=by)
    return workflow.pk, _("The workflow is off. Records that are under way go on.")


def _existing(workflow: Workflow, by: Any) -> tuple[int, str]:
    existing.ask(workflow, by=by)
    return workflow.pk, _("They are being enrolled, slice by slice, behind everything else.")


def _clone(workflow: Workflow, by: Any) -> tuple[int, str]:
    return workflows.clone(workflow, by=by).pk, _("This is the copy. It is switched off.")


def _archive(workflow: Workflow, by: Any) -> tuple[int, str]:
    workflows.archive(workflow, by=by)
    return workflow.pk, _("The workflow is archived. Its runs stay.")


def _restore(workflow: Workflow, by: Any) -> tuple[int, str]:
    workflows.restore(workflow, by=by)
    return workflow.pk, _("The workflow is back, switched off.")


def _discard(workflow: Workflow, by: Any) -> tuple[int, str]:
    if workflow.published is None:
        raise workflows.NotPossible(_("Nothing is published yet."))
    drafting.take_version(workflow, workflow.published, by=by)
    return workflow.pk, _("The draft is what is published again.")


ACTS = {
    "publish": _publish,
    "publish-and-switch": _publish_and_switch,
    "on": _on,
    "off": _off,
    "enrol-existing": _existing,
    "clone": _clone,
    "archive": _archive,
    "restore": _restore,
    "discard": _discard,
}


@require_GET
@needs(VIEW)
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """The draft as a file."""
    workflow = find_workflow(pk)
    of_records(request.user, str(workflow.draft.get("object")))
    name = slugify(workflow.name) or "workflow"
    return JsonResponse(
        workflows.export_json(workflow),
        json_dumps_params={"indent": 2, "ensure_ascii": False},
        headers={"Content-Disposition": f'attachment; filename="{name}.json"'},
    )


@require_http_methods(["GET", "POST"])
@needs(VIEW)
def test_run(request: HttpRequest, pk: int) -> HttpResponse:
    """What each step would do for a chosen record; nothing is done."""
    workflow = find_workflow(pk)
    object_type = str(workflow.draft.get("object"))
    of_records(request.user, object_type)
    context: dict[str, Any] = {"workflow": workflow, "kind": records.label_of(object_type), "object_type": object_type}
    problems = workflows.problems(workflow.draft)
    context["problems"] = problems
    record = _record(request, object_type)
    if record is not None and not problems:
        context |= {"record": record, "steps": workflows.dry_run(workflow.draft, record, owner=workflow.owner)}
        context["fits"] = queries.fits(workflow.draft, object_type, record)
    refused = request.method == "POST" and record is None
    context["missing"] = refused
    return in_drawer(request, "workflows/_test.html", context, refused=refused)


def _record(request: HttpRequest, object_type: str) -> Any:
    pk = request.POST.get("record", "") or request.GET.get("record", "")
    if not pk.isdecimal() or len(pk) > 18:
        return None
    return conditions.objects[object_type].visible_to(request.user).filter(pk=int(pk)).first()


@require_GET
@needs(VIEW)
def record_choices(request: HttpRequest, object_type: str) -> HttpResponse:
    """Records for the picker of a test run."""
    if object_type not in records.kinds():
        raise Http404(object_type)
    of_records(request.user, object_type)
    return JsonResponse(records_like(object_type, request.GET.get("q", ""), request.user), safe=False)


@require_GET
@needs(VIEW)
def versions(request: HttpRequest, pk: int) -> HttpResponse:
    """What was published, the newest first."""
    workflow = find_workflow(pk)
    of_records(request.user, str(workflow.draft.get("object")))
    rows = workflow.versions.select_related("published_by").order_by("-number")[:100]
    context = {
        "workflow": workflow, "versions": queries.with_open(workflow.pk, rows, request.user), "tab": "versions",
        "counts": queries.counts_of([pk], request.user)[pk], "may_manage": request.user.has_perm(MANAGE),
    }  # fmt: skip
    return render(request, "workflows/versions.html", context)


@require_GET
@needs(VIEW)
def version(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version as it was published."""
    workflow = find_workflow(pk)
    found = get_object_or_404(workflow.versions.select_related("published_by"), number=number)
    of_records(request.user, str(found.definition.get("object")))
    context = {
        "workflow": workflow, "version": found, "flow": flow_view(found.definition, [], request.user),
        "may_manage": request.user.has_perm(MANAGE) and workflow.archived_at is None, "tab": "versions",
        "counts": queries.counts_of([pk], request.user)[pk],
        "kind": records.label_of(str(found.definition.get("object"))),
    }  # fmt: skip
    return render(request, "workflows/version.html", context)


@require_POST
@needs(MANAGE)
def version_take(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Begin again from an earlier version."""
    workflow = find_workflow(pk)
    found = get_object_or_404(workflow.versions, number=number)
    drafting.take_version(workflow, found, by=request.user)
    messages.success(request, _("The draft is version %d now. Publish it to use it.") % number)
    return redirect("workflows:builder", pk)
