"""Sync health: what is late, waiting, left out, unreadable or refused, and the buttons that mend it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.access import require
from core import registry
from core.queries import timeline
from qbo_connector import queries as connector
from qbo_connector.models import Connection, ConnectionToken
from qbo_connector.services import meter
from sync import csv_file, health_counts, health_lists, left_out_lines, progress, runs, titles
from sync import health as reading
from sync.enums import Exclusion, Outcome, SyncObject
from sync.services import retries

PAGE = "sync:health"
SEE, ACT = "sync.view_health", "sync.run"
HISTORY = 10
# The largest number of a row.
MOST = 2**63 - 1
# More in one request would keep a person waiting; pressing again goes on.
AT_ONCE = 500


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The page over all companies."""
    require(request.user, SEE)
    return _page(request, None)


@require_safe
def company_health(request: HttpRequest, pk: int) -> HttpResponse:
    """The page of one company, with what happened to it."""
    require(request.user, SEE)
    connection = get_object_or_404(connector.visible_to(request.user), pk=pk)
    return _page(request, connection)


def _page(request: HttpRequest, connection: Connection | None) -> HttpResponse:
    companies = reading.companies(request.user, connection.pk if connection else None)
    figures = health_counts.counts(request.user, [line.connection.pk for line in companies])
    causes = health_lists.causes(request.user, connection)
    rows = reading.parked(request.user)
    parked = list((rows.filter(connection=connection) if connection else rows)[: reading.SHOWN + 1])
    context = {
        "connection": connection,
        "companies": companies,
        "tables": [(line.connection, figures[line.connection.pk]) for line in companies],
        "outcomes": [outcome.label for outcome in health_counts.SHOWN],
        "worker": reading.worker(),
        "causes": causes,
        "health_cards": [] if connection else registry.health_cards_for(request.user),
        "parked": parked[: reading.SHOWN],
        "more_parked": len(parked) > reading.SHOWN,
        "shown": reading.SHOWN,
        "may_act": request.user.has_perm(ACT),
        "history": timeline("connection", connection.pk, size=HISTORY) if connection else [],
        **(_of_company(connection) if connection else {}),
    }
    return render(request, "sync/health.html", context)


def _of_company(connection: Connection) -> dict[str, Any]:
    """What the page of one company says besides: how old its data are, its access, its reads, its runs."""
    return {
        "progress": progress.of(connection),
        "token": ConnectionToken.objects.filter(connection=connection).defer("access_token", "refresh_token").first(),
        "month": meter.month(connection),
        "runs": runs.of(connection),
    }


@require_safe
def run_changes(request: HttpRequest, pk: int, event: int) -> HttpResponse:
    """What one read changed here."""
    require(request.user, SEE)
    connection = get_object_or_404(connector.visible_to(request.user), pk=pk)
    if event > MOST:
        raise Http404
    context = {"entries": runs.changes(connection, event), "shown": runs.CHANGES_SHOWN}
    return render(request, "sync/_run_changes.html", context)


@require_safe
def health_records(request: HttpRequest) -> HttpResponse:
    """The records behind a figure, or of one cause."""
    require(request.user, SEE)
    wanted = health_lists.asked(request.user, request.GET)
    page, lines = health_lists.page(request.user, request.GET, wanted)
    context = {
        "wanted": wanted,
        "title": _title(wanted),
        "page": page,
        "lines": lines,
        "query": request.GET.urlencode(),
        "may_act": request.user.has_perm(ACT),
        "failing": wanted.outcome in health_lists.FAILING,
        "at_once": AT_ONCE,
    }
    return render(request, "sync/health_records.html", context)


def _title(wanted: health_lists.Asked) -> str:
    state = str(Exclusion(wanted.rule).label) if wanted.rule else str(wanted.outcome.label)
    return f"{titles.kinds_of(wanted.kind)}: {state}" if wanted.kind else state


@require_safe
def health_export(request: HttpRequest) -> HttpResponseBase:
    """The same list as a file."""
    require(request.user, SEE)
    wanted = health_lists.asked(request.user, request.GET)
    return csv_file.download("sync-health.csv", health_lists.rows_of_file(request.user, wanted))


@require_safe
def left_out(request: HttpRequest, pk: int, name: str) -> HttpResponseBase:
    """Objects of QuickBooks that have no record here, with the rule that keeps each out; as a file with ``csv``."""
    require(request.user, SEE)
    connection = get_object_or_404(connector.visible_to(request.user), pk=pk)
    if name not in (SyncObject.CONTACT, SyncObject.PRODUCT):
        raise Http404
    sync_object = SyncObject(name)
    if request.GET.get("csv") == "1":
        return csv_file.download("left-out.csv", left_out_lines.rows_of_file(connection, sync_object))
    after = request.GET.get("after", "")
    context = {
        "connection": connection,
        "object": sync_object,
        "objects": [(str(each), each.label, each == sync_object) for each in (SyncObject.CONTACT, SyncObject.PRODUCT)],
        "found": left_out_lines.page(
            connection, sync_object, int(after) if after.isdecimal() and len(after) < 19 else 0
        ),
    }
    return render(request, "sync/left_out.html", context)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Send refused records again: named ones, all of a cause, or all; of one company where it is named."""
    require(request.user, ACT)
    rows = health_lists.failing(request.user)
    number = request.POST.get("company", "")
    if number:
        rows = rows.filter(connection=int(number)) if number.isdecimal() and len(number) < 19 else rows.none()
    cause = request.POST.get("cause", "")[:32]
    if cause:
        rows = health_lists.of_cause(rows, cause)
    elif request.POST.get("all") != "1":
        ids = [int(value) for value in request.POST.getlist("link") if value.isdecimal() and len(value) < 19]
        rows = rows.filter(pk__in=ids)
    found = list(rows.filter(outcome=Outcome.FAILING).order_by("pk")[: AT_ONCE + 1])
    sent = retries.send_again(found[:AT_ONCE], by=request.user)
    if sent:
        text = ngettext("%d record is being sent again.", "%d records are being sent again.", sent) % sent
        more = len(found) > AT_ONCE
        messages.success(request, _("%s Press again for the others.") % text if more else text)
    else:
        messages.info(request, _("Nothing is waiting for a retry there."))
    back = request.POST.get("back", "")
    return redirect(f"{reverse('sync:health-records')}?{QueryDict(back[:4000]).urlencode()}" if back else _home(number))


def _home(number: str) -> str:
    if number.isdecimal() and len(number) < 19:
        return reverse("sync:company-health", args=[int(number)])
    return reverse(PAGE)


@require_safe
def parked_payload(request: HttpRequest, pk: int) -> HttpResponse:
    """What QuickBooks sent, as text."""
    require(request.user, SEE)
    record = get_object_or_404(reading.parked(request.user).defer(None), pk=pk)
    return render(request, "sync/_payload.html", {"text": reading.payload_text(record)})


@require_POST
def parked_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at a parked object again."""
    require(request.user, ACT)
    record = get_object_or_404(reading.parked(request.user), pk=pk)
    if retries.apply_again(record, by=request.user):
        messages.success(request, _("%(entity)s %(id)s is looked at again.") % _words(record.entity, record.qbo_id))
    else:
        messages.info(
            request,
            _("%(entity)s %(id)s can't be read as it is. It comes again as soon as it is changed in QuickBooks.")
            % _words(record.entity, record.qbo_id),
        )
    return redirect(PAGE)


def _words(entity: str, qbo_id: str) -> dict[str, str]:
    return {"entity": entity, "id": qbo_id}
