"""Segments: the list, one segment, making and changing it."""

from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import registry
from core.conditions import BadCondition, sentence
from core.conditions import registry as conditions
from core.forms.segments import SegmentForm
from core.models import Segment, SegmentKind
from core.segments import reading
from core.services import segments
from core.tables.registry import tables
from core.views.conditions import COUNT_UP_TO, capped_count

PERMISSION = "crm.edit"
SHOWN = 25


def edits(view: Any) -> Any:
    """Only for those who may change records."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied(_("Your role does not let you change segments."))
        return cast(HttpResponse, view(request, *args, **kwargs))

    return guarded


def _kinds(user: Any) -> list[tuple[str, Any]]:
    """The kinds of records that the reader can make segments of, as (name, what they are called)."""
    return [(name, registry.object_types[name].plural) for name in reading.offered if conditions.may_use(name, user)]


def _segment(request: HttpRequest, pk: int) -> Segment:
    """A segment of records that the reader may see; 404 or 403 otherwise."""
    segment = get_object_or_404(Segment.objects.select_related("owner"), pk=pk)
    if not conditions.may_use(segment.object_type, request.user):
        raise PermissionDenied(_("You may not see these records, so you can't see segments of them."))
    return segment


@require_GET
def segment_list(request: HttpRequest) -> HttpResponse:
    """All segments by kind of record."""
    archived = bool(request.GET.get("archived"))
    rows = Segment.objects.filter(archived_at__isnull=not archived).select_related("owner").order_by("name", "pk")
    held = list(rows)
    groups = [
        (kind, registry.icon_of(kind), plural, [row for row in held if row.object_type == kind])
        for kind, plural in _kinds(request.user)
    ]
    shown = [group for group in groups if group[3]]
    context = {"groups": shown, "archived": archived, "may_edit": request.user.has_perm(PERMISSION)}
    return render(request, "core/segments/list.html", context)


@require_GET
def segment_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a segment says, and its first records."""
    segment = _segment(request, pk)
    table = tables.get(segment.object_type)
    kind = registry.object_types[segment.object_type]
    context: dict[str, Any] = {
        "segment": segment,
        "kind": kind,
        "list_url": f"{reverse(table.index)}?segment={segment.pk}" if table is not None else "",
        "may_edit": request.user.has_perm(PERMISSION),
    }
    try:
        context["words"] = "" if segment.static else sentence(segment.conditions, kind.name, user=request.user)
        rows = reading.rows_of(segment, request.user)
        context["records"] = [
            (row, reverse(kind.url_name, args=[row.pk])) for row in rows.order_by("-pk")[:SHOWN]
        ]  # fmt: skip
        context["count"] = count = capped_count(rows)
        context["capped"], context["limit"] = count is not None and count > COUNT_UP_TO, COUNT_UP_TO
    except BadCondition as bad:
        context["problem"] = str(bad)
    return render(request, "core/segments/detail.html", context)


@require_http_methods(["GET", "POST"])
@edits
def segment_create(request: HttpRequest) -> HttpResponse:
    """Make one: of which records and how is in the address."""
    kinds = _kinds(request.user)
    if not kinds:
        raise Http404
    asked = request.GET.get("object", "")
    object_type = asked if asked in dict(kinds) else kinds[0][0]
    static = request.GET.get("kind") == SegmentKind.STATIC
    form = SegmentForm(request.POST or None, object_type=object_type, static=static, user=request.user)
    if request.method == "POST" and form.is_valid():
        kind = SegmentKind.STATIC if static else SegmentKind.LIVE
        try:
            made = segments.create(object_type=object_type, kind=kind, by=request.user, **form.cleaned_data)
        except segments.BadSegment as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("The segment was made."))
            return redirect("segments:detail", made.pk)
    context = {
        "form": form,
        "kinds": kinds,
        "object_type": object_type,
        "static": static,
        "ways": SegmentKind.choices,
        "way": SegmentKind.STATIC if static else SegmentKind.LIVE,
    }
    return render(request, "core/segments/form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@edits
def segment_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change words and conditions."""
    segment = _segment(request, pk)
    initial = {name: getattr(segment, name) for name in ("name", "description", "conditions")}
    form = SegmentForm(
        request.POST or None, object_type=segment.object_type, static=segment.static, user=request.user, initial=initial
    )
    if request.method == "POST" and form.is_valid():
        try:
            segments.change(segment, by=request.user, **form.cleaned_data)
        except segments.BadSegment as bad:
            form.add_error(bad.field if bad.field in form.fields else None, str(bad))
        else:
            messages.success(request, _("Saved."))
            return redirect("segments:detail", segment.pk)
    context = {"form": form, "segment": segment, "static": segment.static}
    return render(request, "core/segments/form.html", context, status=422 if form.errors else 200)


@require_POST
@edits
def segment_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Archive or restore."""
    segment = _segment(request, pk)
    if act == "archive":
        segments.archive(segment, by=request.user)
        messages.success(request, _("Archived. Where it is used it goes on to work."))
    else:
        try:
            segments.restore(segment, by=request.user)
        except segments.BadSegment as bad:
            messages.error(request, str(bad))
        else:
            messages.success(request, _("Restored."))
    return redirect("segments:detail", segment.pk)
