"""Rates of foreign currencies: one for each currency and day, found by these and not by an Id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qbo_simulator import faults
from qbo_simulator.entities.currencies import parse_date
from qbo_simulator.entities.intake import CLEARED, take_in
from qbo_simulator.entities.lists import ListRules
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.vocabulary import spoken

if TYPE_CHECKING:
    from qbo_simulator.books import Books
    from qbo_simulator.entities.catalogue import Entity
    from qbo_simulator.shelf import Shelf

Body = dict[str, Any]


class ExchangeRateRules(Rules):
    """A write sets the rate of a day, whether there was one or not."""

    def write(self, books: Books, entity: Entity, operation: str, request: Body) -> Body | None:
        """Set a rate. Raises Refused."""
        if operation == "delete":
            raise faults.unsupported_operation("delete")
        if not books.company.multicurrency:
            raise faults.business("Multi Currency should be enabled to perform this operation.")
        request = spoken(entity.name, request, books.switches["unknown_properties"])
        asked = {name: value for name, value in take_in(request).items() if value is not CLEARED}
        code, home = asked.get("SourceCurrencyCode"), books.company.home_currency
        for field in ("SourceCurrencyCode", "Rate"):
            if asked.get(field) is None:
                raise faults.required(field)
        if asked["Rate"] <= 0:
            raise faults.business("The exchange rate must be greater than zero.")
        if asked.get("TargetCurrencyCode", home) != home:
            raise faults.business("The target of an exchange rate must be the home currency.")
        if code == home or not _known(books, str(code)):
            raise faults.invalid_reference("Currency", str(code))
        day = asked.get("AsOfDate") or books.today.isoformat()
        parse_date(day, "AsOfDate")
        mine = [row for row in books.shelf.find("ExchangeRate") if row.get("SourceCurrencyCode") == code]
        found = next((row for row in mine if row.get("AsOfDate") == day), None)
        identifier = str(found["Id"]) if found else str(books.tx.next_number(books.company.realm, entity.sequence))
        body = {
            "SourceCurrencyCode": code,
            "TargetCurrencyCode": home,
            "Rate": asked["Rate"],
            "AsOfDate": day,
            "domain": "QBO",
            "sparse": False,
            "Id": identifier,
            "MetaData": {"LastUpdatedTime": books.stamp},
        }
        books.shelf.put(entity, body)
        return body


def _known(books: Books, code: str) -> bool:
    return bool(books.shelf.named(("CompanyCurrency",), code))


def rate_on(shelf: Shelf, home: str, code: str | None, day: str) -> Body | None:
    """Return the rate of a currency on a day: the newest one until then, with 1 where none was ever set."""
    if not code or code == home:
        return None
    rows = [row for row in shelf.find("ExchangeRate") if row.get("SourceCurrencyCode") == code]
    until = [row for row in rows if str(row.get("AsOfDate")) <= day]
    if until:
        return max(until, key=lambda row: str(row.get("AsOfDate"))) | {"AsOfDate": day}
    return {"SourceCurrencyCode": code, "TargetCurrencyCode": home, "Rate": 1, "AsOfDate": day, "domain": "QBO"}


class CompanyCurrencyRules(ListRules):
    """The currencies that a company uses beside its own."""

    read_only = ListRules.read_only

    def __init__(self) -> None:
        super().__init__("CompanyCurrency", "Code")

    def complete(self, books: Books, new: Body, old: Body | None) -> None:
        """A currency has a code of three letters, and a name."""
        if not books.company.multicurrency:
            raise faults.business("Multi Currency should be enabled to perform this operation.")
        code = str(new["Code"]).removesuffix(" (deleted)")
        if len(code) != 3 or not code.isalpha():
            raise faults.invalid_enumeration("Code", code)
        if code == books.company.home_currency:
            raise faults.business("The home currency can't be added.")
        # A code that is not used any more keeps it: only names get longer.
        new["Code"] = code.upper()
        new.setdefault("Name", books.company.currency(code.upper())["name"])
