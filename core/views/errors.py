"""Pages for what went wrong: each says what happened and what to do."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: what is missing and who grants it."""
    return render(request, "403.html", {"reason": str(exception)}, status=403)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: offers the search."""
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: with the request's id, so that support can find it in the logs."""
    request_id = getattr(request, "id", "") or request.META.get("HTTP_X_REQUEST_ID", "")
    # Without the request: what every page shows asks the database for the user, and it may be what is broken.
    return HttpResponse(render_to_string("500.html", {"request_id": request_id}), status=500)
