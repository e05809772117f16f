"""Write down what was done with a record; change, delete and pin it."""

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import require
from crm.forms.activities import ActivityForm
from crm.kinds import KINDS, Kind
from crm.models import Activity, ActivityKind
from crm.queries import activities, related
from crm.services import activities as services
from crm.views.timeline import kind_of, timeline_context


@require_http_methods(["GET", "POST"])
def activity_add(request: HttpRequest, object_type: str, pk: int, name: str) -> HttpResponse:
    """The form for a note, call, e-mail or meeting in the composer of the timeline, and its answer."""
    kind, chosen = kind_of(object_type), _activity_kind(name)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.record(request.user), pk=pk)
    around = list(related.of_record(request.user, object_type, record))
    posted = request.POST if request.method == "POST" else None
    addresses = _addresses(request, object_type, record) if chosen == ActivityKind.EMAIL else {}
    form = ActivityForm(posted, kind=chosen, related=around, initial=addresses)
    in_panel = bool(getattr(request, "htmx", False))
    if posted is not None and form.is_valid():
        try:
            services.log([record, *form.chosen()], kind=chosen, by=request.user, **form.values())
        except services.BadActivity as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            if not in_panel:
                return redirect(resolve_url(kind.detail_url, pk))
            return render(request, "crm/_timeline.html", timeline_context(request, kind, record))
    context = {"form": form, "object_type": object_type, "record": record, "kind": kind, "in_panel": in_panel}
    template = "crm/activities/_composer.html" if in_panel else "crm/activities/page.html"
    answer = render(request, template, context, status=422 if form.errors else 200)
    if form.errors:
        answer["HX-Retarget"], answer["HX-Reswap"] = "#composer", "outerHTML"
    return answer


@require_GET
def activity_links(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """On which other records a new note can be shown as well."""
    kind = kind_of(object_type)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.record(request.user), pk=pk)
    form = ActivityForm(kind=ActivityKind.NOTE, related=list(related.of_record(request.user, object_type, record)))
    return render(request, "crm/activities/_about.html", {"form": form})


@require_http_methods(["GET", "POST"])
def activity_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change an activity in the side panel: its words, and the records that show it."""
    activity = _mine(request, pk)
    shown = _shown_on(request, activity)
    posted = request.POST if request.method == "POST" else None
    form = ActivityForm(posted, kind=ActivityKind(activity.kind), related=shown, activity=activity)
    in_panel = bool(getattr(request, "htmx", False))
    if posted is not None and form.is_valid():
        try:
            put_on = form.chosen()
            take_off = [each.record for each in shown if each.record not in put_on]
            services.change(activity, by=request.user, put_on=put_on, take_off=take_off, **form.values())
        except services.BadActivity as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("Changes saved."))
            if not in_panel:
                return redirect(_page_of(shown))
            return HttpResponse(
                status=204,
                headers={
                    "HX-Trigger": json.dumps({"drawer:close": None, "record:changed": None, "list:changed": None})
                },
            )
    context = {"form": form, "activity": activity, "in_panel": in_panel, "title": form.kind.label}
    template = "crm/activities/_edit.html" if in_panel else "crm/activities/edit_page.html"
    return render(request, template, context, status=422 if form.errors else 200)


@require_POST
def activity_delete(request: HttpRequest, pk: int, object_type: str, record_pk: int) -> HttpResponse:
    """Delete an activity; the answer is the timeline from which it was deleted."""
    kind, activity = kind_of(object_type), _mine(request, pk)
    record = get_object_or_404(kind.visible_to(request.user), pk=record_pk)
    services.delete(activity, by=request.user)
    return _timeline(request, kind, record)


@require_POST
def activity_pin(request: HttpRequest, pk: int, object_type: str, record_pk: int) -> HttpResponse:
    """Pin an activity at the top of a timeline, or no longer (``pinned=0``)."""
    kind = kind_of(object_type)
    require(request.user, "crm.edit")
    record = get_object_or_404(kind.visible_to(request.user), pk=record_pk)
    activity = get_object_or_404(activities.visible_to(request.user), pk=pk)
    if not services.pin(activity, record, pinned=request.POST.get("pinned", "1") != "0"):
        raise Http404
    return _timeline(request, kind, record)


def _timeline(request: HttpRequest, kind: Kind, record: Any) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect(resolve_url(kind.detail_url, record.pk))
    return render(request, "crm/_timeline_body.html", timeline_context(request, kind, record))


def _activity_kind(name: str) -> ActivityKind:
    try:
        return ActivityKind(name)
    except ValueError as error:
        raise Http404 from error


def _mine(request: HttpRequest, pk: int) -> Activity:
    """An activity that the reader may change, or 404 and 403."""
    require(request.user, "crm.edit")
    activity = get_object_or_404(activities.visible_to(request.user), pk=pk)
    if not services.may_change(activity, request.user):
        raise PermissionDenied(_("Only who wrote it and those who manage other people's notes may change it."))
    return activity


def _addresses(request: HttpRequest, object_type: str, record: Any) -> dict[str, str]:
    """From and to whom an e-mail about the record probably went."""
    return {"sender": str(getattr(request.user, "email", "")), "recipients": related.address_of(object_type, record)}


def _shown_on(request: HttpRequest, activity: Activity) -> list[related.Related]:
    """The records that show an activity, as far as the reader sees them, and those around the first of them."""
    by_kind: dict[str, list[int]] = {}
    for object_type, pk in activity.links.order_by("pk").values_list("object_type", "object_id"):
        by_kind.setdefault(object_type, []).append(pk)
    shown = [
        related.Related(name, record, True)
        for name, ids in by_kind.items()
        if name in KINDS
        for record in KINDS[name].record(request.user).filter(pk__in=ids)
    ]
    known = {each.value for each in shown}
    around = [
        related.Related(each.object_type, each.record, False)
        for first in shown[:1]
        for each in related.of_record(request.user, first.object_type, first.record)
        if each.value not in known
    ]
    return [*shown, *around]


def _page_of(shown: list[related.Related]) -> str:
    first = shown[0]
    return resolve_url(KINDS[first.object_type].detail_url, first.record.pk)
