"""Making one of two names or things: what an accountant does by giving one the name of the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import amounts, faults
from qbo_simulator.amounts import ZERO
from qbo_simulator.entities.catalogue import Entity
from qbo_simulator.entities.names import settle_balance, settle_vendor

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
#: Which references point to an entity, and the ``type`` that a reference of any kind has for it.
_FIELDS = {
    "Customer": ("CustomerRef", "ParentRef"),
    "Vendor": ("VendorRef", "PrefVendorRef"),
    "Item": ("ItemRef", "GroupItemRef", "ParentRef"),
}
_SHOWN = {"Customer": "DisplayName", "Vendor": "DisplayName", "Item": "FullyQualifiedName"}
_OF_ANY_KIND = ("EntityRef", "Entity")


def merge(books: Books, entity: Entity, loser: str, winner: str) -> Body:
    """Move everything of ``loser`` to ``winner``, remove ``loser`` and return ``winner``. Raises Refused."""
    if entity.name not in _FIELDS:
        raise faults.unsupported_operation("merge")
    gone, kept = books.shelf.get(entity.name, loser), books.shelf.get(entity.name, winner)
    if gone is None or kept is None or gone.get("Active") is False or kept.get("Active") is False:
        raise faults.object_not_found()
    _check(books, entity.name, gone, kept)
    _move(books, entity.name, loser, kept)
    if entity.name == "Item" and kept.get("TrackQtyOnHand"):
        kept["QtyOnHand"] = (kept.get("QtyOnHand") or ZERO) + (gone.get("QtyOnHand") or ZERO)
    books.shelf.bury(entity.name, loser, books.stamp)
    books.touch(entity.name, kept, token=True)
    if entity.name == "Customer":
        settle_balance(books, winner)
        settle_balance(books, (gone.get("ParentRef") or {}).get("value"))
    elif entity.name == "Vendor":
        settle_vendor(books, winner)
    books.note(entity.name, winner, "Merge", merged=loser)
    return books.reread(entity, winner)


def _check(books: Books, entity: str, gone: Body, kept: Body) -> None:
    """Refuse two that can't become one."""
    if gone["Id"] == kept["Id"]:
        raise faults.business("You can't merge a record with itself.")
    if (gone.get("CurrencyRef") or {}).get("value") != (kept.get("CurrencyRef") or {}).get("value"):
        raise faults.business("You can't merge names with different currencies.")
    if entity == "Item" and gone.get("Type") != kept.get("Type"):
        raise faults.business("You can only merge items of the same type.")
    if books.is_within(entity, kept, gone["Id"]):
        raise faults.business("You can't merge a record into one of its own sub-records.")


def _move(books: Books, entity: str, loser: str, kept: Body) -> None:
    """Let every object that names the loser name the winner: each gets a new SyncToken."""
    named = {"value": kept["Id"], "name": kept.get(_SHOWN[entity])}
    rows = books.tx.execute(
        "SELECT entity, body FROM objects WHERE realm = ? AND deleted = 0 AND instr(body, ?) > 0 ORDER BY number, id",
        (books.company.realm, f'"value":{amounts.dump(loser)}'),
    ).fetchall()
    for holder, text in rows:
        body = amounts.load(text)
        if not _renamed(body, entity, loser, named, parents=holder == entity):
            continue
        if holder == entity and (body.get("ParentRef") or {}).get("value") == kept["Id"]:
            _under(kept, body, _SHOWN[entity] if entity != "Item" else "Name")
        books.touch(holder, body, token=True)
        books.note(holder, str(body["Id"]), "Update")


def _under(kept: Body, child: Body, field: str) -> None:
    child["FullyQualifiedName"] = f"{kept.get('FullyQualifiedName') or kept[field]}:{child[field]}"
    child["Level"] = int(kept.get("Level") or 0) + 1


def _renamed(value: Any, entity: str, loser: str, named: Body, *, parents: bool) -> bool:
    """Replace the references in place and say whether there were any; ParentRef counts in the same list only."""
    if isinstance(value, list):
        found_in = [_renamed(item, entity, loser, named, parents=parents) for item in value]
        return any(found_in)
    if not isinstance(value, dict):
        return False
    found = False
    for key, inner in value.items():
        if not isinstance(inner, dict) or str(inner.get("value")) != loser:
            found = _renamed(inner, entity, loser, named, parents=parents) or found
        elif key in _OF_ANY_KIND and (inner.get("type") or value.get("Type")) == entity:
            value[key] = {**inner, **named}
            found = True
        elif key in _FIELDS[entity] and (key != "ParentRef" or parents):
            value[key] = {**inner, **named} if "name" in inner or key != "ParentRef" else {"value": named["value"]}
            found = True
    return found
