"""The dry run of an object: worked out by a worker, shown with its age, field by field; parts of it on other pages."""

import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from qbo_connector.models import Connection
from sync import objects
from sync.consequences import lines, summary
from sync.dry_run import Report
from sync.enums import Generation, SyncObject
from sync.models import SyncDryRun
from sync.queries import stored_settings
from sync.services import dry_runs
from sync.views.companies import company_of, frame, object_of, settings_after_upgrade

PAGE_SIZE = 50
NOW = datetime.timedelta()


def report_of(run: SyncDryRun) -> Report | None:
    """What a dry run found; None before it is done for the first time."""
    return Report.from_json(run.report) if run.report else None


def shown(run: SyncDryRun) -> dict[str, Any]:
    """What ``sync/_dry_run_summary.html`` prints."""
    report = report_of(run)
    return {
        "run": run,
        "summary": summary(report) if report else None,
        "complete": report is None or report.complete,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def object_dry_run(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """What a complete pass would do: counts, then each change field by field, by kind and in pages.

    A worker works it out; the page asks for it until it is there, and shows the last one meanwhile. POST has it worked
    out again. ``run`` names one of other settings, which somebody is about to save.
    """
    connection, sync_object = company_of(request, pk), object_of(name)
    context = frame(connection)
    upgrading = context["simple"] and "upgrade" in request.GET
    run = _run(request, connection, sync_object, upgrading=upgrading)
    if request.method == "POST":
        return redirect(request.get_full_path())
    stored = stored_settings(connection, sync_object)
    report = report_of(run)
    context |= {
        "sync_object": sync_object,
        "object": objects.DESCRIPTIONS[sync_object],
        "stored": stored,
        **shown(run),
        "setting_up": "setup" in request.GET and not stored.enabled,
        "upgrading": upgrading,
        "trying": "run" in request.GET,
        **(_list(request, report) if report else {}),
    }
    if request.headers.get("HX-Request") == "true":
        part = "_dry_run_summary" if request.GET.get("part") == "summary" else "_dry_run"
        return render(request, f"sync/{part}.html", context)
    return render(request, "sync/dry_run.html", context)


def _run(request: HttpRequest, connection: Connection, sync_object: SyncObject, *, upgrading: bool) -> SyncDryRun:
    again = request.method == "POST"
    number = request.GET.get("run", "")
    if number:
        known = SyncDryRun.objects.filter(connection=connection, sync_object=sync_object)
        run = get_object_or_404(known, pk=int(number) if number.isdecimal() and len(number) < 19 else 0)
        if again:
            dry_runs.ask_again(run, by=request.user)
        return run
    max_age = NOW if again else None
    if not upgrading:
        return dry_runs.wanted(connection, sync_object, by=request.user, max_age=max_age)
    return upgraded(request, connection, sync_object, max_age=max_age)


def upgraded(
    request: HttpRequest, connection: Connection, sync_object: SyncObject, *, max_age: datetime.timedelta | None
) -> SyncDryRun:
    """What the full sync would do to an object of a simple company."""
    settings = settings_after_upgrade(connection, sync_object)
    full = Generation.FULL
    return dry_runs.wanted(
        connection, sync_object, by=request.user, settings=settings, generation=full, max_age=max_age
    )


def _list(request: HttpRequest, report: Report) -> dict[str, Any]:
    """The chosen kind's page of the list. What came after the first hundreds is counted, not listed."""
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
        "more": total - len(found),
        "previous": number - 1 if number > 1 and found else 0,
        "next": number + 1 if first + PAGE_SIZE < len(found) else 0,
    }
