"""Carrying a new name to every object that shows it, unnoticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts

if TYPE_CHECKING:
    from qbo_simulator.books import Books


def spread(books: Books, fields: tuple[str, ...], identifier: str, name: str, *, owners_only: bool = False) -> None:
    """Put the new name on every reference of these fields to ``identifier`` that shows a name."""
    where, parameter = "instr(body, ?) > 0", f'"value":{amounts.dump(identifier)}'
    if owners_only:
        where, parameter = "owner = ?", identifier
    rows = books.tx.execute(
        f"SELECT entity, body FROM objects WHERE realm = ? AND deleted = 0 AND {where}",  # noqa: S608 (our own text)
        (books.company.realm, parameter),
    ).fetchall()
    for entity, text in rows:
        body = amounts.load(text)
        if _renamed(body, fields, identifier, name):
            books.put_silently(entity, body)


def _renamed(value: Any, fields: tuple[str, ...], identifier: str, name: str) -> bool:
    if isinstance(value, list):
        changed = [_renamed(item, fields, identifier, name) for item in value]
        return any(changed)
    if not isinstance(value, dict):
        return False
    found = False
    for key, inner in value.items():
        if key in fields and isinstance(inner, dict):
            if str(inner.get("value")) == identifier and inner.get("name") not in (None, name):
                inner["name"] = name
                found = True
        else:
            found = _renamed(inner, fields, identifier, name) or found
    return found
