"""Tells events written in a request where they come from."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.audit.source import Source, client_address, coming_from


class AuditMiddleware:
    """The client's address goes with every event of the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with coming_from(Source(client_address(request))):
            return self.get_response(request)
