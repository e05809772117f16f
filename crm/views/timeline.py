"""The timeline of a record: by kind, older entries, new notes."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.access import require
from crm.kinds import KINDS, Kind
from crm.queries import timeline as queries
from crm.services import timeline as services


@require_GET
def timeline(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The timeline of a kind of events, or (with ``before``) only the entries before that event."""
    kind = _kind(object_type)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    context = timeline_context(request, kind, record)
    template = "core/_timeline_items.html" if request.GET.get("before") else "crm/_timeline.html"
    return render(request, template, context)


@require_POST
def note_add(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """Write a note on the timeline."""
    kind = _kind(object_type)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    problem, text = "", request.POST.get("text", "")
    try:
        services.add_note(record, text, by=request.user)
        text = ""
    except services.EmptyNote:
        problem = _("Write something first.")
    except services.NoteTooLong:
        problem = _("A note has at most %d characters.") % services.LONGEST_NOTE
    if not getattr(request, "htmx", False) and not problem:
        return redirect(resolve_url(kind.detail_url, pk))
    context = timeline_context(request, kind, record) | {"note_problem": problem, "note_text": text}
    return render(request, "crm/_timeline.html", context, status=422 if problem else 200)


def timeline_context(request: HttpRequest, kind: Kind, record: Any) -> dict[str, Any]:
    """What the timeline of ``record`` prints, in one query."""
    kinds = queries.kinds()
    chosen = request.GET.get("kind", "")
    chosen = chosen if chosen in dict(kinds) else ""
    before = request.GET.get("before", "")
    found = queries.stretch(kind.name, record.pk, kind=chosen, before=int(before) if before.isdecimal() else 0)
    address = reverse("crm:timeline", args=[kind.name, record.pk])
    more = f"{address}?kind={chosen}&before={found.older}" if found.older else ""
    return {
        "object_type": kind.name,
        "record": record,
        "entries": found.entries,
        "more": more,
        "timeline_url": address,
        "timeline_kinds": [("", _("All")), *kinds],
        "timeline_kind": chosen,
    }


def _kind(object_type: str) -> Kind:
    try:
        return KINDS[object_type]
    except KeyError as error:
        raise Http404 from error
