"""Who sends a request, as far as the server can know it."""

import ipaddress
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str | None:
    """The visitor's network address; behind a proxy, the one that the proxy names."""
    if settings.BEHIND_PROXY:
        # The proxy adds who it talked to at the end; what stands before that is what anybody wrote.
        forwarded = str(request.headers.get("X-Forwarded-For", "")).rpartition(",")[2].strip()
        with suppress(ValueError):
            return str(ipaddress.ip_address(forwarded))
    with suppress(ValueError):
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    return None
