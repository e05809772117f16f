"""The list of reports: the ones that people built, and the ready ones."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from core.conditions import registry
from reports import page_queries as queries
from reports.forms.build import ICONS
from reports.models import Report
from reports.ready import ReadyReport
from reports.ready.registry import listed as ready_for
from reports.views.shared import VIEW, needs, page_of

TABS = (("", gettext_lazy("All")), ("mine", gettext_lazy("Mine")), ("shared", gettext_lazy("Shared with me")))


@dataclass(frozen=True)
class Line:
    """A report in the list."""

    report: Report
    about: str
    icon: str


@require_GET
@needs(VIEW)
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports that the reader may see, the one changed last first."""
    tab, text = request.GET.get("tab", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    rows = queries.listed(request.user, tab=tab, text=text)
    page = page_of(request, rows, "-updated_at")
    context = {
        "page": page,
        "lines": [_line(row) for row in page.rows],
        "tabs": TABS,
        "tab": tab,
        "q": text,
        "ready": [] if tab else [report for report in ready_for(request.user) if _said(report, text)],
    }
    return render(request, "reports/list.html", context)


def _said(report: ReadyReport, text: str) -> bool:
    """Whether all words of a search stand in the name or the description of a ready report."""
    said = f"{report.name} {report.description}".casefold()
    return all(word in said for word in text.casefold().split())


def _line(report: Report) -> Line:
    about = registry.objects.get(str(report.definition.get("object")))
    icon = ICONS.get(str(report.definition.get("chart")), "chart-bar")
    return Line(report, str(about.label) if about is not None else "", icon)
