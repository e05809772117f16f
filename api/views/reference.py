"""The document of the API, and the page that shows it."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from api import openapi
from api.catalogue import OPERATIONS
from api.reference import shown


@login_not_required
@require_safe
def document(request: HttpRequest) -> JsonResponse:
    """The OpenAPI document. It says what the product can do and nothing of anybody's data, so it is open."""
    response = JsonResponse(openapi.document())
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Every operation with what it takes and answers."""
    return render(request, "api/reference.html", {"groups": shown(OPERATIONS)})
