"""Writing in a company's books: what is the same for every entity. What differs is in ``entities``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from qbo_simulator import clock, faults
from qbo_simulator.company import Company
from qbo_simulator.entities import ledger
from qbo_simulator.entities.arrangement import arrange
from qbo_simulator.entities.catalogue import Entity
from qbo_simulator.entities.intake import CLEARED, take_in
from qbo_simulator.entities.limits import check_counts, check_lengths, in_latin
from qbo_simulator.entities.merging import merge
from qbo_simulator.entities.rules import Rules
from qbo_simulator.entities.vocabulary import spoken
from qbo_simulator.shelf import Shelf
from qbo_simulator.store import Transaction

#: Never taken from a request.
_SERVER_FIELDS = frozenset({"Id", "SyncToken", "MetaData", "domain", "sparse", "time", "status"})
#: Who wrote last is told for these only.
_WITH_AUTHOR = frozenset({"Invoice", "Bill"})
_AUTHOR = {"value": "9130350000000001"}


@dataclass(frozen=True)
class Change:
    """Something that happened to an object, for the webhooks."""

    realm: str
    entity: str
    id: str
    operation: str
    at: datetime
    #: After a merge: the Id that is gone.
    merged: str | None = None


class Books:
    """One company's books inside one transaction."""

    def __init__(
        self,
        tx: Transaction,
        company: Company,
        *,
        now: datetime,
        rules: Mapping[str, Rules],
        switches: Mapping[str, Any],
        include: frozenset[str] = frozenset(),
    ) -> None:
        self.tx = tx
        self.company = company
        self.shelf = Shelf(tx, company.realm)
        self.now = now
        self.stamp = clock.stamp(now, company.zone)
        self.today: date = now.astimezone(company.zone).date()
        self.rules = rules
        self.switches = switches
        self.include = include
        self.changes: list[Change] = []
        #: What rules look up again and again within one transaction.
        self.memory: dict[str, Any] = {}

    # -- what a request can ask for ------------------------------------------------------------------------------

    def create(self, entity: Entity, request: dict[str, Any]) -> dict[str, Any]:
        """Add an object and return it as stored. Raises Refused."""
        self._check_open()
        if "create" not in entity.operations:
            raise faults.unsupported_operation("create")
        rules = self.rules[entity.name]
        own = rules.write(self, entity, "create", request)
        if own is not None:
            return own
        new = {
            name: value
            for name, value in self._take_in(entity, request).items()
            if value is not CLEARED
            and name not in _SERVER_FIELDS
            and (name not in rules.read_only or name in rules.on_create)
        }
        self._check_limits(entity, new)
        rules.prepare(self, new, None)
        self._check_period(new)
        new |= {
            "domain": "QBO",
            "sparse": False,
            "Id": str(self.tx.next_number(self.company.realm, entity.sequence)),
            "SyncToken": "0",
            "MetaData": self._meta(entity, None),
        }
        stored = self._store(entity, new)
        rules.settle(self, stored, None)
        ledger.follow(self, entity.name, stored, None)
        self.note(entity.name, stored["Id"], "Create")
        return self.reread(entity, stored["Id"])

    def update(self, entity: Entity, request: dict[str, Any]) -> dict[str, Any]:
        """Change an object, fully or sparsely, and return it as stored. Raises Refused."""
        self._check_open()
        if "update" not in entity.operations:
            raise faults.unsupported_operation("update")
        rules = self.rules[entity.name]
        own = rules.write(self, entity, "update", request)
        if own is not None:
            return own
        asked = self._take_in(entity, request)
        old = self._claim(entity, asked)
        given = {n: v for n, v in asked.items() if n not in _SERVER_FIELDS and n not in rules.read_only}
        if (asked.get("sparse") is True and not rules.ignores_sparse) or rules.always_sparse:
            new = rules.merge(old, given)
        else:
            kept = {name: old[name] for name in rules.read_only | _SERVER_FIELDS if name in old}
            new = kept | {name: value for name, value in given.items() if value is not CLEARED}
        if old.get("Active") is False and new.get("Active") is not True:
            raise faults.business("You cannot modify a list element that has been deleted.")
        sent = {name: value for name, value in given.items() if value is not CLEARED}
        self._check_limits(entity, sent)
        rules.prepare(self, new, old)
        self._check_period(old)
        self._check_period(new)
        stored = self._store(entity, self._bumped(entity, new, old))
        rules.settle(self, stored, old)
        ledger.follow(self, entity.name, stored, old)
        self.note(entity.name, stored["Id"], "Update")
        return self.reread(entity, stored["Id"])

    def delete(self, entity: Entity, request: dict[str, Any]) -> dict[str, Any]:
        """Remove a transaction for good. Raises Refused."""
        self._check_open()
        if "delete" not in entity.operations:
            raise faults.unsupported_operation("delete")
        rules = self.rules[entity.name]
        own = rules.write(self, entity, "delete", request)
        if own is not None:
            return own
        old = self._claim(entity, self._take_in(entity, request))
        self._check_period(old)
        rules.check_delete(self, old)
        self.shelf.bury(entity.name, old["Id"], self.stamp)
        rules.settle(self, None, old)
        ledger.follow(self, entity.name, None, old)
        self.note(entity.name, old["Id"], "Delete")
        return {"status": "Deleted", "domain": "QBO", "Id": old["Id"]}

    def void(self, entity: Entity, request: dict[str, Any]) -> dict[str, Any]:
        """Set every amount of a transaction to zero and say so in its note. Raises Refused."""
        self._check_open()
        if entity.name == "Bill":
            # Seen in a sandbox: a system fault in an answer that calls itself good.
            raise faults.Refused(*faults.system_failure().errors, type="SystemFault", status=200)
        if "void" not in entity.operations:
            raise faults.unsupported_operation("void")
        old = self._claim(entity, self._take_in(entity, request))
        self._check_period(old)
        rules = self.rules[entity.name]
        note = old.get("PrivateNote")
        new = rules.voided(self, old) | {"PrivateNote": f"Voided - {note}" if note else "Voided"}
        stored = self._store(entity, self._bumped(entity, new, old))
        rules.settle(self, stored, old)
        ledger.follow(self, entity.name, stored, old)
        self.note(entity.name, stored["Id"], "Void")
        return self.reread(entity, stored["Id"])

    def send(self, entity: Entity, identifier: str, address: str | None) -> dict[str, Any]:
        """Mark a document as sent by e-mail; the SyncToken stays. Raises Refused."""
        self._check_open()
        if "send" not in entity.operations:
            raise faults.unsupported_operation("send")
        body = self.shelf.get(entity.name, identifier)
        if body is None:
            raise faults.object_not_found()
        to = address or (body.get("BillEmail") or {}).get("Address")
        if not to:
            raise faults.business("You must specify an email address to send this transaction.")
        if "@" not in to or "." not in to:
            raise faults.invalid_email("BillEmail", to)
        body["BillEmail"] = {"Address": to}
        body["EmailStatus"] = "EmailSent"
        body["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": self.stamp}
        self.touch(entity.name, body, token=False)
        self.note(entity.name, identifier, "Emailed")
        return self.reread(entity, identifier)

    def merge(self, entity: Entity, loser: str, winner: str) -> dict[str, Any]:
        """Make one of two customers, vendors or items, as the accountant can and the API can't. Raises Refused.

        ``loser`` is gone afterwards: reads give 610, change data shows it as deleted, its name is free, and its
        transactions belong to ``winner`` with new SyncTokens. Returns the winner.
        """
        self._check_open()
        return merge(self, entity, loser, winner)

    # -- what the rules of the entities use -----------------------------------------------------------------------

    def reread(self, entity: Entity, identifier: str) -> dict[str, Any]:
        """Return an object as it is stored now. Raises Refused."""
        body = self.shelf.get(entity.name, identifier)
        if body is None:
            raise faults.object_not_found()
        return body

    def touch(self, entity: str, body: dict[str, Any], *, token: bool) -> None:
        """Store an object that changed as a side effect, with or without a new SyncToken."""
        if token:
            body["SyncToken"] = str(int(body.get("SyncToken") or 0) + 1)
        body["MetaData"] = {**body.get("MetaData", {}), "LastUpdatedTime": self.stamp}
        self._store(self.shelf.entity(entity), body)

    def put_new(self, entity: str, body: dict[str, Any]) -> dict[str, Any]:
        """Store a new object past the rules of requests, with its Id, token and times, and return it."""
        row = self.shelf.entity(entity)
        new = body | {
            "domain": "QBO",
            "sparse": False,
            "Id": str(self.tx.next_number(self.company.realm, row.sequence)),
            "SyncToken": "0",
            "MetaData": self._meta(row, None),
        }
        return self._store(row, new)

    def put_silently(self, entity: str, body: dict[str, Any]) -> None:
        """Store an object without anybody noticing."""
        self.shelf.put(self.shelf.entity(entity), body)

    def note(self, entity: str, identifier: str, operation: str, *, merged: str | None = None) -> None:
        """Remember a change for the webhooks; ``merged`` is the Id that a merge took away."""
        self.changes.append(Change(self.company.realm, entity, identifier, operation, self.now, merged))

    def refer(
        self,
        holder: dict[str, Any],
        field: str,
        entity: str,
        *,
        kind: str,
        before: dict[str, Any] | None,
        name: str = "",
    ) -> dict[str, Any] | None:
        """Check a reference, put in its current name where ``name`` says which field, and return what it points to.

        Inactive targets are refused unless the object referred to them before.
        """
        reference = holder.get(field)
        if not isinstance(reference, dict) or not reference.get("value"):
            return None
        identifier = str(reference["value"])
        target = self.shelf.get(entity, identifier)
        if target is None:
            raise faults.invalid_reference(kind, identifier)
        was = (before or {}).get(field)
        same = isinstance(was, dict) and str(was.get("value")) == identifier
        if target.get("Active") is False and not same:
            raise faults.object_not_found()
        holder[field] = {"value": identifier, "name": target.get(name)} if name else {"value": identifier}
        return target

    def is_within(self, entity: str, body: dict[str, Any], above: str) -> bool:
        """Whether a list object is, or has among its parents, the one with the id ``above``."""
        found: dict[str, Any] | None = body
        while found is not None and found["Id"] != above:
            found = self.shelf.get(entity, (found.get("ParentRef") or {}).get("value"))
        return found is not None

    # -- inside ---------------------------------------------------------------------------------------------------

    def _take_in(self, entity: Entity, request: dict[str, Any]) -> dict[str, Any]:
        request = spoken(entity.name, request, self.switches["unknown_properties"])
        how = self.switches["us_characters"]
        if how != "keep" and self.company.in_us:
            request = in_latin(request, how)
        return take_in(request)

    def _check_limits(self, entity: Entity, sent: dict[str, Any]) -> None:
        check_lengths(entity.name, sent, self.switches["field_limits"])
        if entity.kind == "transaction":
            check_counts(sent, all_fields="enhancedallcustomfields" in self.include)

    def _claim(self, entity: Entity, asked: dict[str, Any]) -> dict[str, Any]:
        identifier = asked.get("Id")
        if not identifier or identifier is CLEARED:
            raise faults.required("Id")
        old = self.shelf.get(entity.name, identifier)
        if old is None:
            raise faults.object_not_found()
        token = asked.get("SyncToken")
        if token is None or token is CLEARED:
            raise faults.required("SyncToken")
        if token != old.get("SyncToken"):
            raise faults.stale_object()
        return old

    def _meta(self, entity: Entity, old: dict[str, Any] | None) -> dict[str, Any]:
        meta: dict[str, Any] = {"CreateTime": (old or {}).get("MetaData", {}).get("CreateTime", self.stamp)}
        if entity.name in _WITH_AUTHOR:
            meta["LastModifiedByRef"] = _AUTHOR
        return meta | {"LastUpdatedTime": self.stamp}

    def _bumped(self, entity: Entity, new: dict[str, Any], old: dict[str, Any]) -> dict[str, Any]:
        return new | {
            "domain": "QBO",
            "sparse": False,
            "Id": old["Id"],
            "SyncToken": str(int(old["SyncToken"]) + 1),
            "MetaData": self._meta(entity, old),
        }

    def _store(self, entity: Entity, body: dict[str, Any]) -> dict[str, Any]:
        stored = arrange(entity.name, body)
        self.shelf.put(entity, stored)
        return stored

    def _check_open(self) -> None:
        if self.company.realm in self.switches["inactive_companies"]:
            raise faults.company_inactive()

    def _check_period(self, body: dict[str, Any]) -> None:
        closed = self.company.books_closed_on
        if closed and str(body.get("TxnDate") or "9999") <= closed:
            raise faults.period_closed()
