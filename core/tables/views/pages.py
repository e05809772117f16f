"""The index page of every kind of record, its sums, and the peek at one record."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.tables.described import Table
from core.tables.listing import Line, columns_of, listing, loading, printed, selected
from core.tables.registry import table_of
from core.tables.saved import Views, views_of
from core.tables.totals import TooManyToSum, by_currency
from core.tables.views.asked import unstored


def index(request: HttpRequest, object_type: str, **extra: Any) -> HttpResponse:
    """The list in the state of the address; the bare address opens the view that the reader starts with."""
    table = table_of(object_type, request.user)
    views = views_of(table, request.user, request.GET)
    if (target := _elsewhere(request, views)) is not None:
        return redirect(target)
    context = extra | page_context(request, table, views)
    return render(request, table.template, context)


def _elsewhere(request: HttpRequest, views: Views) -> str | None:
    """The full address of a view, for a short one and for the bare one."""
    asked = request.GET.get("open", "")
    if not asked and request.GET:
        return None
    view = views.of(asked or views.start)
    # The bare address is the first view already, where that one filters nothing.
    if view is not None and (asked or view is not views.every[0] or views.dirty):
        return request.path + view.href
    return f"{request.path}?view={asked}" if asked else None


def page_context(request: HttpRequest, table: Table, views: Views) -> dict[str, Any]:
    """What the template of an index page prints."""
    user: Any = request.user
    found = listing(table, user, request.GET, views.columns)
    allowed = [action for action in table.actions if not action.permission or user.has_perm(action.permission)]
    return {
        "table": table,
        "list": found,
        "views": views,
        "problems": [*([views.problem] if views.problem else []), *found.problems],
        "unseen": [(label, _without(request, name)) for name, label in found.unseen],
        "density": request.GET.get("density", ""),
        "address": request.GET.urlencode(),
        "state_names": ("view", "columns", "density"),
        "actions": [action for action in allowed if action.offered is None or action.offered(request.GET)],
        "may_export": not table.export_permission or user.has_perm(table.export_permission),
        "may_edit": table.change is not None and (not table.edit_permission or user.has_perm(table.edit_permission)),
        "archived_options": [("1", _("Archived only"))],
    }


def _without(request: HttpRequest, name: str) -> str:
    query = request.GET.copy()
    for gone in (name, "cursor"):
        query.pop(gone, None)
    return f"?{query.urlencode()}"


@require_GET
@unstored
def sums(request: HttpRequest, object_type: str) -> HttpResponse:
    """Number and totals of what is filtered, by currency: loaded after the rows."""
    table = table_of(object_type, request.user)
    try:
        found = by_currency(table, selected(table, request.user, request.GET).rows)
    except TooManyToSum:
        return render(request, "core/tables/_sums.html", {"too_many": True})
    return render(request, "core/tables/_sums.html", {"sums": found})


@require_GET
@unstored
def peek(request: HttpRequest, object_type: str, pk: int) -> HttpResponse:
    """All that the list knows of one record, in the side panel."""
    table = table_of(object_type, request.user)
    line = line_of(table, request.user, pk)
    context = {
        "table": table,
        "record": line.record,
        "line": line,
        "url": reverse(table.page, args=[pk]),
        "edit_url": _edit_url(table, pk, request.user),
    }
    return render(request, "core/tables/_peek.html", context)


def line_of(table: Table, user: Any, pk: int) -> Line:
    """One record with every column of its list. Raises Http404."""
    columns = columns_of(table, user)
    record = get_object_or_404(loading(table.rows(user), columns, table.needs), pk=pk)
    return printed(columns, [record], table)[0]


def _edit_url(table: Table, pk: int, user: Any) -> str:
    may = table.edit and (not table.edit_permission or user.has_perm(table.edit_permission))
    return reverse(table.edit, args=[pk]) if may else ""
