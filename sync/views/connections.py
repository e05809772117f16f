"""Sync settings of one company: objects, progress, pace, budget, read-only mode, "Sync now"."""

from typing import Any

from django.conf import settings as project
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import require
from core.queries import timeline
from qbo_connector import queries as connector
from qbo_connector.models import Connection
from qbo_connector.services import meter
from qbo_connector.services import settings as company_settings
from sync import objects, progress, usage
from sync.enums import SyncObject
from sync.forms import LimitsForm, PaceForm
from sync.services import again, connections
from sync.services import objects as objects_service
from sync.services import settings as settings_service
from sync.views.companies import PAGE, PERMISSION, company_of, frame, object_of

HISTORY = 10


@require_http_methods(["GET", "HEAD", "POST"])
def connection_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; POST saves interval, economical mode and time zone."""
    connection = company_of(request, pk)
    initial = {name: getattr(connection, name) for name in _PACE}
    form = PaceForm(request.POST or None, initial=initial, connection=connection)
    if request.method == "POST" and form.is_valid():
        if company_settings.change(connection, by=request.user, **form.cleaned_data):
            messages.success(request, _("Saved."))
        return redirect(PAGE, pk)
    return _page(request, connection, form=form)


@require_POST
def limits(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the budget of reads, and from when on failing records are worth an e-mail."""
    connection = company_of(request, pk)
    form = LimitsForm(request.POST)
    if not form.is_valid():
        return _page(request, connection, limits=form)
    values, by = form.cleaned_data, request.user
    budget = company_settings.set_budget(connection, monthly_budget=values["monthly_budget"], by=by)
    alerts = company_settings.set_alerts(
        connection, records=values["alert_records"], minutes=values["alert_minutes"], by=by
    )
    if budget or alerts:
        messages.success(request, _("Saved."))
    return redirect(PAGE, pk)


_PACE = ("interval_minutes", "time_zone", "economical")
_LIMITS = ("monthly_budget", "alert_records", "alert_minutes")


def _page(
    request: HttpRequest, connection: Connection, *, form: PaceForm | None = None, limits: LimitsForm | None = None
) -> HttpResponse:
    wrong = bool((form and form.errors) or (limits and limits.errors))
    pace = {name: getattr(connection, name) for name in _PACE}
    context = {
        **_objects(connection),
        "here": "overview",
        "form": form or PaceForm(initial=pace, connection=connection),
        "limits": limits or LimitsForm(initial={name: getattr(connection, name) for name in _LIMITS}),
        "fixed_seconds": project.PULL_INTERVAL_SECONDS,
        "usage": connector.usage_by_cause(connection.pk),
        "by_month": (by_month := usage.by_month(connection.pk)),
        "chart": usage.chart(by_month, budget=connection.monthly_budget),
        "month": meter.month(connection),
        "history": timeline("connection", connection.pk, size=HISTORY),
        **_live(connection),
    }
    return render(request, "sync/connection_settings.html", context, status=422 if wrong else 200)


def _live(connection: Connection) -> dict[str, Any]:
    return {"connection": connection, "progress": progress.of(connection)}


def _objects(connection: Connection) -> dict[str, Any]:
    shared = frame(connection)
    return {**shared, "objects": objects.lines(connection, simple=shared["simple"])}


@require_safe
def connection_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far reading and applying are; the answer asks again by itself until there is nothing to wait for."""
    live = _live(company_of(request, pk))
    response = render(request, "sync/_progress.html", live)
    response["HX-Trigger"] = "sync-progress" if live["progress"].busy else "sync-finished"
    return response


@require_safe
def connection_objects(request: HttpRequest, pk: int) -> HttpResponse:
    """The three objects with their figures."""
    return render(request, "sync/_objects.html", _objects(company_of(request, pk)))


@require_safe
def estimate(request: HttpRequest, pk: int) -> HttpResponse:
    """What the interval in the field would cost."""
    connection = company_of(request, pk)
    initial = {
        "interval_minutes": request.GET.get("interval_minutes", ""),
        "economical": bool(request.GET.get("economical")),
    }
    form = PaceForm(initial=initial, connection=connection)
    return render(request, "sync/_estimate.html", {"form": form, "connection": connection})


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch one object on or off."""
    connection = company_of(request, pk)
    name, on = request.POST.get("object", ""), request.POST.get("on") == "1"
    if name not in SyncObject:
        return HttpResponseBadRequest()
    sync_object = SyncObject(name)
    objects_service.switch(connection, sync_object, on=on, by=request.user)
    if request.POST.get("next") == "started" and on:
        return redirect("sync:object-started", pk, name)
    if on:
        told = _("%s: on. What was read from QuickBooks is being applied.")
    else:
        told = _("%s: off. Records and links stay as they are.")
    messages.success(request, told % sync_object.label)
    if request.headers.get("HX-Request") != "true":
        return redirect(PAGE, pk)
    response = render(request, "sync/_objects.html", _objects(connection))
    response["HX-Trigger"] = "sync-started"
    return response


@require_POST
def read_only(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch read-only mode on or off."""
    connection = company_of(request, pk)
    on = request.POST.get("on") == "1"
    settings_service.set_read_only(connection, on=on, by=request.user)
    if on:
        told = _("Read-only mode is on: nothing is written to “%s”.")
    else:
        told = _("Read-only mode is off: what waited is being sent to “%s”.")
    messages.success(request, told % connection)
    return redirect(PAGE, pk)


@require_POST
def object_sync_now(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Have one object's changes read now, and everything of it looked at again."""
    connection, sync_object = company_of(request, pk), object_of(name)
    if connection.active:
        connections.read_now([connection.pk], reference=False)
        again.request(connection, [sync_object], by=request.user)
        told = _("%s: changes are being read now, which costs one read, and everything is being looked at again.")
        messages.success(request, told % sync_object.label)
    else:
        told = _("“%(name)s” can't be read: %(status)s.")
        messages.warning(request, told % {"name": connection, "status": connection.get_status_display().lower()})
    return redirect(PAGE, pk)


_BACK = {"list": "qbo_connector:connection-list", "health": "sync:health"}


@require_POST
def sync_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the company read now."""
    require(request.user, "sync.run")
    connection = get_object_or_404(connector.visible_to(request.user), pk=pk)
    if connection.active:
        connections.read_now([connection.pk])
        told = _("“%s” is being read now: what changed, and lists such as tax codes. The page says when it is done.")
        messages.success(request, told % connection)
    else:
        messages.warning(
            request,
            _("“%(name)s” can't be read: %(status)s.")
            % {"name": connection, "status": connection.get_status_display().lower()},
        )
    back = _BACK.get(request.POST.get("back", ""))
    if back is None and request.user.has_perm(PERMISSION):
        return redirect(PAGE, pk)
    return redirect(back or "core:home")
