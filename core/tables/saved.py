"""The views of a list as a reader sees them: built-in ones and saved ones, in the reader's order, as tabs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.http import QueryDict
from django.utils.translation import gettext as _

from core.models import ListPreference, SavedView, Visibility
from core.properties.schema import remember, together
from core.tables.address import address, canonical, columns_in, density_in, normal
from core.tables.described import Table

# The teams that a person is in, by id and name; the app that has teams puts its function here. Ids may be a subquery.
teams_of: list[Callable[[Any], Iterable[int]]] = []
team_names: list[Callable[[Any], Mapping[int, str]]] = []
KEPT_DAYS = 30


@dataclass(frozen=True)
class View:
    """A view of a list. ``key`` is what the address calls it: a word for a built-in one, else its id."""

    key: str
    label: str
    state: str
    columns: Sequence[str] = ()
    density: str = ""
    built_in: bool = True
    mine: bool = False
    visibility: str = Visibility.EVERYONE
    owner: str = ""
    tab: bool = True
    start: bool = False
    current: bool = False

    @property
    def href(self) -> str:
        """The full address of the view."""
        return address(self.state, view=self.key, columns=self.columns, density=self.density)

    @property
    def link(self) -> str:
        """A short address that always leads to the view as it is then."""
        return f"?open={self.key}"

    @property
    def shared(self) -> str:
        """Who sees it, in words."""
        if self.built_in:
            return _("Comes with the product")
        return str(Visibility(self.visibility).label)


@dataclass(frozen=True)
class Views:
    """All views of a list for a reader, the one that the address is (a variation of), and the reader's columns."""

    every: Sequence[View]
    current: View
    dirty: bool
    columns: Sequence[str] = ()
    start: str = ""
    problem: str = ""
    query: QueryDict = field(default_factory=QueryDict)

    @property
    def tabs(self) -> Sequence[View]:
        """Those with a tab; the current one always has one."""
        return [view for view in self.every if view.tab or view is self.current]

    @property
    def others(self) -> Sequence[View]:
        """Those without a tab."""
        return [view for view in self.every if not view.tab]

    def of(self, key: str) -> View | None:
        """The view with this key."""
        return next((view for view in self.every if view.key == key), None)


def may_see(user: Any) -> Q:
    """The saved views that ``user`` sees."""
    seen = Q(owner=user) | Q(visibility=Visibility.EVERYONE)
    for function in teams_of:
        seen |= Q(visibility=Visibility.TEAM, team__in=function(user))
    return seen


def names_of_teams(user: Any) -> dict[int, str]:
    """The teams that ``user`` is in."""
    return {pk: name for function in team_names for pk, name in function(user).items()}


def sharing_choices(user: Any) -> list[tuple[str, Any]]:
    """Who can see what ``user`` keeps: nobody else, one of the teams, everyone."""
    teams = [(f"{Visibility.TEAM}:{pk}", _("Team: %s") % name) for pk, name in names_of_teams(user).items()]
    everyone, private = Visibility.EVERYONE, Visibility.PRIVATE
    return [(private, private.label), *teams, (everyone, everyone.label)]


def views_of(table: Table, user: Any, query: QueryDict) -> Views:
    """The views of a list, and the custom properties there are, in one statement."""
    preference, rows = _stored(table, user)
    every = _in_order(table, preference, rows, user)
    start = str(preference.get("start") or table.start)
    asked = query.get("view", "")
    current = next((view for view in every if view.key == asked), None)
    problem = "" if current or not asked else _("The view in the address is gone, or it is not shared with you.")
    current = replace(current or every[0], current=True)
    every = [current if view.key == current.key else view for view in every]
    columns, density = columns_in(query), density_in(query)
    dirty = (
        canonical(query) != current.state
        or (bool(columns) and columns != list(current.columns))
        or (bool(density) and density != current.density)
        or (not columns and bool(current.columns))
    )
    return Views(every, current, dirty, preference.get("columns") or (), start, problem, query)


def _stored(table: Table, user: Any) -> tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]:
    mine = ListPreference.objects.filter(user=OuterRef("pk"), object_type=table.object_type)
    views = SavedView.objects.filter(may_see(user), object_type=table.object_type, deleted_at=None)
    told = JSONObject(
        id="pk", name="name", query="query", columns="columns", density="density", visibility="visibility",
        owner_id="owner_id", owner=Coalesce(NullIf("owner__name", Value("")), "owner__email"),
    )  # fmt: skip
    names = ("columns", "hidden", "shown", "order", "start")
    found = get_user_model()._default_manager.filter(pk=user.pk)
    preference, rows, properties = found.values_list(
        Subquery(mine.values(json=JSONObject(**{name: name for name in names}))[:1]),
        ArraySubquery(views.order_by("position", "pk").values(json=told)),
        together(),
    ).get()
    if properties is not None:
        remember(properties)
    return preference or {}, rows or []


def _in_order(table: Table, preference: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], user: Any) -> list[View]:
    hidden, shown = set(preference.get("hidden") or ()), set(preference.get("shown") or ())
    start = preference.get("start") or ""

    def tab(key: str, *, first: bool) -> bool:
        return key in shown or (first and key not in hidden)

    every = [
        View(
            each.key, str(each.label), normal(each.state), tab=tab(each.key, first=each.tab), start=start == each.key
        )
        for each in table.views
    ] + [
        View(
            str(row["id"]), row["name"], row["query"], tuple(row["columns"]), row["density"], built_in=False,
            mine=row["owner_id"] == user.pk, visibility=row["visibility"], owner=row["owner"],
            tab=tab(str(row["id"]), first=True), start=start == str(row["id"]),
        )
        for row in rows
    ]  # fmt: skip
    places = {key: place for place, key in enumerate(preference.get("order") or ())}
    return sorted(every, key=lambda view: places.get(view.key, len(places)))
