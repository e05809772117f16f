"""Dashboards: make, name, share, delete; put reports on them, in which order and width."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.access import needs
from core.audit import differences
from core.events import emit
from core.tables.keeping import ViewRefused, shared
from reports.models import Dashboard, DashboardTile, Report
from reports.ready import registry
from reports.services import reports

MOST_TILES = 24
LONGEST_NAME = 120
# What a new dashboard may begin with: ready reports, the wide ones marked with a star.
BEGINNINGS = {
    "": (gettext_lazy("Empty"), ()),
    "sales": (gettext_lazy("Sales"), (
        "billed-won*", "top-customers", "deal-to-cash", "receivables-aging", "top-products")),
    "money": (
        gettext_lazy("Money"),
        ("receivables-aging*", "overdue-by-owner", "expected-cash", "billed-collected", "days-sales-outstanding",
         "days-to-pay", "tax-collected"),
    ),
    "sync": (gettext_lazy("Sync"), ("sync-health*", "reads-used", "invoice-status")),
}  # fmt: skip


class DashboardRefused(Exception):
    """That can't be done with the dashboard; the message says why."""


def may_change(dashboard: Dashboard, user: Any) -> bool:
    """Its owner may; shared ones also whoever manages reports."""
    kept: Any = dashboard
    return reports.may_change(kept, user)


def sharing_of(dashboard: Dashboard) -> str:
    """Who sees it, as a choice of the form."""
    kept: Any = dashboard
    return reports.sharing_of(kept)


@needs("reports.view")
@transaction.atomic
def create(*, by: Any, name: str, beginning: str = "") -> Dashboard:
    """A dashboard of ``by``, with the reports of a beginning that this person may see. Raises DashboardRefused."""
    made = Dashboard.objects.create(owner=by, name=_named(name))
    _label, keys = BEGINNINGS.get(beginning, BEGINNINGS[""])
    seen = {report.key for report in registry.listed(by)}
    DashboardTile.objects.bulk_create(
        DashboardTile(dashboard=made, position=place, ready=key.rstrip("*"), wide=key.endswith("*"))
        for place, key in enumerate(keys)
        if key.rstrip("*") in seen
    )
    emit("dashboard.created", made, by=by, title=made.name)
    return made


@needs("reports.view")
@transaction.atomic
def change(dashboard: Dashboard, *, by: Any, name: str, sharing: str) -> Dashboard:
    """Another name, or others who see it. Raises DashboardRefused."""
    fresh = _changeable(dashboard, by)
    before = differences.values_of(fresh, ("name", "sharing", "team"))
    fresh.name = _named(name)
    try:
        fresh.sharing, fresh.team = shared(sharing, by)
    except (ViewRefused, ValueError) as refused:
        raise DashboardRefused(str(refused)) from refused
    fresh.updated_at = timezone.now()
    fresh.save(update_fields=["name", "sharing", "team", "updated_at"])
    emit("dashboard.changed", fresh, by=by, title=fresh.name, changes=differences.since(before, fresh))
    return fresh


@needs("reports.view")
@transaction.atomic
def delete(dashboard: Dashboard, *, by: Any) -> None:
    """Delete it for everybody; its reports stay. Raises DashboardRefused."""
    fresh = _changeable(dashboard, by)
    emit("dashboard.deleted", fresh, by=by, title=fresh.name)
    fresh.delete()


@needs("reports.view")
@transaction.atomic
def add_tile(dashboard: Dashboard, *, by: Any, ready: str = "", report: Report | None = None) -> DashboardTile:
    """Put a report at the end. Raises DashboardRefused."""
    fresh = _changeable(dashboard, by)
    if fresh.tiles.count() >= MOST_TILES:
        raise DashboardRefused(_("A dashboard has room for %d reports.") % MOST_TILES)
    last = fresh.tiles.aggregate(last=Max("position"))["last"]
    made: DashboardTile = fresh.tiles.create(position=0 if last is None else last + 1, ready=ready, report=report)
    _told(fresh, by, added=str(report or ready))
    return made


@needs("reports.view")
@transaction.atomic
def remove_tile(tile: DashboardTile, *, by: Any) -> None:
    """Take a report off; the report itself stays. Raises DashboardRefused."""
    fresh = _changeable(tile.dashboard, by)
    tile.delete()
    _told(fresh, by, removed=str(tile.report or tile.ready))


@needs("reports.view")
@transaction.atomic
def widen(tile: DashboardTile, *, by: Any) -> None:
    """Give a report a row for itself, or half of one again. Raises DashboardRefused."""
    fresh = _changeable(tile.dashboard, by)
    DashboardTile.objects.filter(pk=tile.pk).update(wide=~F("wide"))
    _told(fresh, by, widened=str(tile.report or tile.ready))


@needs("reports.view")
@transaction.atomic
def arrange(dashboard: Dashboard, ids: Sequence[int], *, by: Any, move: int | None = None, up: bool = False) -> None:
    """Put the tiles into this order; ``move`` goes one place up or down. Raises DashboardRefused.

    Tiles that came meanwhile stay at the end.
    """
    fresh = _changeable(dashboard, by)
    tiles = {tile.pk: tile for tile in fresh.tiles.all()}
    order = [pk for pk in dict.fromkeys(ids) if pk in tiles] + [pk for pk in tiles if pk not in ids]
    if move in order:
        place = order.index(move)
        other = max(0, place - 1) if up else min(len(order) - 1, place + 1)
        order[place], order[other] = order[other], order[place]
    for place, pk in enumerate(order):
        tiles[pk].position = place
    DashboardTile.objects.bulk_update(tiles.values(), ["position"])
    _told(fresh, by, arranged=True)


def _told(dashboard: Dashboard, by: Any, **what: Any) -> None:
    Dashboard.objects.filter(pk=dashboard.pk).update(updated_at=timezone.now())
    emit("dashboard.changed", dashboard, by=by, title=dashboard.name, **what)


def _changeable(dashboard: Dashboard, by: Any) -> Dashboard:
    # Locked: two people who arrange at once do so one after the other.
    fresh = Dashboard.objects.select_for_update().filter(pk=dashboard.pk).first()
    if fresh is None:
        raise DashboardRefused(_("This dashboard is gone."))
    if not may_change(fresh, by):
        raise DashboardRefused(_("This dashboard belongs to somebody else. Make one of your own."))
    return fresh


def _named(name: str) -> str:
    cleaned = " ".join(name.split())
    if not cleaned:
        raise DashboardRefused(_("A dashboard needs a name."))
    if len(cleaned) > LONGEST_NAME:
        raise DashboardRefused(_("The name is too long."))
    return cleaned
