"""The list of reports."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from reports import page_queries as queries
from reports.views.shared import VIEW, needs


@require_GET
@needs(VIEW)
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports that the reader may see."""
    return render(request, "reports/list.html", {"reports": queries.listed(request.user)})
