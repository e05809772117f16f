"""The pages of a HubSpot import: upload, what is to be decided, the check, the run, the outcome."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require, require_all_records
from core.files import BadFile
from crm.forms.hubspot import HubspotForm
from crm.hubspot import batches, proposing, uploading
from crm.imports.runs import NotPossible
from crm.kinds import kind_of
from crm.models import HubspotImport, Stage
from crm.views.imports import PERMISSION

State = HubspotImport.State
# The steps, and the states in which each of them is the present one.
STEPS = (
    (gettext_lazy("Files"), (State.READING,)),
    (gettext_lazy("What is new"), (State.DRAFT,)),
    (gettext_lazy("Check"), (State.CHECKING, State.CHECKED)),
    (gettext_lazy("Import"), (State.RUNNING, State.DONE, State.STOPPED, State.FAILED, State.UNDOING, State.UNDONE)),
)


def found(request: HttpRequest, pk: int) -> HubspotImport:
    """The import with this id that the reader may see: a person's own; those who manage users see all."""
    user: Any = request.user
    require(user, PERMISSION)
    require_all_records(user)
    rows = HubspotImport.objects.select_related("owner")
    batch: HubspotImport = get_object_or_404(
        rows if user.has_perm("accounts.manage") else rows.filter(owner=user.pk), pk=pk
    )
    return batch


@require_http_methods(["GET", "POST"])
def hubspot_create(request: HttpRequest) -> HttpResponse:
    """Upload the files of an export."""
    require(request.user, PERMISSION)
    require_all_records(request.user)
    form = HubspotForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            batch = uploading.upload(form.cleaned_data["exports"], by=request.user)
        except BadFile as error:
            form.add_error("exports", str(error))
        else:
            return redirect("imports:hubspot", batch.pk)
    return render(request, "crm/imports/hubspot/create.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def hubspot_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Where the import is. A post takes what was decided, and has the files checked."""
    batch = found(request, pk)
    problem = ""
    if request.method == "POST":
        try:
            proposing.decide(batch, request.POST.dict(), by=request.user)
        except NotPossible as error:
            problem = str(error)
        else:
            return redirect("imports:hubspot", batch.pk)
    asking = batch.state == State.DRAFT or (batch.state == State.CHECKED and (problem or "change" in request.GET))
    context = {**_context(batch), "asking": asking, "problem": problem or batch.problem}
    if asking:
        context |= _asked(batch, request)
    return render(request, "crm/imports/hubspot/detail.html", context, status=422 if problem else 200)


@require_GET
def hubspot_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The same while something is under way; the whole page once a decision is needed."""
    batch = found(request, pk)
    if not batch.under_way:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return render(request, "crm/imports/hubspot/_progress.html", _context(batch))


@require_POST
def hubspot_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Start, stop, undo or discard all of it."""
    batch = found(request, pk)
    acts = {"start": batches.start, "stop": batches.stop, "undo": batches.start_undo, "discard": batches.discard}
    if act not in acts:
        raise Http404
    try:
        acts[act](batch)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        if act == "discard":
            messages.success(request, _("The import is discarded."))
            return redirect("imports:list")
    return redirect("imports:hubspot", pk)


def _context(batch: HubspotImport) -> dict[str, Any]:
    files = [{"job": job, "kind": kind_of(job.object_type)} for job in proposing.files_of(batch)]
    done, total = batches.rows_done(batch) if batch.under_way else (0, 0)
    current = next(at for at, (_label, states) in enumerate(STEPS) if batch.state in states)
    steps = [
        {"label": label, "number": at + 1, "current": at == current, "done": at < current}
        for at, (label, _states) in enumerate(STEPS)
    ]
    over = batch.expires_at is not None and batch.expires_at < timezone.now()
    return {
        "batch": batch, "files": files, "steps": steps, "done": done, "total": total,
        "percent": 100 * done // total if total else 0,
        "associating": batch.state == State.RUNNING and 0 < total <= done,
        "ended": batch.state in batches.ENDED,
        "may_undo": batch.state in batches.ENDED and batch.expires_at is not None and not over,
        "to_write": any(each["job"].created or each["job"].updated for each in files),
        "parity": any(each["job"].object_type in ("deal", "invoice") for each in files),
    }  # fmt: skip


def _asked(batch: HubspotImport, request: HttpRequest) -> dict[str, Any]:
    user: Any = request.user
    given = request.POST
    stages = Stage.objects.select_related("pipeline").order_by("pipeline__position", "pipeline_id", "position")
    may_stage, may_property = user.has_perm("crm.manage_pipelines"), user.has_perm("core.manage_properties")

    def filled(asked: list[proposing.Asked]) -> list[dict[str, Any]]:
        return [{"ask": each, "chosen": given.get(each.field, each.chosen)} for each in asked]

    return {
        "owners": filled(proposing.owners(batch)),
        "people": [
            (str(each.pk), str(each))
            for each in get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
        ],
        "stages": filled(proposing.stages(batch)),
        "stage_choices": [
            *(proposing.NEW_STAGES if may_stage else ()),
            *((str(each.pk), f"{each.pipeline.name}: {each.name}") for each in stages),
        ],
        "columns": [
            {"job": job, "kind": kind_of(job.object_type), "lines": filled(asked if may_property else [])}
            for job, asked in proposing.columns(batch)
        ],
        "kinds": proposing.kinds(), "may_property": may_property, "same_names": "same_names" in given,
    }  # fmt: skip
