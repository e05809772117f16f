"""What the page frame needs on every full page."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from core import registry


def shell(request: HttpRequest) -> dict[str, Any]:
    """Menu, banners and demo mark. Fragments (htmx) get nothing: they have no frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "htmx", False):
        return {"demo": settings.DEMO}
    entries = sorted(registry.menu, key=lambda entry: entry.order)
    return {
        "demo": settings.DEMO,
        "menu": [entry for entry in entries if not entry.permission or user.has_perm(entry.permission)],
        "banners": [line for banner in registry.banners for line in banner(user)],
    }
