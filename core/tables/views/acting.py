"""Actions on the chosen rows, exports, and how far they are."""

import datetime
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.models import ListJob
from core.tables import jobs, sheets
from core.tables.actions import Action, Refused
from core.tables.address import columns_in
from core.tables.described import Table
from core.tables.exporting import EVERY, labels_of, streamed, table_rows
from core.tables.listing import COUNT_UP_TO, capped_count, selected
from core.tables.present import present
from core.tables.registry import may, table_of, tables
from core.tables.saved import views_of
from core.tables.views.asked import changed, ids_in, state_of

FORMATS = {
    sheets.CSV: _lazy("CSV"),
    sheets.CSV_EXCEL: _lazy("CSV for Excel (UTF-8 with a mark)"),
    sheets.XLSX: _lazy("Excel sheet (XLSX)"),
}
SHOWN_JOBS = 50


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, object_type: str, name: str) -> HttpResponse:
    """Ask what an action needs to know, and do it for the chosen rows."""
    table, user = table_of(object_type, request.user), request.user
    try:
        action = jobs.action_of(table, name)
    except jobs.NotPossible as error:
        raise Http404 from error
    may(user, action.permission)
    state, ids = state_of(request), ids_in(request)
    if action.leads is not None:
        return _lead(action, ids)
    sending = request.method == "POST" and not request.POST.get("again")
    form = _form(action, request, object_type) if action.ask is not None else None
    count, capped = _chosen(table, user, state, ids)
    words = _("more than %d") % count if capped else str(count)
    wanted, typed = action.typed(words) if action.typed else "", " ".join(request.POST.get("typed", "").split())
    sure = not wanted or typed.casefold() == wanted.casefold()
    if sending and sure and ids != [] and (form is None or form.is_valid()):
        choice = form.chosen() if form is not None else {}
        job = jobs.start_action(table, name, by=user, state=state.urlencode(), ids=ids, choice=choice)
        return _outcome(request, table, action, job)
    context = {
        "table": table, "action": action, "form": form, "ids": ids, "state": state.urlencode(), "count": count,
        "capped": capped, "warning": action.confirm(str(count)) if action.confirm else "",
        "wanted": wanted, "typed": typed, "wrong": sending and not sure,
        "present": present(table, _rows(table, user, state, ids), action.writes(form)) if action.writes else None,
    }  # fmt: skip
    return render(request, "core/tables/_act.html", context, status=422 if sending else 200)


def _lead(action: Action, ids: list[int] | None) -> HttpResponse:
    assert action.leads is not None
    try:
        address = action.leads(ids or [])
    except Refused as refused:
        return HttpResponse(f'<h2 class="drawer-title">{escape(action.label)}</h2><p>{escape(str(refused))}</p>')
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def _form(action: Action, request: HttpRequest, object_type: str) -> Any:
    assert action.ask is not None
    asked = request.POST if request.method == "POST" else None
    form = action.ask(asked, user=request.user, object_type=object_type)
    if request.POST.get("again"):
        # Only what to ask next was changed: nothing was refused yet.
        form.is_bound = False
        form.initial = {"property": request.POST.get("property", "")}
    return form


def _chosen(table: Table, user: Any, state: QueryDict, ids: list[int] | None) -> tuple[int, bool]:
    if ids is not None:
        return len(ids), False
    count = capped_count(selected(table, user, state).rows)
    return min(count, COUNT_UP_TO), count > COUNT_UP_TO


def _rows(table: Table, user: Any, state: QueryDict, ids: list[int] | None) -> Any:
    return selected(table, user, state).rows if ids is None else table.rows(user).filter(pk__in=ids)


def _outcome(request: HttpRequest, table: Table, action: Action, job: ListJob) -> HttpResponse:
    if job.under_way or job.refused:
        return render(request, "core/tables/_outcome.html", _told(job) | {"table": table})
    undo = reverse("tables:job-undo", args=[job.pk]) if jobs.may_undo(job) else ""
    return changed(action.told(job.done), undo=undo, label=_("Undo"))


def _told(job: ListJob) -> dict[str, Any]:
    table = tables.get(job.object_type)
    action = next((each for each in table.actions if each.name == job.name), None) if table is not None else None
    export = job.kind == ListJob.Kind.EXPORT
    has_file = export and job.state == ListJob.State.DONE and job.expires_at and job.expires_at > timezone.now()
    return {
        "job": job,
        "list_label": table.label if table is not None else job.object_type,
        "what": FORMATS.get(job.name, job.name) if export else action.label if action is not None else job.name,
        "told": action.told(job.done) if action is not None and not job.under_way else "",
        "has_file": has_file,
        "may_undo": jobs.may_undo(job),
        "refusals": jobs.refusals(job) if job.refused else [],
    }


