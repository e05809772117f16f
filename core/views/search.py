"""Search over everything that the apps registered."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core import registry
from core.context import MenuLine, menu_lines

LONGEST_QUERY = 200
ON_PAGE = 20
IN_PALETTE = 5


@dataclass(frozen=True)
class Found:
    """What one source found."""

    title: str
    icon: str
    hits: list[dict[str, str]]


def found(user: Any, text: str, limit: int) -> list[Found]:
    """Hits of every source that has some, in the order of the registry."""
    if not text:
        return []
    groups = []
    for source in sorted(registry.search_sources, key=lambda each: each.order):
        kind = registry.object_types.get(source.object_type)
        if hits := source.find(user, text, limit):
            groups.append(Found(str(source.title), (kind.icon if kind else "") or "search", hits))
    return groups


def places(user: Any, text: str) -> list[MenuLine]:
    """Pages of the menus whose title contains ``text``; without a text those of the main menu."""
    lines = menu_lines(registry.menu, user, "")
    if not text:
        return lines
    lines += menu_lines(registry.settings_menu, user, "")
    lines.append(MenuLine(_("Settings"), reverse("core:settings"), "settings", "s", "", False))
    lines.append(MenuLine(_("Home"), reverse("core:home"), "home", "h", "", False))
    return [line for line in lines if text.lower() in line.title.lower()]


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The search page."""
    text = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    return render(request, "core/search.html", {"q": text, "groups": found(request.user, text, ON_PAGE)})


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """The list under the field of the palette: places, then records."""
    text = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    context = {"q": text, "places": places(request.user, text), "groups": found(request.user, text, IN_PALETTE)}
    return render(request, "core/_palette_list.html", context)
