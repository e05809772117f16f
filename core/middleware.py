"""Each request in the zone and notation of the person who makes it."""

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation


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
