"""What a person has goes to somebody else: asked for when a person is deactivated, done by a worker in slices."""

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.access import decided
from core.events import emit
from core.models import Event, SavedView, Visibility

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

SLICE = 100
# How far the page counts: more is “more than”.
COUNTED = 1000


@dataclass(frozen=True)
class Belonging:
    """A kind of thing that people have: what is theirs, as a queryset, and how one of them gets another owner."""

    label: "StrOrPromise"
    of: Callable[[int], Any]
    give: Callable[[Any, User, Any], None]


belongings: list[Belonging] = []


def register() -> None:
    """Add what accounts itself knows of."""
    belongings.append(Belonging(_("Shared views"), shared_views, give_view))


def counts(person: User) -> list[tuple[str, str]]:
    """How much a person has, by kind; kinds of which there is nothing are left out."""
    found = [(str(each.label), each.of(person.pk)[: COUNTED + 1].count()) for each in belongings]
    return [(label, f"{COUNTED}+" if count > COUNTED else str(count)) for label, count in found if count]


@decided()
def hand_over(event: Event, *, until: float) -> bool:
    """Do what ``user.deactivated`` asks for; False when time (``monotonic``) is up. Again does the rest."""
    to = User.objects.filter(pk=event.data.get("to") or 0, is_active=True).first()
    if to is None or User.objects.filter(pk=event.object_id, is_active=True).exists():
        return True
    moved, finished = 0, True
    for each in belongings:
        given, finished = _all_of(each, event.object_id, to, event.actor, until)
        moved += given
        if not finished:
            break
    if moved:
        emit("user.handed_over", to, by=event.actor, person=event.object_id, moved=moved)
    return finished


def _all_of(belonging: Belonging, person: int, to: User, by: Any, until: float) -> tuple[int, bool]:
    moved, last = 0, 0
    while monotonic() < until:
        # By id, so that one that can't be given is passed by and never met again in this run.
        with transaction.atomic():
            rows = list(belonging.of(person).filter(pk__gt=last).order_by("pk")[:SLICE])
            for row in rows:
                belonging.give(row, to, by)
        if not rows:
            return moved, True
        moved, last = moved + len(rows), rows[-1].pk
    return moved, False


def shared_views(person: int) -> Any:
    """The views that others see too."""
    return SavedView.objects.filter(owner_id=person, deleted_at=None).exclude(visibility=Visibility.PRIVATE)


def give_view(view: SavedView, to: User, by: Any) -> None:
    """Let somebody else keep a shared view."""
    SavedView.objects.filter(pk=view.pk).update(owner=to)
