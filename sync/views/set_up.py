"""“Set up your sync”: choose an object, and watch it once it is on."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sync import objects, started
from sync.views.companies import company_of, frame, object_of


@require_safe
def set_up(request: HttpRequest, pk: int) -> HttpResponse:
    """*Choose an object to sync.*"""
    connection = company_of(request, pk)
    shown = objects.lines(connection)
    context = {
        **frame(connection),
        "objects": shown,
        # Going back to one-way toggles under a running sync would stop half of it.
        "may_be_simple": not any(line.enabled for line in shown),
    }
    return render(request, "sync/setup.html", context)


@require_safe
def object_started(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The initial sync as it goes; asks again by itself until it is done."""
    connection, sync_object = company_of(request, pk), object_of(name)
    context = {"sync_object": sync_object, "connection": connection, "initial": started.of(connection, sync_object)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "sync/_initial_sync.html", context)
    return render(request, "sync/setup_started.html", {**frame(connection), **context})
