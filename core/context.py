"""What the page frame needs on every full page."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from core import registry


@dataclass(frozen=True)
class MenuLine:
    """A line of a menu, ready to print. ``active`` marks where the reader is."""

    title: str
    url: str
    icon: str
    shortcut: str
    group: str
    active: bool
    text: str = ""


def shell(request: HttpRequest) -> dict[str, Any]:
    """Menus, banners and demo mark. Fragments (htmx) get nothing: they have no frame."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or getattr(request, "htmx", False):
        return {"demo": settings.DEMO}
    return {
        "demo": settings.DEMO,
        "menu": menu_lines(registry.menu, user, request.path),
        "settings_menu": menu_lines(registry.settings_menu, user, request.path),
        "banners": [line for banner in registry.banners for line in banner(user)],
    }


def menu_lines(entries: list[registry.MenuEntry], user: Any, path: str) -> list[MenuLine]:
    """The entries that ``user`` may see, group by group in order; active is the closest one above ``path``."""
    first: dict[str, int] = {}
    for entry in sorted(entries, key=lambda each: each.order):
        first.setdefault(str(entry.group), entry.order)
    shown = sorted(entries, key=lambda entry: (first[str(entry.group)], entry.order, str(entry.title)))
    allowed = [
        (entry, reverse(entry.url_name)) for entry in shown if not entry.permission or user.has_perm(entry.permission)
    ]
    here = max((url for _entry, url in allowed if path.startswith(url)), key=len, default="")
    return [
        MenuLine(str(entry.title), url, entry.icon, entry.shortcut, str(entry.group), url == here, str(entry.text))
        for entry, url in allowed
    ]
