"""The entrance to the settings."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def settings_index(request: HttpRequest) -> HttpResponse:
    """All settings pages that this user may open; they come with the page frame."""
    return render(request, "core/settings.html")
