"""What the pages of dashboards read: who sees which, and what their tiles are called and lead to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from core.models import Visibility
from core.tables.saved import teams_of
from reports import page_queries
from reports.definition import read
from reports.models import Dashboard, DashboardTile
from reports.narrowing import narrowed
from reports.ready import registry
from reports.result import Result
from reports.shaping import result_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The filters that a dashboard has for all of its reports.
FILTERS = ("period", "owner", "company", "connection")


@dataclass(frozen=True)
class Tile:
    """A tile as the page prints it. ``ignored`` are the dashboard's filters that its report does not know."""

    row: DashboardTile
    title: "StrOrPromise"
    icon: str
    href: str


def visible_to(user: Any) -> QuerySet[Dashboard]:
    """The dashboards that ``user`` may see: their own, those shared with them."""
    seen = Q(owner=user) | Q(sharing=Visibility.EVERYONE)
    for function in teams_of:
        seen |= Q(sharing=Visibility.TEAM, team__in=function(user))
    return Dashboard.objects.filter(seen).select_related("owner").order_by("name", "pk")


def tiles_of(dashboard: Dashboard, user: Any, asked: Mapping[str, str]) -> list[Tile]:
    """The tiles that ``user`` may see, in order. Two statements."""
    ready = {report.key: report for report in registry.listed(user)}
    rows = list(dashboard.tiles.select_related("report"))
    kept = set(page_queries.visible_to(user).filter(tiles__dashboard=dashboard).values_list("pk", flat=True))
    found = []
    for row in rows:
        if row.ready in ready:
            report = ready[row.ready]
            query = f"?{urlencode(dict(asked))}" if asked else ""
            found.append(Tile(row, report.name, report.icon, reverse("reports:ready", args=[report.key]) + query))
        elif row.report_id in kept and row.report is not None:
            found.append(Tile(row, row.report.name, "chart-bar", reverse("reports:report", args=[row.report.pk])))
    return found


def to_choose(user: Any) -> list[tuple[str, "list[tuple[str, StrOrPromise]]"]]:
    """What can be put on a dashboard: ready reports, and the kept ones that ``user`` sees."""
    kept = page_queries.visible_to(user).order_by("name", "pk").values_list("pk", "name")
    ready = [(f"ready:{report.key}", report.name) for report in registry.listed(user)]
    return [(_("Ready reports"), ready), (_("Reports"), [(f"report:{pk}", name) for pk, name in kept])]


def answer_of(tile: DashboardTile, user: Any, asked: Mapping[str, str]) -> tuple[Result, list[str]]:
    """The tile's answer, and the filters it does not know, in words. Raises as the report does."""
    if tile.report is not None and not tile.report.ready:
        definition, unknown = narrowed(tile.report.definition, asked, user)
        return result_of(read(definition, user), tile.report.name), _words(unknown)
    key = tile.ready
    values = dict(asked)
    if tile.report is not None:
        key = tile.report.ready
        values = {name: str(value) for name, value in tile.report.definition.items()} | values
    known = registry.found(key, user).asks
    return registry.run(key, user, values), _words([name for name in FILTERS if asked.get(name) and name not in known])


def _words(unknown: Iterable[str]) -> list[str]:
    words = {
        "period": _("period"),
        "owner": _("owner"),
        "company": _("company"),
        "connection": _("QuickBooks company"),
    }
    return [words[name] for name in unknown]
