"""What an entity can decide for itself about being written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.entities.intake import CLEARED

if TYPE_CHECKING:
    from qbo_simulator.books import Books
    from qbo_simulator.entities.catalogue import Entity


class Rules:
    """The rules of an entity that has none: what is sent is stored."""

    #: Fields that a request can't set; they stay as they are.
    read_only: frozenset[str] = frozenset()
    #: Fields that a sparse update can't empty.
    not_clearable: frozenset[str] = frozenset()
    #: Read-only fields that a create may set all the same.
    on_create: frozenset[str] = frozenset()
    always_sparse = False
    #: Every update is full, whatever it says.
    ignores_sparse = False

    def write(self, books: Books, entity: Entity, operation: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """Do a whole write that is unlike all others, or return None for the usual way. Raises Refused."""
        return None

    def merge(self, old: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
        """Return ``old`` with the fields of a sparse update; not sparse below the top level."""
        new = dict(old)
        for name, value in given.items():
            if value is not CLEARED:
                new[name] = value
            elif name not in self.not_clearable:
                new.pop(name, None)
        return new

    def prepare(self, books: Books, new: dict[str, Any], old: dict[str, Any] | None) -> None:
        """Check ``new`` and complete it in place; ``old`` is None on create. Raises Refused."""

    def settle(self, books: Books, new: dict[str, Any] | None, old: dict[str, Any] | None) -> None:
        """Carry a stored change (``new`` is None after a delete) to the other objects that it concerns."""

    def check_delete(self, books: Books, old: dict[str, Any]) -> None:
        """Refuse a deletion, or make it possible."""

    def voided(self, books: Books, old: dict[str, Any]) -> dict[str, Any]:
        """Return the object with its amounts gone."""
        raise faults.unsupported_operation("void")


def unlinked(body: dict[str, Any], entity: str, identifier: str) -> dict[str, Any]:
    """Return the object without its link to a transaction."""
    links = [
        link
        for link in body.get("LinkedTxn") or ()
        if not (link.get("TxnType") == entity and str(link.get("TxnId")) == identifier)
    ]
    return body | {"LinkedTxn": links}
