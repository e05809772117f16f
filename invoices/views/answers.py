"""What answers of this app have in common: figures are never cached, and htmx is told what happened."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_cache_control

from accounts.access import require

View = Callable[..., HttpResponseBase]


def needs(permission: str) -> Callable[[View], View]:
    """Only for holders of ``permission``; the answer, which holds QuickBooks' figures, is never stored."""

    def wrap(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            require(request.user, permission)
            response = view(request, *args, **kwargs)
            patch_cache_control(response, no_cache=True, no_store=True)
            return response

        return guarded

    return wrap


def by_htmx(request: HttpRequest) -> bool:
    """Whether a fragment is asked for, not a page."""
    return request.headers.get("HX-Request") == "true"


def told(events: dict[str, Any], *, status: int = 204) -> HttpResponse:
    """An answer without content that triggers ``events`` in the page."""
    return HttpResponse(status=status, headers={"HX-Trigger": json.dumps(events)})


def toast(text: str, level: str = "success") -> dict[str, Any]:
    """The event that shows a toast."""
    return {"toast": {"level": level, "text": text}}
