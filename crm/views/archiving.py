"""Archiving a record and bringing it back, deleting it for good, and the page of all that is archived."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from core import archive_notes, merging
from crm.kinds import KINDS, Kind
from crm.queries import archive as archived
from crm.services import deletion, records
from crm.views.editing import to

ARCHIVES, DELETES = "crm.archive", "crm.delete"


@require_http_methods(["GET", "POST"])
def archive(request: HttpRequest, pk: int, kind: Kind) -> HttpResponse:
    """Say what is still open about a record, archive it, and go back to its list."""
    require(request.user, ARCHIVES)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    if request.method == "POST":
        kind.services.archive(record, by=request.user)
        messages.success(request, _("“%s” is archived. You find it in the list under “Archived”.") % record)
        return to(request, resolve_url(kind.list_url))
    notes = archive_notes.notes_on(kind.name, pk, request.user)
    return _page(request, "crm/archive/_archive.html", kind, record, {"notes": notes})


@require_POST
def restore(request: HttpRequest, pk: int, kind: Kind) -> HttpResponse:
    """Bring an archived record back."""
    require(request.user, ARCHIVES)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    try:
        kind.services.restore(record, by=request.user)
    except records.Merged:
        messages.error(request, _("“%s” was merged into another record. Undo the merge to bring it back.") % record)
    else:
        messages.success(request, _("“%s” is back.") % record)
    return to(request, resolve_url(kind.detail_url, record.pk))


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, pk: int, kind: Kind) -> HttpResponse:
    """Delete an archived record for good, once its name is typed; says what goes with it, or why it stays."""
    require(request.user, DELETES)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    if record.archived_at is None:
        raise Http404(_("Only what is archived can be deleted for good."))
    title, against = str(record), deletion.reasons_against(record)
    typed = " ".join(request.POST.get("name", "").split())
    wrong = request.method == "POST" and typed.casefold() != " ".join(title.split()).casefold()
    if request.method == "POST" and not wrong and not against:
        try:
            deletion.delete(record, by=request.user)
        except deletion.NotDeletable as error:
            against = [str(error)]
        else:
            messages.success(request, _("“%s” is deleted for good.") % title)
            return to(request, f"{resolve_url(kind.list_url)}?archived=1")
    goes = merging.counts(kind.name, type(record), [pk])
    context = {"against": against, "goes": goes, "typed": typed, "wrong": wrong}
    return _page(request, "crm/archive/_delete.html", kind, record, context)


@require_safe
def archive_index(request: HttpRequest) -> HttpResponse:
    """How much of each kind is archived, and the way to it."""
    require(request.user, ARCHIVES)
    found = archived.counts({name: kind.visible_to(request.user) for name, kind in KINDS.items()})
    lines = [
        {"kind": KINDS[name], "count": count, "last": last, "url": f"{reverse(KINDS[name].list_url)}?archived=1"}
        for name, count, last in found
    ]
    return render(request, "crm/archive/index.html", {"lines": lines})


def _page(request: HttpRequest, template: str, kind: Kind, record: Any, context: dict[str, Any]) -> HttpResponse:
    in_panel = bool(getattr(request, "htmx", False))
    whole = {"kind": kind, "record": record, "in_panel": in_panel, "template": template, **context}
    status = 422 if request.method == "POST" else 200
    return render(request, template if in_panel else "crm/archive/page.html", whole, status=status)
