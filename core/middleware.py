"""Each request in the zone and notation of the person who makes it; messages and logins for fragments."""

import json
import re
import zoneinfo
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

import structlog
from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import resolve_url
from django.utils import timezone, translation
from django.utils.cache import patch_cache_control
from django_structlog.middlewares import RequestMiddleware

from core import company
from core.properties import remembered

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's, without the query: searches name people, and OAuth's answer carries code and state.

    The id in each line of a request is also in its answer, as ``X-Request-ID``. It is our own, unless
    ``REQUEST_ID_HEADER`` names a header that the proxy sets itself.
    """

    def prepare(self, request: HttpRequest) -> None:
        """Begin the lines of a request."""
        super().prepare(request)
        given = request.headers.get(settings.REQUEST_ID_HEADER, "") if settings.REQUEST_ID_HEADER else ""
        if REQUEST_ID.fullmatch(given):
            structlog.contextvars.bind_contextvars(request_id=given)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """End them."""
        response.headers["X-Request-ID"] = str(structlog.contextvars.get_contextvars().get("request_id", ""))
        super().handle_response(request, response)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Method and path."""
        return f"{request.method} {request.path}"


class KnownMethodsMiddleware:
    """Refuses what no page of ours is asked with, TRACE above all, before anything looks at the request."""

    METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in self.METHODS else HttpResponseNotAllowed(self.METHODS)


class UnstoredMiddleware:
    """No browser and no proxy keeps what we answer, unless a view says that everybody may have it (``public``).

    Source: Intuit, "Security requirements" for listed apps: ``no-cache`` and ``no-store`` on all pages with data.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "public" not in response.headers.get("Cache-Control", ""):
            patch_cache_control(response, no_cache=True, no_store=True)
        return response


class UserTimeZoneMiddleware:
    """Activates the signed-in user's time zone and language for the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        zone = getattr(request.user, "time_zone", "")
        language = getattr(request.user, "language", "")
        with timezone.override(zoneinfo.ZoneInfo(zone) if zone else None):
            if not language:
                return self.get_response(request)
            with translation.override(language):
                return self.get_response(request)


class PropertiesMiddleware:
    """Which custom properties there are, and the company's profile, are read once for a request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with remembered(), company.remembered():
            return self.get_response(request)


class FragmentMiddleware:
    """Answers to htmx: Django's messages become toasts, and a login page takes the whole window, not a card's place."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.headers.get("HX-Request") != "true":
            return response
        if leads_to_login(response):
            return window_to_login(request)
        stays = not 300 <= response.status_code < 400 and not {"HX-Redirect", "HX-Refresh"} & set(response.headers)
        if stays:
            add_toasts(request, response)
        return response


def leads_to_login(response: HttpResponse) -> bool:
    """Whether the answer sends the reader to the login page, as for an expired session."""
    return response.status_code == 302 and urlsplit(response["Location"]).path == resolve_url(settings.LOGIN_URL)


def window_to_login(request: HttpRequest) -> HttpResponse:
    """Tell htmx to load the login page, and to come back to the page the fragment is on, or where it says itself."""
    page = urlsplit(request.headers.get("X-Come-Back") or request.headers.get("HX-Current-URL", ""))
    back = page.path + (f"?{page.query}" if page.query else "")
    address = f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': back or '/'})}"
    return HttpResponse(status=204, headers={"HX-Redirect": address})


def add_toasts(request: HttpRequest, response: HttpResponse) -> None:
    """Move the messages nobody has printed yet into the event ``toasts`` of the HX-Trigger header."""
    items = [{"level": message.level_tag, "text": str(message)} for message in get_messages(request)]
    if not items:
        return
    triggers = triggered(response.headers.get("HX-Trigger", ""))
    triggers["toasts"] = {"items": items}
    response["HX-Trigger"] = json.dumps(triggers)


def triggered(header: str) -> dict[str, object]:
    """The events of an HX-Trigger header, which is JSON or a list of names."""
    if header.lstrip().startswith("{"):
        events: dict[str, object] = json.loads(header)
        return events
    return {name.strip(): None for name in header.split(",") if name.strip()}
