"""Pages of dashboards: the list, one with its reports, and the changes of it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.tables.saved import sharing_choices
from reports import dashboard_pages as pages
from reports import page_queries
from reports.definition import BadReport
from reports.forms.filters import FilterForm, asked_in
from reports.models import Dashboard, DashboardTile
from reports.querying import TooMuch
from reports.ranges import NARROWER, RANGES
from reports.ready.registry import NoSuchReport
from reports.services import dashboards
from reports.shown import shown
from reports.views.shared import VIEW, needs


def _dashboard(request: HttpRequest, pk: int) -> Dashboard:
    return get_object_or_404(pages.visible_to(request.user), pk=pk)


def _tile(request: HttpRequest, pk: int) -> DashboardTile:
    seen = pages.visible_to(request.user)
    return get_object_or_404(DashboardTile.objects.select_related("dashboard", "report"), pk=pk, dashboard__in=seen)


@require_GET
@needs(VIEW)
def dashboard_list(request: HttpRequest) -> HttpResponse:
    """The dashboards that the reader may see, and the form of a new one."""
    beginnings = [(key, label) for key, (label, _keys) in dashboards.BEGINNINGS.items()]
    context = {"dashboards": pages.visible_to(request.user), "beginnings": beginnings}
    return render(request, "reports/dashboards/list.html", context)


@require_POST
@needs(VIEW)
def dashboard_create(request: HttpRequest) -> HttpResponse:
    """A new dashboard, with what it shall begin with."""
    try:
        made = dashboards.create(
            by=request.user, name=request.POST.get("name", ""), beginning=request.POST.get("beginning", "")
        )
    except dashboards.DashboardRefused as refused:
        messages.error(request, str(refused))
        return redirect("reports:dashboards")
    return redirect("reports:dashboard", made.pk)


@require_GET
@needs(VIEW)
def dashboard_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The dashboard: its reports load one by one, all with the same filters."""
    dashboard, asked = _dashboard(request, pk), asked_in(request.GET)
    may_change = dashboards.may_change(dashboard, request.user)
    context: dict[str, Any] = {
        "dashboard": dashboard,
        "form": FilterForm(asked, user=request.user, asks=pages.FILTERS),
        "asked": urlencode(asked),
        "tiles": pages.tiles_of(dashboard, request.user, asked),
        "may_change": may_change,
        "arranging": may_change and "arrange" in request.GET,
    }
    if context["arranging"]:
        context |= {
            "choices": pages.to_choose(request.user),
            "sharings": sharing_choices(request.user),
            "sharing": dashboards.sharing_of(dashboard),
        }
    return render(request, "reports/dashboards/dashboard.html", context)


@require_GET
@needs(VIEW)
def dashboard_tile(request: HttpRequest, pk: int) -> HttpResponse:
    """One report of a dashboard, with the dashboard's filters."""
    tile, asked = _tile(request, pk), asked_in(request.GET)
    context: dict[str, Any] = {}
    try:
        result, ignored = pages.answer_of(tile, request.user, asked)
        context = {"shown": shown(result), "ignored": ", ".join(ignored)}
    except TooMuch:
        context["problem"] = _("This report would read too many records. Choose a narrower period.")
        page, others = reverse("reports:dashboard", args=[tile.dashboard_id]), _without_days(asked)
        context["narrower"] = [
            (RANGES[name][0], f"{page}?{urlencode({**others, 'period': name})}") for name in NARROWER[:3]
        ]
    except (BadReport, NoSuchReport):
        context["problem"] = _("You may not see what this report is about.")
    return render(request, "reports/dashboards/_tile.html", context)


def _without_days(asked: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if name not in ("from", "to")}


@require_POST
@needs(VIEW)
def dashboard_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name, or others who see it."""
    name, sharing = request.POST.get("name", ""), request.POST.get("sharing", "")
    return _done(
        request, pk, lambda dashboard: dashboards.change(dashboard, by=request.user, name=name, sharing=sharing)
    )  # fmt: skip


@require_POST
@needs(VIEW)
def dashboard_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete it for everybody; its reports stay."""
    try:
        dashboards.delete(_dashboard(request, pk), by=request.user)
    except dashboards.DashboardRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, _("The dashboard was deleted. Its reports are still there."))
    return redirect("reports:dashboards")


@require_POST
@needs(VIEW)
def tile_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a report on it."""
    _dashboard(request, pk)
    kind, _colon, key = request.POST.get("report", "").partition(":")
    values: dict[str, Any] = {"ready": key}
    if kind == "report":
        number = int(key) if key.isdecimal() and len(key) < 19 else 0
        values = {"report": get_object_or_404(page_queries.visible_to(request.user), pk=number)}
    elif key not in {choice.partition(":")[2] for choice, _label in pages.to_choose(request.user)[0][1]}:
        messages.error(request, _("Choose a report."))
        return _back(pk)
    return _done(request, pk, lambda dashboard: dashboards.add_tile(dashboard, by=request.user, **values))


@require_POST
@needs(VIEW)
def tile_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a report off."""
    tile = _tile(request, pk)
    return _done(request, tile.dashboard_id, lambda _one: dashboards.remove_tile(tile, by=request.user))


@require_POST
@needs(VIEW)
def tile_widen(request: HttpRequest, pk: int) -> HttpResponse:
    """A row for itself, or half of one."""
    tile = _tile(request, pk)
    return _done(request, tile.dashboard_id, lambda _one: dashboards.widen(tile, by=request.user))


@require_POST
@needs(VIEW)
def tile_order(request: HttpRequest, pk: int) -> HttpResponse:
    """The order after a drag, or one place up or down."""
    dashboard = _dashboard(request, pk)
    ids = [int(each) for each in request.POST.getlist("id") if each.isdecimal() and len(each) < 19]
    moved, way = request.POST.get("move", ""), request.POST.get("by") or request.GET.get("by")
    try:
        dashboards.arrange(
            dashboard, ids, by=request.user, move=int(moved) if moved.isdecimal() else None, up=way == "up"
        )
    except dashboards.DashboardRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    if not getattr(request, "htmx", False):
        return _back(pk)
    context = {"dashboard": dashboard, "tiles": pages.tiles_of(dashboard, request.user, {})}
    return render(request, "reports/dashboards/_arranging.html", context)


def _done(request: HttpRequest, pk: int, act: Any) -> HttpResponse:
    dashboard = _dashboard(request, pk)
    try:
        act(dashboard)
    except dashboards.DashboardRefused as refused:
        messages.error(request, str(refused))
    return _back(pk)


def _back(pk: int) -> HttpResponse:
    answer = redirect("reports:dashboard", pk)
    answer["Location"] += "?arrange=1"
    return answer
