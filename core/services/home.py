"""Arrange the home page. Too small a thing for an event."""

from collections.abc import Sequence
from typing import Any

from core import home
from core.models import HomeLayout


def arrange(user: Any, *, order: Sequence[str], shown: Sequence[str]) -> None:
    """Keep the cards in ``order``, those that are not among ``shown`` away; unknown keys are left out."""
    keys = [card.key for card in home.allowed(user)]
    wanted = [key for key in dict.fromkeys(order) if key in keys]
    # What the form did not know of comes last, as it would without having been arranged.
    wanted += [key for key in keys if key not in wanted]
    hidden = [key for key in wanted if key not in set(shown)]
    HomeLayout.objects.update_or_create(user_id=user.pk, defaults={"order": wanted, "hidden": hidden})


def reset(user: Any) -> None:
    """Back to what the role starts with."""
    HomeLayout.objects.filter(user_id=user.pk).delete()
