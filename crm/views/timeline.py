"""The timeline of a record: by kind and words, older lines by key, what is still to come."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm.forms.activities import ActivityForm
from crm.kinds import KINDS, Kind
from crm.models import ActivityKind
from crm.queries import tasks
from crm.queries import timeline as queries

TABS = ("", "note", "mail", "call", "meeting", "task")
LONGEST_SEARCH = 100


@require_GET
def timeline(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """The timeline as the address filters it, or (with ``before``) only the lines that are older than that place."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    context = timeline_context(request, kind, record)
    template = "crm/_timeline_lines.html" if request.GET.get("before") else "crm/_timeline_body.html"
    return render(request, template, context)


@require_GET
def timeline_upcoming(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """What is still to be done with a record: open tasks and meetings to come."""
    kind = kind_of(object_type)
    record = get_object_or_404(kind.visible_to(request.user), pk=pk)
    now = timezone.now()
    context = {
        "object_type": object_type,
        "record": record,
        "meetings": queries.future(object_type, pk),
        "tasks": [
            (task, task.due_at is not None and task.due_at < now) for task in tasks.open_of_record(object_type, pk)
        ],
    }
    return render(request, "crm/_timeline_upcoming.html", context)


def timeline_context(request: HttpRequest, kind: Kind, record: Any) -> dict[str, Any]:
    """What the timeline of ``record`` prints, in one statement."""
    offered = queries.kinds()
    chosen = [name for name in dict.fromkeys(request.GET.getlist("kind")) if name in dict(offered)]
    words = request.GET.get("words", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    before = request.GET.get("before", "")
    place = queries.Place.read(before) if before else None
    found = queries.of_record(request.user, kind.name, record.pk, only=chosen, words=words, place=place)
    address = reverse("crm:timeline", args=[kind.name, record.pk])
    state = urlencode([*(("kind", name) for name in chosen), *([("words", words)] if words else [])])
    labels = dict(offered)
    tab = chosen[0] if len(chosen) == 1 and chosen[0] in TABS else ""
    return {
        "object_type": kind.name,
        "record": record,
        "timeline_lines": found.lines,
        "timeline_pinned": found.pinned,
        "timeline_more": f"{address}?{state}&before={found.older}" if found.older else "",
        "timeline_url": address,
        "timeline_state": state,
        "timeline_tabs": [(name, labels.get(name, _("Activity")), name == tab) for name in TABS],
        "timeline_kinds": [(name, label, name in chosen) for name, label in offered],
        "timeline_chosen": chosen,
        "timeline_words": words,
        "kinds_said": _listed(chosen, labels) if not tab else "",
        "composer": composer(request, kind, record),
    }


def composer(request: HttpRequest, kind: Kind, record: Any) -> dict[str, Any] | None:
    """The form of a note, with which every timeline begins, for those who may write one."""
    if record.archived_at is not None or not request.user.has_perm("crm.edit"):
        return None
    return {"form": ActivityForm(kind=ActivityKind.NOTE, related=[])}


def _listed(chosen: Sequence[str], labels: dict[str, str]) -> str:
    return ", ".join(labels[name] for name in chosen)


def kind_of(object_type: str) -> Kind:
    """The kind of record, or 404."""
    try:
        return KINDS[object_type]
    except KeyError as error:
        raise Http404 from error
