"""Writing saved views, and what each person wants of a list."""

import datetime
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from core.audit import differences
from core.events import emit
from core.models import ListPreference, SavedView, Visibility
from core.tables.address import DENSITIES, normal
from core.tables.saved import KEPT_DAYS, names_of_teams

LONGEST_NAME = 80
LONGEST_STATE = 8000
MOST_COLUMNS = 60
MANAGES = "accounts.manage"


class ViewRefused(Exception):
    """The view can't be kept like this; the message says why."""


def may_change(view: SavedView, user: Any) -> bool:
    """Its owner may; shared ones also whoever manages users, so that none is left without a keeper."""
    return view.owner_id == user.pk or (view.visibility != Visibility.PRIVATE and user.has_perm(MANAGES))


@transaction.atomic
def create(
    object_type: str, *, by: Any, name: str, state: str, columns: Sequence[str], density: str, visibility: str
) -> SavedView:
    """A view with the state of a list. Raises ViewRefused."""
    last = SavedView.objects.filter(object_type=object_type).aggregate(last=Max("position"))["last"]
    made = SavedView(
        object_type=object_type, owner=by, name=_named(name), query=_state(state), columns=list(columns)[:MOST_COLUMNS],
        density=density if density in DENSITIES else "", position=(last or 0) + 1,
    )  # fmt: skip
    made.visibility, made.team = shared(visibility, by)
    made.save()
    emit("view.created", made, by=by, title=made.name, list=object_type, visibility=made.visibility)
    return made


@transaction.atomic
def save(view: SavedView, *, by: Any, state: str, columns: Sequence[str], density: str) -> SavedView:
    """Give the view another state. Raises ViewRefused."""
    _changeable(view, by)
    view.query, view.columns = _state(state), list(columns)[:MOST_COLUMNS]
    view.density = density if density in DENSITIES else ""
    return _write(view, ["query", "columns", "density"], by)


@transaction.atomic
def rename(view: SavedView, *, by: Any, name: str, visibility: str) -> SavedView:
    """Call it something else, or let others see it. Raises ViewRefused."""
    _changeable(view, by)
    view.name = _named(name)
    if visibility != view.visibility:
        view.visibility, view.team = shared(visibility, by)
    return _write(view, ["name", "visibility", "team"], by)


@transaction.atomic
def delete(view: SavedView, *, by: Any) -> SavedView:
    """Take it away from everybody who sees it; ``restore`` brings it back. Raises ViewRefused."""
    _changeable(view, by)
    view.deleted_at = timezone.now()
    view.save(update_fields=["deleted_at"])
    emit("view.deleted", view, by=by, title=view.name, list=view.object_type)
    return view


@transaction.atomic
def restore(view: SavedView, *, by: Any) -> SavedView:
    """Bring a deleted view back. Raises ViewRefused."""
    _changeable(view, by)
    view.deleted_at = None
    view.save(update_fields=["deleted_at"])
    emit("view.restored", view, by=by, title=view.name, list=view.object_type)
    return view


def purge() -> int:
    """Forget views that were deleted long ago."""
    old = timezone.now() - datetime.timedelta(days=KEPT_DAYS)
    return SavedView.objects.filter(deleted_at__lt=old).delete()[0]


def _write(view: SavedView, fields: list[str], by: Any) -> SavedView:
    before = differences.values_of(SavedView.objects.select_for_update(of=("self",)).get(pk=view.pk), fields)
    view.updated_at = timezone.now()
    view.save(update_fields=[*fields, "updated_at"])
    changes = differences.since(before, view)
    about = view.object_type
    emit("view.changed", view, by=by, title=view.name, list=about, visibility=view.visibility, changes=changes)
    return view


def _changeable(view: SavedView, user: Any) -> None:
    if not may_change(view, user):
        raise ViewRefused(_("This view belongs to %s. Save yours under another name.") % view.owner)


def _named(name: str) -> str:
    cleaned = " ".join(name.replace("\x00", "").split())[:LONGEST_NAME]
    if not cleaned:
        raise ViewRefused(_("Give the view a name."))
    return cleaned


def _state(state: str) -> str:
    found = normal(state)
    if len(found) > LONGEST_STATE or "%00" in found:
        raise ViewRefused(_("These filters are too long to be saved."))
    return found


def shared(visibility: str, user: Any) -> tuple[str, int | None]:
    """Who sees it and which team that is, from a choice of ``sharing_choices``. Raises ViewRefused."""
    kind, _colon, chosen = visibility.partition(":")
    if kind == Visibility.TEAM:
        teams = names_of_teams(user)
        if not teams:
            raise ViewRefused(_("You are in no team."))
        if chosen and int(chosen) not in teams:
            raise ViewRefused(_("You are not in that team any more."))
        return kind, int(chosen) if chosen else next(iter(teams))
    return (visibility if visibility in Visibility.values else Visibility.PRIVATE), None


# What a person wants of a list: too small a thing for an event.


def remember_columns(user: Any, object_type: str, names: Sequence[str]) -> None:
    """The columns that the reader sees where a view names none; empty: those of the list."""
    _prefer(user, object_type, columns=list(dict.fromkeys(names))[:MOST_COLUMNS])


def start_with(user: Any, object_type: str, key: str) -> None:
    """The view that the bare address opens; an empty key for the first one."""
    _prefer(user, object_type, start=key)


def arrange(user: Any, object_type: str, keys: Sequence[str]) -> None:
    """The order of the tabs."""
    _prefer(user, object_type, order=list(dict.fromkeys(keys))[:200])


@transaction.atomic
def show_tab(user: Any, object_type: str, key: str, *, shown: bool) -> None:
    """Give a view a tab, or take it away."""
    row = ListPreference.objects.select_for_update().filter(user=user, object_type=object_type).first()
    hidden = [each for each in (row.hidden if row else []) if each != key]
    extra = [each for each in (row.shown if row else []) if each != key]
    _prefer(user, object_type, hidden=hidden if shown else [*hidden, key], shown=[*extra, key] if shown else extra)


def _prefer(user: Any, object_type: str, **values: Any) -> None:
    ListPreference.objects.update_or_create(user=user, object_type=object_type, defaults=values)
