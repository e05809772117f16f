"""The builder: a new report, changing one, and the preview while one builds."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.conditions import registry
from core.registry import icon_of
from reports import page_queries as queries
from reports.definition import BadReport, Plan, read
from reports.forms.build import BuildForm, beginning, initial_of
from reports.models import Report
from reports.querying import TooMuch
from reports.ranges import RANGES, narrower
from reports.services import reports
from reports.shaping import result_of
from reports.shown import shown
from reports.sources import SOURCES, Source, sources_for
from reports.views.shared import VIEW, needs


def _source(request: HttpRequest, name: str) -> Source:
    """What the report is about; 404 for something unknown, 403 for records that the reader may not see."""
    source = SOURCES.get(name)
    if source is None:
        raise Http404(name)
    if not registry.may_use(name, request.user):
        raise PermissionDenied(_("You may not see these records, so you can’t build reports about them."))
    return source


@require_http_methods(["GET", "POST"])
@needs(VIEW)
def report_create(request: HttpRequest) -> HttpResponse:
    """A new report; the address says about what."""
    offered = sources_for(request.user)
    if not offered:
        raise PermissionDenied(_("There are no records that you may see."))
    source = _source(request, request.GET.get("object") or offered[0].name)
    initial = {**initial_of(beginning(source)), "sharing": "private"}
    form = BuildForm(request.POST or None, source=source, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        report = _kept(request, form, None)
        if report is not None:
            return redirect("reports:report", report.pk)
    return _page(request, form, source, None)


@require_http_methods(["GET", "POST"])
@needs(VIEW)
def report_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a report."""
    report = get_object_or_404(queries.visible_to(request.user), pk=pk)
    if not reports.may_change(report, request.user) or report.ready:
        raise PermissionDenied(_("This report belongs to somebody else. Make a copy and change that."))
    source = _source(request, str(report.definition.get("object")))
    kept = {"name": report.name, "description": report.description, "sharing": reports.sharing_of(report)}
    initial = {**initial_of(report.definition), **kept}
    form = BuildForm(request.POST or None, source=source, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid() and _kept(request, form, report) is not None:
        return redirect("reports:report", report.pk)
    return _page(request, form, source, report)


def _kept(request: HttpRequest, form: BuildForm, report: Report | None) -> Report | None:
    """Keep what was built; None, with the reasons in the form, where that can't be."""
    words = {name: form.cleaned_data[name] for name in ("name", "description", "sharing")}
    definition = form.definition()
    try:
        read(definition, request.user)
        if report is None:
            report = reports.create(by=request.user, definition=definition, **words)
        else:
            report = reports.change(report, by=request.user, definition=definition, **words)
    except BadReport as bad:
        for problem in bad.problems:
            form.add_error(None, problem)
        return None
    except reports.ReportRefused as refused:
        form.add_error(None, str(refused))
        return None
    messages.success(request, _("Saved."))
    return report


def _page(request: HttpRequest, form: BuildForm, source: Source, report: Report | None) -> HttpResponse:
    kinds = [(each.name, each.label, each.icon or icon_of(each.name)) for each in sources_for(request.user)]
    context = {"form": form, "source": source, "report": report, "kinds": kinds}
    return render(request, "reports/builder.html", context, status=422 if form.errors else 200)


@require_POST
@needs(VIEW)
def report_preview(request: HttpRequest, object_type: str) -> HttpResponse:
    """What the form as it stands comes to, or what is wrong with it."""
    source = _source(request, object_type)
    form = BuildForm(request.POST, source=source, user=request.user)
    # Nothing is kept yet: what it is called and who sees it does not matter.
    for name in ("name", "sharing"):
        form.fields[name].required = False
    context: dict[str, Any] = {}
    if not form.is_valid():
        context["problems"] = [error for errors in form.errors.values() for error in errors]
        return render(request, "reports/_preview.html", context)
    try:
        plan = read(form.definition(), request.user)
        title = form.cleaned_data.get("name") or _("New report")
        context["shown"] = shown(result_of(plan, title))
    except BadReport as bad:
        context["problems"] = bad.problems
    except TooMuch:
        context |= too_much(plan)
    return render(request, "reports/_preview.html", context)


def too_much(plan: Plan) -> dict[str, Any]:
    """What a page says of a report that would read too much: a narrower period, where there is one."""
    name = narrower(plan.period, plan.using.today)
    return {"too_much": True, "narrower": name, "narrower_label": RANGES[name][0] if name else ""}
