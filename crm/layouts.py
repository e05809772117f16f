"""Which cards a record page has for a person, in which order; the cards come from the registry."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import JSONField, QuerySet, Subquery
from django.db.models.functions import JSONObject

from core import registry
from crm.models import RecordLayout

MOST_FOLDED = 60


@dataclass(frozen=True)
class Arranged:
    """The cards in order, those that are away, and the keys of all folded ones of the page."""

    shown: Sequence[registry.RecordCard]
    hidden: Sequence[registry.RecordCard]
    folded: Sequence[str]
    own: bool


def beside(rows: QuerySet[Any], user: Any, object_type: str) -> QuerySet[Any]:
    """Records with ``card_layout``, how ``user`` arranged their pages: it comes in the same statement."""
    laid_out: QuerySet[Any] = rows.annotate(card_layout=Subquery(_rows(user, object_type), output_field=JSONField()))
    return laid_out


def _rows(user: Any, object_type: str) -> Any:
    held = RecordLayout.objects.filter(user_id=user.pk, object_type=object_type)
    rows: QuerySet[Any, Any] = held.values(json=JSONObject(order="order", hidden="hidden", folded="folded"))[:1]
    return rows


def arranged(user: Any, object_type: str, held: Mapping[str, Any] | None = None) -> Arranged:
    """The cards of a kind of record as ``user`` arranged them; ones that came since are at the end.

    ``held`` is the ``card_layout`` of a record, if there is one at hand; else it is read.
    """
    cards = registry.cards_for(object_type, user)
    if held is None:
        held = next((row["json"] for row in _rows(user, object_type)), {})
    order, hidden = held.get("order", []), set(held.get("hidden", []))
    known = {key: place for place, key in enumerate(order)}
    cards.sort(key=lambda card: known.get(card.key, len(known)))
    return Arranged(
        [card for card in cards if card.key not in hidden],
        [card for card in cards if card.key in hidden],
        held.get("folded", []),
        own=bool(order or hidden),
    )


def arrange(user: Any, object_type: str, *, order: Sequence[str], shown: Sequence[str]) -> None:
    """Keep the cards in ``order``, those that are not among ``shown`` away; unknown keys are left out."""
    keys = [card.key for card in registry.cards_for(object_type, user)]
    wanted = [key for key in dict.fromkeys(order) if key in keys]
    wanted += [key for key in keys if key not in wanted]
    hidden = [key for key in wanted if key not in set(shown)]
    RecordLayout.objects.update_or_create(
        user_id=user.pk, object_type=object_type, defaults={"order": wanted, "hidden": hidden}
    )


def reset(user: Any, object_type: str) -> None:
    """Back to what everybody starts with; what is folded stays folded."""
    RecordLayout.objects.filter(user_id=user.pk, object_type=object_type).update(order=[], hidden=[])


def fold(user: Any, object_type: str, keys: Sequence[str]) -> None:
    """Keep exactly these cards folded."""
    folded = [key[:60] for key in dict.fromkeys(keys)][:MOST_FOLDED]
    RecordLayout.objects.update_or_create(user_id=user.pk, object_type=object_type, defaults={"folded": folded})
