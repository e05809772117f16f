"""Sending a report by e-mail: when, and to whom."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from reports import page_queries as queries
from reports.forms.schedule import ScheduleForm
from reports.models import ReportSchedule
from reports.services import schedules
from reports.services.reports import ReportRefused, may_change
from reports.views.shared import VIEW, needs


@require_http_methods(["GET", "POST"])
@needs(VIEW)
def schedule_create(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a report again and again."""
    report = get_object_or_404(queries.visible_to(request.user), pk=pk)
    if not may_change(report, request.user):
        raise PermissionDenied(_("Only who may change a report decides who gets it."))
    people = queries.who_may_get(report)
    form = ScheduleForm(request.POST or None, people=people, initial={"recipients": [request.user.pk]})
    if request.method == "POST" and form.is_valid():
        try:
            schedules.plan(report, by=request.user, **form.cleaned_data)
        except ReportRefused as refused:
            form.add_error(None, str(refused))
        else:
            messages.success(request, _("It will be sent."))
            return redirect("reports:report", report.pk)
    context = {"report": report, "form": form}
    return render(request, "reports/schedule.html", context, status=422 if form.errors else 200)


@require_POST
@needs(VIEW)
def schedule_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Do not send it any more."""
    rows = ReportSchedule.objects.select_related("report").filter(report__in=queries.visible_to(request.user))
    schedule = get_object_or_404(rows, pk=pk)
    try:
        schedules.stop(schedule, by=request.user)
    except ReportRefused as refused:
        raise PermissionDenied(str(refused)) from refused
    messages.success(request, _("It is not sent any more."))
    return redirect("reports:report", schedule.report_id)
