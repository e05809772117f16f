"""“Set up your sync”: choose an object, see what it would do, switch it on, watch it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qbo_connector.models import Connection
from sync import objects, started
from sync.consequences import kept_dry_run, lines, summary
from sync.dry_run import Report
from sync.enums import Generation, SyncObject
from sync.views.companies import company_of, frame, object_of, settings_after_upgrade, stored_settings

PAGE_SIZE = 50


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
def object_dry_run(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """What a complete pass would do: counts, then each change field by field, by kind and in pages."""
    connection, sync_object = company_of(request, pk), object_of(name)
    context = frame(connection)
    upgrading = context["simple"] and "upgrade" in request.GET
    report = _report(connection, sync_object, upgrading=upgrading, fresh="fresh" in request.GET)
    stored = stored_settings(connection, sync_object)
    context |= {
        "sync_object": sync_object,
        "object": objects.DESCRIPTIONS[sync_object],
        "stored": stored,
        "summary": summary(report),
        "setting_up": "setup" in request.GET and not stored.enabled,
        "upgrading": upgrading,
        **_list(request, report),
    }
    return render(request, "sync/dry_run.html", context)


def _report(connection: Connection, sync_object: SyncObject, *, upgrading: bool, fresh: bool) -> Report:
    if not upgrading:
        return kept_dry_run(connection, sync_object, fresh=fresh)
    settings = settings_after_upgrade(connection, sync_object)
    return kept_dry_run(connection, sync_object, settings=settings, generation=Generation.FULL, fresh=fresh)


def _list(request: HttpRequest, report: Report) -> dict[str, Any]:
    """The chosen kind's page of the list. What came after the first thousands is counted, not listed."""
    kind = request.GET.get("kind", "")
    found = [each for each in report.changes if not kind or f"{each.side}-{each.kind}" == kind]
    page = request.GET.get("page", "1")
    number = max(1, int(page) if page.isdecimal() and len(page) < 6 else 1)
    first = (number - 1) * PAGE_SIZE
    total = sum(count for (side, name), count in report.counts.items() if not kind or f"{side}-{name}" == kind)
    return {
        "kind": kind,
        "lines": lines(found[first : first + PAGE_SIZE]),
        "first": first + 1,
        "last": min(first + PAGE_SIZE, len(found)),
        "total": total,
        "listed": len(found),
        "previous": number - 1 if number > 1 and found else 0,
        "next": number + 1 if first + PAGE_SIZE < len(found) else 0,
    }


@require_safe
def object_started(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """The initial sync as it goes; asks again by itself until it is done."""
    connection, sync_object = company_of(request, pk), object_of(name)
    context = {"sync_object": sync_object, "connection": connection, "initial": started.of(connection, sync_object)}
    if request.headers.get("HX-Request") == "true":
        return render(request, "sync/_initial_sync.html", context)
    return render(request, "sync/setup_started.html", {**frame(connection), **context})
