"""What an import would do and has done: progress, counts, the first rows, errors to correct, undoing."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from core.import_notes import notes_on
from core.tables import sheets
from crm.imports import files, runs
from crm.imports.reading import XLSX
from crm.imports.targets import OBJECTS
from crm.kinds import kind_of
from crm.models import Import
from crm.views.imports import PERMISSION, found, page

State = Import.State
FATES = (
    ("create", gettext_lazy("New"), "plus", "good"),
    ("update", gettext_lazy("Changed"), "pencil", "info"),
    ("same", gettext_lazy("Unchanged"), "check", "neutral"),
    ("fail", gettext_lazy("Left out"), "alert-triangle", "warning"),
)


def _context(job: Import) -> dict[str, Any]:
    checking = job.state in (State.CHECKING, State.CHECKED)
    kind = kind_of(job.object_type)
    over = job.expires_at is not None and job.expires_at < timezone.now()
    counts = {"create": job.created, "update": job.updated, "same": job.unchanged, "fail": job.failed}
    ended = job.state in (State.DONE, State.STOPPED, State.FAILED)
    fates = [
        {"name": name, "label": label, "icon": icon, "tone": tone, "count": counts[name],
         "rows": job.preview.get(name, [])}
        for name, label, icon, tone in FATES
    ]  # fmt: skip
    return {
        "job": job, "kind": kind, "checking": checking, "fates": fates,
        # What is to be corrected must not stand below fifty rows that are right.
        "groups": sorted((fate for fate in fates if fate["rows"]), key=lambda fate: fate["name"] != "fail"),
        "notes": notes_on(job.object_type, job.created, job.updated) if job.state == State.CHECKED else [],
        "created_url": (
            f"{reverse(kind.list_url)}?import={job.pk}"
            if job.created and ended and not over and job.object_type in OBJECTS
            else ""
        ),
        "has_errors": bool(job.failed) and not over and job.state != State.CHECKING,
        "may_undo": ended and not over and bool(job.created or job.updated) and job.batch_id is None,
        "over": over,
    }  # fmt: skip


@require_GET
def import_outcome(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is, and what came of it."""
    job = found(request, pk)
    if job.state in (State.DRAFT, State.READING):
        return redirect("imports:detail", job.pk)
    return page(request, job, "check", _context(job))


@require_GET
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The same, asked again while something is under way."""
    job = found(request, pk)
    if job.state == State.DRAFT:
        return HttpResponse(status=204, headers={"HX-Redirect": reverse("imports:detail", args=[job.pk])})
    return render(request, "crm/imports/_outcome.html", _context(job))


@require_POST
def import_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Start, stop, undo or discard."""
    job = found(request, pk)
    if job.batch_id is not None:
        messages.error(
            request, _("This file belongs to an import from HubSpot, which is started and undone as a whole.")
        )
        return redirect("imports:hubspot", job.batch_id)
    try:
        if act == "start":
            runs.start(job)
        elif act == "stop":
            runs.stop(job)
        elif act == "undo":
            runs.start_undo(job, by=request.user)
        elif act == "discard":
            runs.discard(job)
            messages.success(request, _("The import of “%s” is discarded.") % job.name)
            return redirect("imports:list")
        else:
            raise Http404
    except runs.NotPossible as error:
        messages.error(request, str(error))
    return redirect("imports:detail", job.pk)


@require_GET
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that were left out, as a file to correct and upload again."""
    job = found(request, pk)
    if not job.slices.exists():
        raise Http404(_("The rows of this import are not kept any more."))
    kind = sheets.XLSX if job.kind == XLSX else sheets.CSV
    response = StreamingHttpResponse(files.faulty(job), content_type=sheets.TYPES[kind])
    response["Content-Disposition"] = f'attachment; filename="{job.object_type}s-errors-{job.pk}.{sheets.suffix(kind)}"'
    response["Cache-Control"] = "no-store"
    return response


@require_GET
def import_sample(request: HttpRequest, object_type: str) -> HttpResponse:
    """A small file with the usual columns."""
    require(request.user, PERMISSION)
    if object_type not in OBJECTS:
        raise Http404
    response = HttpResponse(files.sample(object_type), content_type=sheets.TYPES[sheets.CSV])
    response["Content-Disposition"] = f'attachment; filename="{object_type}s-sample.csv"'
    return response
