"""The figures for Prometheus, for whoever has the token or asks from an allowed address."""

import hmac
import ipaddress
from contextlib import suppress

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from core.audit.source import client_address
from core.metrics import collecting, switch


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """All figures as text. 404 where they are off, 403 for whoever may not read them."""
    if not switch.on():
        raise Http404
    if not (_has_token(request) or _from_allowed_address(request)):
        words = "Send METRICS_TOKEN as a bearer token, or ask from one of METRICS_ALLOWED.\n"
        return HttpResponse(words, status=403, content_type="text/plain; charset=utf-8")
    return HttpResponse(collecting.text(), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest) -> bool:
    kind, _space, given = request.headers.get("Authorization", "").partition(" ")
    wanted: str = settings.METRICS_TOKEN
    return bool(wanted) and kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), wanted.encode())


def _from_allowed_address(request: HttpRequest) -> bool:
    address = client_address(request)
    if address is None:
        return False
    for text in settings.METRICS_ALLOWED:
        with suppress(ValueError):
            if ipaddress.ip_address(address) in ipaddress.ip_network(text.strip(), strict=False):
                return True
    return False
