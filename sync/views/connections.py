"""Sync settings of one company: switches, progress, interval, "Sync now"."""

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
from qbo_connector.services import settings as company_settings
from sync import objects, progress
from sync.enums import SyncObject
from sync.forms import PaceForm
from sync.services import connections
from sync.services import objects as objects_service

PERMISSION = "sync.configure"
PAGE = "sync:connection-settings"
HISTORY = 10


def _company(request: HttpRequest, pk: int) -> Connection:
    return get_object_or_404(connector.visible_to(request.user), pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def connection_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; POST saves interval and time zone."""
    require(request.user, PERMISSION)
    connection = _company(request, pk)
    form = PaceForm(request.POST or None, initial=_pace(connection))
    if request.method == "POST" and form.is_valid():
        if company_settings.change(connection, by=request.user, **form.cleaned_data):
            messages.success(request, _("Saved."))
        return redirect(PAGE, pk)
    context = {
        "connection": connection,
        "form": form,
        "fixed_seconds": project.PULL_INTERVAL_SECONDS,
        "usage": connector.usage_by_cause(pk),
        "history": timeline("connection", pk, size=HISTORY),
        **_live(connection),
        **_objects(connection),
    }
    return render(request, "sync/connection_settings.html", context, status=422 if form.errors else 200)


def _pace(connection: Connection) -> dict[str, Any]:
    return {"interval_minutes": connection.interval_minutes, "time_zone": connection.time_zone}


def _live(connection: Connection) -> dict[str, Any]:
    return {"connection": connection, "progress": progress.of(connection)}


def _objects(connection: Connection) -> dict[str, Any]:
    return {"connection": connection, "objects": objects.lines(connection)}


@require_safe
def connection_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far reading and applying are; the answer asks again by itself until there is nothing to wait for."""
    require(request.user, PERMISSION)
    live = _live(_company(request, pk))
    response = render(request, "sync/_progress.html", live)
    response["HX-Trigger"] = "sync-progress" if live["progress"].busy else "sync-finished"
    return response


@require_safe
def connection_objects(request: HttpRequest, pk: int) -> HttpResponse:
    """The three objects with their figures."""
    require(request.user, PERMISSION)
    return render(request, "sync/_objects.html", _objects(_company(request, pk)))


@require_safe
def estimate(request: HttpRequest, pk: int) -> HttpResponse:
    """What the interval in the field would cost."""
    require(request.user, PERMISSION)
    form = PaceForm(initial={"interval_minutes": request.GET.get("interval_minutes", "")})
    return render(request, "sync/_estimate.html", {"form": form, "connection": _company(request, pk)})


@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch one object on or off."""
    require(request.user, PERMISSION)
    connection = _company(request, pk)
    name, on = request.POST.get("object", ""), request.POST.get("on") == "1"
    if name not in SyncObject:
        return HttpResponseBadRequest()
    sync_object = SyncObject(name)
    objects_service.switch(connection, sync_object, on=on, by=request.user)
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


_BACK = {"list": "qbo_connector:connection-list", "health": "sync:health"}


@require_POST
def sync_now(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the company read now."""
    require(request.user, "sync.run")
    connection = _company(request, pk)
    if connection.active:
        connections.read_now([connection.pk])
        messages.success(request, _("“%s” is being read now.") % connection)
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
