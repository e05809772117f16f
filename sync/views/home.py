"""The card about sync on the home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import require
from sync import health as reading

SHOWN = 5


@require_safe
def health_home(request: HttpRequest) -> HttpResponse:
    """Each company: when it was read last, what waits, what failed; the ones with trouble first."""
    require(request.user, "sync.view_health")
    companies = reading.companies(request.user)
    companies.sort(key=lambda line: not (line.problem or line.failed or line.late))
    context = {
        "companies": companies[:SHOWN],
        "more": len(companies) > SHOWN,
        "worker": reading.worker(),
    }
    return render(request, "sync/_home.html", context)
