"""Which cards a person's home page has, in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core import registry
from core.models import HomeLayout


@dataclass(frozen=True)
class Arranged:
    """The cards of a home page in order, and those that are not on it. ``own``: the person has arranged them."""

    shown: Sequence[registry.HomeCard]
    hidden: Sequence[registry.HomeCard]
    own: bool


def allowed(user: Any) -> list[registry.HomeCard]:
    """The cards that ``user`` may have, in the order in which this role finds them."""
    cards = [card for card in registry.home_cards if not card.permission or user.has_perm(card.permission)]
    cards = [card for card in cards if card.shown is None or card.shown(user)]

    def place(card: registry.HomeCard) -> tuple[bool, int]:
        return not (card.leads_with and user.has_perm(card.leads_with)), card.order

    return sorted(cards, key=place)


def arranged(user: Any) -> Arranged:
    """The cards as ``user`` arranged them; ones that came since are at the end. One statement."""
    cards = allowed(user)
    layout = HomeLayout.objects.filter(user_id=user.pk).first()
    if layout is None:
        return Arranged([c for c in cards if not c.optional], [c for c in cards if c.optional], own=False)
    known = {key: at for at, key in enumerate(layout.order)}
    cards.sort(key=lambda card: known.get(card.key, len(known)))
    hidden = {card.key for card in cards if card.key in layout.hidden or (card.optional and card.key not in known)}
    return Arranged([c for c in cards if c.key not in hidden], [c for c in cards if c.key in hidden], own=True)
