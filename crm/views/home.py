"""The CRM's cards on the home page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from crm.queries import attention, mentions


@require_safe
def deals_home(request: HttpRequest) -> HttpResponse:
    """My deals that need something, and why."""
    return render(request, "crm/_home_deals.html", {"needs": attention.needs(request.user)})


@require_safe
def mentions_home(request: HttpRequest) -> HttpResponse:
    """The notes in which somebody named me."""
    return render(request, "crm/_home_mentions.html", {"mentions": mentions.latest(request.user)})
