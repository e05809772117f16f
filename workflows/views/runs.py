"""What workflows did: the runs of a workflow, one run step by step, the card of a record; stop and try again."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import registry
from core.conditions import registry as conditions
from core.paging import SIZES, BadCursor, page_by_key
from workflows import deliveries, records
from workflows import page_queries as queries
from workflows.enums import EnrolmentState
from workflows.models import Enrolment
from workflows.run_fields import visible_to
from workflows.run_page import run_view
from workflows.services import enrolments
from workflows.views.shared import ENROL, MANAGE, VIEW, by_htmx, find_workflow, in_drawer, needs, of_records

TABS = (
    ("", gettext_lazy("All")),
    ("open", gettext_lazy("Under way")),
    (EnrolmentState.FINISHED.value, gettext_lazy("Finished")),
    (EnrolmentState.FAILED.value, gettext_lazy("Failed")),
    (EnrolmentState.STOPPED.value, gettext_lazy("Stopped")),
)
MOST_STOPPED = 10_000


@require_GET
@needs(VIEW)
def run_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The records that went through a workflow, the newest first."""
    workflow = find_workflow(pk)
    of_records(request.user, str(workflow.draft.get("object")))
    state = request.GET.get("state", "")
    size = {str(each): each for each in SIZES}.get(request.GET.get("size", ""), 50)
    rows = queries.runs(workflow, state, request.user)
    try:
        page = page_by_key(rows, sort="-id", cursor=request.GET.get("cursor", ""), size=size)
    except BadCursor:
        page = page_by_key(rows, sort="-id", size=size)
    context = {
        "workflow": workflow, "page": page, "tabs": TABS, "state": state, "tab": "runs",
        "counts": queries.counts_of([pk], request.user)[pk], "may_enrol": request.user.has_perm(ENROL),
        "may_manage": request.user.has_perm(MANAGE), "lines": [(row, record_url(row)) for row in page.rows],
    }  # fmt: skip
    return render(request, "workflows/runs.html", context)


def record_url(run: Enrolment) -> str:
    """The page of the record of a run; empty where there is none."""
    kind = registry.object_types.get(run.object_type)
    return reverse(kind.url_name, args=[run.record_id]) if kind is not None else ""


def _run(request: HttpRequest, pk: int) -> Enrolment:
    rows = visible_to(request.user).select_related("workflow", "version", "event", "event__actor")
    run = get_object_or_404(rows, pk=pk)
    of_records(request.user, run.object_type)
    return run


@require_GET
@needs(VIEW)
def run_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One record's way through a workflow."""
    run = _run(request, pk)
    context = {
        "run": run, "workflow": run.workflow, "record_url": record_url(run), "kind": records.label_of(run.object_type),
        "may_enrol": request.user.has_perm(ENROL), "view": run_view(run, request.user),
    }  # fmt: skip
    return render(request, "workflows/run.html", context)


@require_POST
@needs(ENROL)
def run_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Stop a run, try the step again at which it failed, or send messages again that were given up."""
    run = _run(request, pk)
    if act == "stop":
        stopped = enrolments.stop([run.pk], by=request.user)
        messages.success(request, _("Stopped.") if stopped else _("It had ended already."))
    elif act == "retry":
        try:
            enrolments.retry(run, by=request.user)
        except enrolments.NotPossible as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, _("The step is tried again."))
    elif act == "resend":
        sent = deliveries.send_again(run, by=request.user)
        said = ngettext("%d message is sent again.", "%d messages are sent again.", sent) % sent
        messages.success(request, said if sent else _("Nothing was given up, so nothing is sent again."))
    else:
        raise Http404(act)
    return redirect("workflows:run", pk)


@require_POST
@needs(ENROL)
def runs_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Stop all runs that are under way, or try all again that failed; a few thousand at a time."""
    workflow = find_workflow(pk)
    of_records(request.user, str(workflow.draft.get("object")))
    if act == "stop":
        open_ones = queries.runs(workflow, "open", request.user).order_by("pk")
        ids = list(open_ones.values_list("pk", flat=True)[:MOST_STOPPED])
        count = enrolments.stop(ids, by=request.user)
        messages.success(request, ngettext("%d run was stopped.", "%d runs were stopped.", count) % count)
    elif act == "retry":
        count = 0
        for run in queries.runs(workflow, EnrolmentState.FAILED.value, request.user).order_by("pk")[:MOST_RETRIED]:
            try:
                enrolments.retry(run, by=request.user)
                count += 1
            except enrolments.NotPossible:
                # Somebody else was faster.
                continue
        messages.success(request, ngettext("%d run is tried again.", "%d runs are tried again.", count) % count)
    else:
        raise Http404(act)
    return redirect("workflows:runs", pk)


MOST_RETRIED = 500
IN_HEALTH = 10


@require_GET
@needs(VIEW)
def health(request: HttpRequest) -> HttpResponse:
    """A card for the page that tells operators what needs them: runs that failed, messages that did not leave."""
    kinds = [kind for kind in records.kinds() if conditions.may_use(kind, request.user)]
    failed = queries.failed_lately(kinds, IN_HEALTH + 1, request.user)
    lost = deliveries.failed_lately(IN_HEALTH)
    seen = queries.of_kinds([each.run_id for each in lost], kinds, request.user)
    context = {
        "failed": failed[:IN_HEALTH], "more": len(failed) > IN_HEALTH, "days": deliveries.TOLD.days,
        "undelivered": [each for each in lost if each.run_id in seen], "may_enrol": request.user.has_perm(ENROL),
    }  # fmt: skip
    return render(request, "workflows/_health.html", context)


@require_GET
@needs(VIEW)
def record_card(request: HttpRequest, pk: int, object_type: str) -> HttpResponse:
    """The workflows that a record went through."""
    if queries.visible(object_type, pk, request.user) is None:
        raise Http404
    return _card(request, object_type, pk)


def _card(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    found = queries.runs_of_record(object_type, pk)
    context: dict[str, Any] = {
        "runs": found, "object_type": object_type, "pk": pk, "may_enrol": request.user.has_perm(ENROL),
        "under_way": sum(run.state in ("running", "waiting") for run in found),
    }  # fmt: skip
    return render(request, "workflows/_card.html", context)


@require_http_methods(["GET", "POST"])
@needs(ENROL)
def record_enrol(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """Enrol one record by hand."""
    record = queries.visible(object_type, pk, request.user)
    if record is None:
        raise Http404
    offered = list(queries.to_enrol_in(object_type))
    problem = ""
    if request.method == "POST":
        chosen = next((each for each in offered if str(each.pk) == request.POST.get("workflow")), None)
        problem = _("Choose a workflow.") if chosen is None else _enrol(request, chosen, object_type, pk)
        if not problem:
            messages.success(request, _("Enrolled in “%s”.") % chosen)
            back = reverse(registry.object_types[object_type].url_name, args=[pk])
            return HttpResponse(status=204, headers={"HX-Refresh": "true"}) if by_htmx(request) else redirect(back)
    context = {"record": record, "object_type": object_type, "pk": pk, "offered": offered, "problem": problem}
    return in_drawer(request, "workflows/_enrol_form.html", context, refused=bool(problem))


def _enrol(request: HttpRequest, workflow: Any, object_type: str, pk: int) -> str:
    """Enrol a record; why it was left out, if it was."""
    try:
        told = enrolments.enrol_by_hand(workflow, object_type, [pk], by=request.user)
    except enrolments.NotPossible as refused:
        return str(refused)
    if told.left_out:
        return _("It was left out: %s.") % ", ".join(told.left_out)
    return ""
