"""The audit log: the list, and one event with all it says."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from core.audit import table
from core.audit.reading import PERMISSION, visible_to
from core.tables.registry import may
from core.tables.views import pages
from core.tables.views.asked import unstored


@require_GET
@unstored
def audit_log(request: HttpRequest) -> HttpResponse:
    """Events, newest first, as the address asks for them."""
    return pages.index(request, "event", kept=table.kept())


@require_GET
@unstored
def audit_event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event: who, when, from where, through which channel, and every value before and after."""
    may(request.user, PERMISSION)
    event = get_object_or_404(visible_to(request.user).select_related("actor"), pk=pk)
    return render(request, "core/audit/event.html", dict(table.described(event)))