@require_POST
def job_undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what an action did."""
    job = _job(request, pk)
    try:
        undone, kept = jobs.undo(job, by=request.user)
    except jobs.NotPossible as error:
        text, level = str(error), "error"
    else:
        text, level = _("Undone: %d records are as they were.") % undone, "success"
        if kept:
            text, level = f"{text} {_('%d stay as they are.') % len(kept)} {next(iter(kept.values()))}", "warning"
    if getattr(request, "htmx", False):
        return changed(text, level=level)
    messages.add_message(request, messages.DEFAULT_LEVELS[level.upper()], text)
    return redirect("tables:jobs")


@require_GET
def job_list(request: HttpRequest) -> HttpResponse:
    """The reader's exports and changes of many rows, newest first."""
    rows = ListJob.objects.filter(owner_id=request.user.pk).order_by("-pk")[:SHOWN_JOBS]
    return render(request, "core/tables/jobs.html", {"jobs": [_told(job) for job in rows]})


@require_GET
def job_row(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them, asked again while it is under way."""
    return render(request, "core/tables/_job.html", _told(_job(request, pk)))


@require_POST
def job_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Do no more of it."""
    job = _job(request, pk)
    jobs.stop(job)
    if getattr(request, "htmx", False):
        job.refresh_from_db()
        return render(request, "core/tables/_job.html", _told(job))
    return redirect("tables:jobs")


@require_http_methods(["GET", "POST"])
def export(request: HttpRequest, object_type: str) -> HttpResponseBase:
    """Ask for the format, and send the file; a long one is made in the background."""
    table, user = table_of(object_type, request.user), request.user
    may(user, table.export_permission)
    state, ids = state_of(request), ids_in(request) if request.GET.get("ids") or request.POST.get("ids") else None
    if request.method == "GET" or request.POST.get("format") not in FORMATS:
        count, capped = _chosen(table, user, state, ids)
        context = {
            "table": table, "state": state.urlencode(), "ids": ids, "count": count, "capped": capped,
            "formats": FORMATS.items(),
        }  # fmt: skip
        return render(request, "core/tables/_export.html", context)
    kind = request.POST["format"]
    names = [EVERY] if request.POST.get("columns") == EVERY else _shown(table, user, state)
    rows = table_rows(table, user, state)
    rows = rows.filter(pk__in=ids) if ids is not None else rows
    count = rows.order_by().values("pk")[: jobs.EXPORT_AT_ONCE + 1].count()
    if count > jobs.EXPORT_AT_ONCE:
        jobs.start_export(table, by=user, kind=kind, state=state.urlencode(), columns=names)
        messages.info(request, _("The export is being made. You find it here, also later."))
        return redirect("tables:jobs")
    jobs.note_export(table, by=user, kind=kind, state=state.urlencode(), columns=names, rows=count)
    return _attachment(table, kind, _made(table, user, rows, kind, names))


def _shown(table: Table, user: Any, state: QueryDict) -> list[str]:
    return columns_in(state) or list(views_of(table, user, state).columns)


def _made(table: Table, user: Any, rows: Any, kind: str, names: list[str]) -> Iterator[bytes]:
    """The file while its rows are read, which is after the request: the reader's zone and language are over then."""
    pieces = _pieces(table, user, rows, kind, names)
    while True:
        with jobs.as_person(user):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


def _pieces(table: Table, user: Any, rows: Any, kind: str, names: list[str]) -> Iterator[bytes]:
    last = sheets.piece(sheets.head(kind, labels_of(table, user, names)))
    if kind != sheets.XLSX:
        yield from sheets.file(kind, [last.content], last)
        for chunk in streamed(table, user, rows, names):
            yield sheets.lines(kind, chunk).encode()
        return
    pieces = [last]
    for chunk in streamed(table, user, rows, names):
        pieces.append(sheets.piece(sheets.lines(kind, chunk), pieces[-1]))
    yield from sheets.file(kind, [piece.content for piece in pieces], pieces[-1])


@require_GET
def job_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The finished file; only for who asked for it, and as long as it is kept."""
    job = _job(request, pk)
    table = table_of(job.object_type, request.user)
    may(request.user, table.export_permission)
    last = job.slices.order_by("-position").values_list("size", "checksum").first()
    expired = job.expires_at is None or job.expires_at < timezone.now()
    if job.kind != ListJob.Kind.EXPORT or job.state != ListJob.State.DONE or last is None or expired:
        raise Http404(_("This file is not kept any more."))
    contents = (
        bytes(content or b"")
        for (content,) in job.slices.order_by("position").values_list("content").iterator(chunk_size=1)
    )  # fmt: skip
    return _attachment(table, job.name, sheets.file(job.name, contents, sheets.Piece(b"", *last)))


def _attachment(table: Table, kind: str, content: Iterator[bytes]) -> StreamingHttpResponse:
    day: datetime.date = timezone.localdate()
    response = StreamingHttpResponse(content, content_type=sheets.TYPES[kind])
    name = f"{table.object_type}s-{day.isoformat()}.{sheets.suffix(kind)}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _job(request: HttpRequest, pk: int) -> ListJob:
    return get_object_or_404(ListJob, pk=pk, owner_id=request.user.pk)
