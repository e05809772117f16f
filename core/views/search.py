"""Search over everything that the apps registered, and the palette."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core import finding, recent, registry
from core.context import MenuLine, menu_lines

LONGEST_QUERY = finding.LONGEST
IN_PALETTE = 5
RECENT_IN_PALETTE = 8
COUNTED = 100  # matches of each kind that the search page counts; beyond it says "100+"
IN_GROUP = 8
ON_PAGE = 50
REACHED = 1000  # the best matches of one kind that can be paged through


@dataclass(frozen=True)
class Group:
    """What was found of one kind, the best first; ``count`` is how many there are, as text."""

    object_type: str
    title: str
    icon: str
    hits: Sequence[finding.Hit]
    count: str = ""
    more: bool = False


def _typed(request: HttpRequest) -> str:
    return request.GET.get("q", "").replace("\x00", "").strip()[:LONGEST_QUERY]


def _found(
    user: Any, text: str, *, most: int, archived: bool = False, only: str = ""
) -> dict[str, list[finding.Found]]:
    """Matches by kind; kinds with an exact match come first, then the registry's order."""
    wanted = finding.needle(text)
    sources = [source for source in recent.sources_for(user) if not only or source.object_type == only]
    if wanted is None or not sources:
        return {}
    places = {source.object_type: source.place_for(user) for source in sources}
    found = finding.find(wanted, places, most=most, archived=archived, opened=recent.opened(user.pk))
    best = {kind: matches[0].rank[0] for kind, matches in found.items() if matches}
    return {kind: found[kind] for kind in sorted(best, key=lambda kind: best[kind] != finding.EXACT)}


def _groups(user: Any, found: dict[str, list[finding.Found]], *, size: int, counted: int = 0) -> list[Group]:
    """The first ``size`` of each kind as they are printed: one statement for each kind that has some."""
    sources = {source.object_type: source for source in recent.sources_for(user)}
    groups = []
    for kind, matches in found.items():
        source = sources[kind]
        lines = source.lines_for(user, [match.pk for match in matches[:size]])
        hits = [lines[match.pk] for match in matches[:size] if match.pk in lines]
        if hits:
            count = f"{counted}+" if counted and len(matches) >= counted else str(len(matches))
            groups.append(
                Group(kind, str(source.title), registry.icon_of(kind), hits, count, more=len(matches) > len(hits))
            )
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


def actions(user: Any, text: str, *, create: bool = False) -> list[registry.Action]:
    """What ``user`` may do whose title has all words of ``text``; ``create`` alone: what makes a record."""
    words = text.lower().split()
    offered = [action for source in registry.actions for action in source(user)]
    fitting = [
        action
        for action in offered
        if (action.create or not create) and all(word in str(action.title).lower() for word in words)
    ]
    return sorted(fitting, key=lambda action: action.order)


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """The search page: a few of each kind, or one kind page by page."""
    text, kind, archived = _typed(request), request.GET.get("in", ""), request.GET.get("archived") == "1"
    sources = recent.sources_for(request.user)
    if kind not in {source.object_type for source in sources}:
        kind = ""
    counts = _found(request.user, text, most=COUNTED, archived=archived)
    wanted = finding.needle(text)
    context: dict[str, Any] = {
        "q": text,
        "kind": kind,
        "archived": archived,
        "words": wanted.words if wanted else (),
        "tabs": [_tab(source, len(counts[source.object_type])) for source in sources if source.object_type in counts],
        "any": bool(counts),
    }
    if not kind:
        groups = _groups(request.user, counts, size=IN_GROUP, counted=COUNTED)
        return render(request, "core/search.html", {**context, "groups": groups})
    matches = _found(request.user, text, most=REACHED, archived=archived, only=kind).get(kind, [])
    page = _page(matches, request.GET.get("after", ""))
    context |= {"groups": _groups(request.user, {kind: page}, size=ON_PAGE) if page else []}
    context |= {"next": page[-1].pk if page and page[-1] is not matches[-1] else None}
    context |= {"later": bool(page) and page[0] is not matches[0], "reached": REACHED if len(matches) >= REACHED else 0}
    return render(request, "core/search.html", context)


def _page(matches: list[finding.Found], after: str) -> list[finding.Found]:
    """The matches behind the record ``after``; the first ones where it is not among them any more."""
    at = next((at for at, match in enumerate(matches) if str(match.pk) == after), -1)
    return matches[at + 1 : at + 1 + ON_PAGE]


def _tab(source: registry.SearchSource, count: int) -> dict[str, str]:
    shown = f"{COUNTED}+" if count >= COUNTED else str(count)
    return {"key": source.object_type, "title": str(source.title), "count": shown}


@require_safe
def palette(request: HttpRequest) -> HttpResponse:
    """The list under the field of the palette: records, what one can do, places. ``mode=create`` is the menu of c."""
    text, create = _typed(request), request.GET.get("mode") == "create"
    user = request.user
    context: dict[str, Any] = {"q": text, "create": create, "actions": actions(user, text, create=create)}
    if not create:
        wanted = finding.needle(text)
        context["words"] = wanted.words if wanted else ()
        context["places"] = places(user, text)
        context["groups"] = _groups(user, _found(user, text, most=2 * IN_PALETTE), size=IN_PALETTE) if text else []
        if not text:
            here = request.GET.get("here", "")
            context["recent"] = recent.shown(user, limit=RECENT_IN_PALETTE, without=here)
    return render(request, "core/_palette_list.html", context)


@require_POST
def record_opened(request: HttpRequest) -> HttpResponse:
    """A record page tells that it was opened. Asked by the page once it is there, so that nobody waits for it."""
    path = request.POST.get("path", "")
    record = recent.record_of(path) if url_has_allowed_host_and_scheme(path, {request.get_host()}) else None
    if record is not None and request.user.pk is not None:
        recent.note_opened(request.user.pk, *record)
    return HttpResponse(status=204)
