"""Further lists of the invoice card: credit memos, estimates. Each app or module adds its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class CardSection:
    """A list below the invoices of a card. ``template`` prints it, with ``section`` and ``card`` in its context."""

    key: str
    title: "StrOrPromise"
    template: str
    rows: Sequence[Any] = ()
    more_url: str = ""  # where all of them are, when these are not all
    data: dict[str, Any] = field(default_factory=dict)


# Object type (deal, contact, company), the record's id and the reader -> the section, None where there is nothing to
# show. Each is a fixed number of statements.
Maker = Callable[[str, int, Any], CardSection | None]
makers: list[Maker] = []


def sections_of(object_type: str, pk: int, user: Any) -> list[CardSection]:
    """The sections of one record's card that have something to show."""
    found = (make(object_type, pk, user) for make in makers)
    return [section for section in found if section is not None and section.rows]
