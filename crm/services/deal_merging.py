"""What merging means for deals alone: whose line items count, and who is the primary contact.

A deal keeps its stage and the history of its stages. Line items are not added up, since two deals that are the same
have the same lines: a person says whose stay, and the other deal takes the rest with it into the archive.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.merging import MergeMover, Question
from crm import amounts
from crm.models import Deal, DealContact, DealLine

QUESTION = "deal-lines"


def begin(kind: str, ids: Sequence[int]) -> None:
    """Nothing has to wait."""


def questions(kind: str, ids: Sequence[int]) -> list[Question]:
    """Whose line items stay, where several deals have some."""
    if kind != "deal":
        return []
    found = Deal.objects.filter(pk__in=ids).annotate(n=Count("lines")).filter(n__gt=0).order_by("pk")
    options = [
        (pk, ngettext("%(n)d line item of “%(deal)s”", "%(n)d line items of “%(deal)s”", n) % {"n": n, "deal": name})
        for pk, name, n in found.values_list("pk", "name", "n")
    ]
    if len(options) < 2:
        return []
    text = _("The lines of the others go to the archive with their deals.")
    return [Question(QUESTION, _("Whose line items stay?"), text, options)]


def move(kind: str, winner: int, losers: Sequence[int], answers: Mapping[str, int]) -> Any:
    """Exchange lines with the deal whose lines stay. What undoing needs, as data."""
    if kind != "deal":
        return None
    with_lines = set(DealLine.objects.filter(deal_id__in=[winner, *losers]).values_list("deal_id", flat=True))
    proposed = winner if winner in with_lines else min(with_lines, default=winner)
    source = answers.get(QUESTION, proposed)
    if source not in losers:
        return None
    _exchange(winner, source)
    return {"source": source}


def _exchange(one: int, other: int) -> None:
    mine = list(DealLine.objects.filter(deal_id=one).values_list("pk", flat=True))
    DealLine.objects.filter(deal_id=other).update(deal_id=one)
    DealLine.objects.filter(pk__in=mine).update(deal_id=other)
    for deal in Deal.objects.filter(pk__in=[one, other], amount_follows_lines=True).defer("search"):
        if lines := list(deal.lines.all()):
            Deal.objects.filter(pk=deal.pk).update(amount=amounts.total(lines, deal.currency))


def back(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """Give each deal its lines again."""
    if data and data["source"] in losers:
        _exchange(winner, data["source"])
    return []


def kept(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """Lines go back as they are now."""
    return []


def blocks(kind: str, pk: int) -> list[str]:
    """Nothing keeps a deal from being deleted."""
    return []


def forget(kind: str, pk: int) -> None:
    """Nothing goes with a deal that is not its own."""


def only_one_primary(loser: Deal, winner_id: int) -> list[int]:
    """Before contacts come over: those of the loser are not primary where the winner has a primary one already."""
    if not DealContact.objects.filter(deal_id=winner_id, primary=True).exists():
        return []
    rows = DealContact.objects.filter(deal=loser, primary=True)
    ids = list(rows.values_list("pk", flat=True))
    rows.update(primary=False)
    return ids


def primary_again(loser_id: int, ids: Sequence[int]) -> None:
    """The contacts that were the loser's primary ones, where they are on it again and nobody else is."""
    if ids and not DealContact.objects.filter(deal_id=loser_id, primary=True).exists():
        DealContact.objects.filter(pk__in=list(ids)[:1], deal_id=loser_id).update(primary=True)


MOVER = MergeMover(begin, questions, move, back, kept, blocks, forget)
