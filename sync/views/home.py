"""The cards about sync on the home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import require
from sync import health as reading
from sync import health_lists

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


@require_safe
def failures_home(request: HttpRequest) -> HttpResponse:
    """Why records fail: the most frequent causes, each with the way to its records."""
    require(request.user, "sync.view_health")
    found = health_lists.causes(request.user)
    context = {"causes": found, "shown": found.causes[:SHOWN], "more": len(found.causes) > SHOWN}
    return render(request, "sync/_failures_home.html", context)
