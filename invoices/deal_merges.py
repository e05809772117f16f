"""What becomes of billing when deals are merged: it is added up anew, for the deal that stays and for the others."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.merging import MergeMover, Question, add_mover
from invoices.services import billing


def begin(kind: str, ids: Sequence[int]) -> None:
    """Nothing has to wait: what is on its way to QuickBooks names the invoice, not the deal."""


def questions(kind: str, ids: Sequence[int]) -> list[Question]:
    """All invoices go with the deal that stays."""
    return []


def move(kind: str, winner: int, losers: Sequence[int], answers: Mapping[str, int]) -> Any:
    """Bring the roll-ups up to date once the invoices point to the deal that stays."""
    if kind == "deal":
        billing.recompute_deals([winner, *losers])


def back(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """The same once they are back."""
    move(kind, winner, losers, {})
    return []


def kept(kind: str, winner: int, losers: Sequence[int], data: Any) -> list[str]:
    """Roll-ups are no data of their own."""
    return []


def blocks(kind: str, pk: int) -> list[str]:
    """Invoices keep a deal by themselves."""
    return []


def forget(kind: str, pk: int) -> None:
    """Roll-ups go with their deal."""


def register() -> None:
    """Tell core what merging means for billing."""
    add_mover("billing", MergeMover(begin, questions, move, back, kept, blocks, forget))
