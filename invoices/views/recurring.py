"""Recurring invoices: the list, one of them with what it made, and its form."""

from itertools import islice
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.paging import BadCursor, page_by_key
from invoices import queries
from invoices.forms_automation import RecurringForm, schedule_in_words
from invoices.models import RecurringInvoice, RecurringState
from invoices.ports import accounting
from invoices.services import recurring
from invoices.views.answers import needs

ACTS = {"pause": recurring.pause, "resume": recurring.resume, "end": recurring.end}


def _rows(request: HttpRequest) -> QuerySet[RecurringInvoice]:
    return queries.recurring_visible_to(request.user).select_related("connection", "deal", "owner")


@require_GET
@needs("invoices.view")
def recurring_list(request: HttpRequest) -> HttpResponse:
    """All recurring invoices, the one changed last first."""
    rows = _rows(request)
    state = request.GET.get("state", "")
    if state in RecurringState.values:
        rows = rows.filter(state=state)
    try:
        page = page_by_key(rows, sort="-updated_at", cursor=request.GET.get("cursor", ""), size=50)
    except BadCursor:
        page = page_by_key(rows, sort="-updated_at", size=50)
    context = {
        "page": page,
        "lines": [(row, schedule_in_words(row)) for row in page.rows],
        "states": RecurringState.choices,
        "state": state,
    }
    return render(request, "invoices/automation/recurring_list.html", context)


@require_GET
@needs("invoices.view")
def recurring_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One recurring invoice: its schedule, the next days, and what came of the last ones."""
    row = get_object_or_404(_rows(request), pk=pk)
    active = row.state == RecurringState.ACTIVE
    context = {
        "row": row,
        "schedule": schedule_in_words(row),
        "next": list(islice(recurring.upcoming(row), 5)) if active else [],
        "runs": row.runs.select_related("invoice", "draft").order_by("-falls_on")[:50],
        "may_change": request.user.has_perm("invoices.automate"),
    }
    return render(request, "invoices/automation/recurring_detail.html", context)


@require_http_methods(["GET", "POST"])
@needs("invoices.automate")
def recurring_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an invoice recur: the same content, by a schedule."""
    invoice = get_object_or_404(queries.visible_to(request.user).select_related("connection", "deal"), pk=pk)
    today = accounting().today(invoice.connection_id)
    name = _("%(customer)s, like %(number)s") % {"customer": invoice.customer_name[:120], "number": invoice}
    initial = {"name": name, "starts_on": today}
    form = RecurringForm(request.POST or None, initial=initial)
    context: dict[str, Any] = {"form": form, "invoice": invoice}
    if request.method == "POST" and form.is_valid():
        make_past = {"make": True, "skip": False}.get(request.POST.get("past", ""))
        try:
            row = recurring.start(invoice, by=request.user, make_past=make_past, **form.cleaned_data)
        except recurring.BadSchedule as bad:
            form.add_error(bad.field or None, str(bad))
        except recurring.PastDays as past:
            context["past"] = past.days
        else:
            messages.success(request, _("The recurring invoice was made."))
            return redirect("invoices:recurring-detail", row.pk)
    status = 422 if form.errors or "past" in context else 200
    return render(request, "invoices/automation/recurring_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@needs("invoices.automate")
def recurring_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name and schedule."""
    row = get_object_or_404(_rows(request), pk=pk)
    form = RecurringForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        try:
            recurring.change(row, by=request.user, **form.cleaned_data)
        except recurring.BadSchedule as bad:
            form.add_error(bad.field or None, str(bad))
        else:
            messages.success(request, _("Changes saved."))
            return redirect("invoices:recurring-detail", pk)
    context = {"form": form, "row": row}
    return render(request, "invoices/automation/recurring_form.html", context, status=422 if form.errors else 200)


@require_POST
@needs("invoices.automate")
def recurring_act(request: HttpRequest, pk: int, act: str) -> HttpResponse:
    """Pause, resume or end one."""
    row = get_object_or_404(_rows(request), pk=pk)
    if act not in ACTS:
        raise Http404
    ACTS[act](row, by=request.user)
    told = {"pause": _("Paused."), "resume": _("It goes on."), "end": _("It has ended. What was made stays.")}
    messages.success(request, told[act])
    return redirect("invoices:recurring-detail", pk)
