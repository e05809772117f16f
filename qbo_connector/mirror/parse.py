"""Read QuickBooks' answers into mirror rows. What can't be read becomes a parked record with its reason.

The whole answer decides nothing about its records: one bad object never stops the others. Amounts go from the JSON
text into Decimal without ever being a float.
"""

import datetime
import hashlib
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any

import msgspec

from qbo_connector import errors
from qbo_connector.mirror.entities import MIRRORED


class Ref(msgspec.Struct):
    """A reference: the id of another object."""

    value: str


class MetaData(msgspec.Struct):
    """Times of an object; whole seconds with an offset."""

    LastUpdatedTime: Annotated[datetime.datetime, msgspec.Meta(tz=True)]


class Address(msgspec.Struct):
    """An e-mail address."""

    Address: str = ""


class Head(msgspec.Struct, kw_only=True):
    """The part of any object that the mirror keeps in columns."""

    Id: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
    MetaData: MetaData
    SyncToken: str | int = "0"
    status: str = ""
    Active: bool = True
    DisplayName: str = ""
    Name: str = ""
    DocNumber: str = ""
    Sku: str = ""
    PaymentRefNum: str = ""
    Type: str = ""
    AccountType: str = ""
    PayType: str = ""
    TxnStatus: str = ""
    Code: str = ""
    PrimaryEmailAddr: Address | None = None
    BillEmail: Address | None = None
    CustomerRef: Ref | None = None
    VendorRef: Ref | None = None
    ParentRef: Ref | None = None
    CurrencyRef: Ref | None = None
    TxnDate: datetime.date | None = None
    DueDate: datetime.date | None = None
    ExpirationDate: datetime.date | None = None
    TotalAmt: Decimal | None = None
    Balance: Decimal | None = None
    UnitPrice: Decimal | None = None


@dataclass(frozen=True)
class Row:
    """A mirror row about to be merged. ``body`` is compressed JSON, empty for a tombstone."""

    entity: str
    qbo_id: str
    sync_token: int
    remote_updated_at: datetime.datetime
    digest: bytes
    body: bytes
    deleted: bool = False
    name: str = ""
    email: str = ""
    code: str = ""
    kind: str = ""
    party_id: str = ""
    parent_id: str = ""
    txn_on: datetime.date | None = None
    due_on: datetime.date | None = None
    currency: str = ""
    total: Decimal | None = None
    balance: Decimal | None = None
    unit_price: Decimal | None = None
    active: bool = True


@dataclass(frozen=True)
class Unreadable:
    """A record that can't be read, kept whole."""

    entity: str
    qbo_id: str
    reason: str
    body: bytes

    @property
    def digest(self) -> str:
        """Tells one unreadable version of a record from another."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass
class Answer:
    """What one query or change-data answer held. ``time`` is QuickBooks' clock."""

    time: datetime.datetime
    rows: list[Row] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    # In the order of the answer; empty where an object has none.
    ids: list[str] = field(default_factory=list)

    @property
    def objects(self) -> int:
        """Objects in the answer, readable or not: what QuickBooks' cap of 1,000 counts."""
        return sum(self.counts.values())


class _Envelope(msgspec.Struct):
    time: Annotated[datetime.datetime, msgspec.Meta(tz=True)]
    QueryResponse: dict[str, msgspec.Raw] | None = None
    CDCResponse: list[dict[str, msgspec.Raw]] | None = None


_envelopes = msgspec.json.Decoder(_Envelope)
_responses = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_heads = msgspec.json.Decoder(Head, strict=False)
_anything = msgspec.json.Decoder(float_hook=Decimal)
_NOT_ENTITIES = {"startPosition", "maxResults", "totalCount"}
# Escaped backslashes and whole pairs of surrogates are passed over; what is left is half a character.
_HALVES = re.compile(rb"\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F]..)")
_LARGEST = 2**63


def read_answer(content: bytes) -> Answer:
    """A query's or change-data's answer. Raises the fault in it, or BadAnswer when its frame can't be read."""
    content = _mended(content)
    faults = errors.faults_in(content) if b"ault" in content[:4000] else []
    try:
        envelope = _envelopes.decode(content)
        groups = _groups(envelope)
    except msgspec.MsgspecError as error:
        if faults:
            raise errors.error_for(faults, status=200) from error
        raise errors.BadAnswer(errors.Fault(message=f"Unreadable answer: {error}")) from error
    answer = Answer(time=envelope.time)
    for group in groups:
        for entity, raw in group.items():
            if entity not in _NOT_ENTITIES:
                _read_group(answer, entity, bytes(raw))
    return answer


def _mended(content: bytes) -> bytes:
    """The answer with broken characters replaced: one record's text must not make its whole page unreadable."""
    if not content.isascii():
        content = content.decode("utf-8", "replace").encode()
    if b"\\ud" in content or b"\\uD" in content:
        content = _HALVES.sub(lambda found: b"\\ufffd" if found[1] else found[0], content)
    return content


def _groups(envelope: _Envelope) -> list[dict[str, msgspec.Raw]]:
    if envelope.QueryResponse is not None:
        return [envelope.QueryResponse]
    if envelope.CDCResponse is None:
        raise errors.BadAnswer(errors.Fault(message="Neither a query's nor a change-data answer."))
    groups: list[dict[str, msgspec.Raw]] = []
    for part in envelope.CDCResponse:
        if "Fault" in part or "fault" in part:
            # A part that failed proves nothing about its entities, so the whole read counts as failed.
            raise errors.error_for(errors.faults_in(msgspec.json.encode(part)), status=200)
        groups += _responses.decode(part.get("QueryResponse", b"[]"))
    return groups


def _read_group(answer: Answer, entity: str, raw: bytes) -> None:
    try:
        objects = _objects.decode(raw)
    except msgspec.MsgspecError as error:
        answer.unreadable.append(Unreadable(entity[:60], "", f"Not a list of objects: {error}", raw))
        answer.counts[entity] = answer.counts.get(entity, 0) + 1
        return
    answer.counts[entity] = answer.counts.get(entity, 0) + len(objects)
    for item in objects:
        body = bytes(item)
        if entity not in MIRRORED:
            answer.unreadable.append(Unreadable(entity[:60], _id_of(body), f"Unknown entity “{entity[:60]}”.", body))
            continue
        try:
            row = read_object(entity, body)
        except (msgspec.MsgspecError, ValueError, OverflowError) as error:
            answer.unreadable.append(Unreadable(entity, _id_of(body), f"Can't be read: {error}", body))
            answer.ids.append(answer.unreadable[-1].qbo_id)
        else:
            answer.rows.append(row)
            answer.ids.append(row.qbo_id)


def read_object(entity: str, body: bytes) -> Row:
    """One object's JSON as a row. Raises msgspec.MsgspecError or ValueError with the field at fault."""
    head = _heads.decode(body)
    deleted = head.status.lower() == "deleted"
    email = head.PrimaryEmailAddr or head.BillEmail
    party = head.CustomerRef or head.VendorRef
    for label, amount in (("TotalAmt", head.TotalAmt), ("Balance", head.Balance), ("UnitPrice", head.UnitPrice)):
        if amount is not None and not (amount.is_finite() and abs(amount) < Decimal(10) ** 15):
            raise ValueError(f"{label} is out of range: {amount}")
    if not -_LARGEST <= int(head.SyncToken) < _LARGEST:
        raise ValueError(f"SyncToken is out of range: {head.SyncToken}")
    return Row(
        entity=entity,
        qbo_id=head.Id,
        sync_token=int(head.SyncToken),
        remote_updated_at=head.MetaData.LastUpdatedTime,
        digest=hashlib.blake2b(body, digest_size=16).digest(),
        body=b"" if deleted else zlib.compress(body, 6),
        deleted=deleted,
        name=_clean(head.DisplayName or head.Name or head.DocNumber, 500),
        email=_clean(email.Address if email else "", 254),
        code=_clean(head.Sku or head.PaymentRefNum or head.Code, 100),
        kind=_clean(head.Type or head.AccountType or head.TxnStatus or head.PayType, 30),
        party_id=_clean(party.value if party else "", 40),
        parent_id=_clean(head.ParentRef.value if head.ParentRef else "", 40),
        txn_on=head.TxnDate,
        due_on=head.DueDate or head.ExpirationDate,
        currency=_clean(head.CurrencyRef.value if head.CurrencyRef else head.Code, 3),
        total=head.TotalAmt,
        balance=head.Balance,
        unit_price=head.UnitPrice,
        active=head.Active,
    )


def payload_of(body: bytes) -> dict[str, Any]:
    """A stored body as a dict; numbers with a point are Decimal."""
    found: dict[str, Any] = _anything.decode(zlib.decompress(body))
    return found


def _clean(text: str, limit: int) -> str:
    """PostgreSQL can't store NUL in a text."""
    return text.replace("\x00", "")[:limit]


def _id_of(body: bytes) -> str:
    try:
        found = _anything.decode(body)
    except msgspec.MsgspecError:
        return ""
    return str(found.get("Id", ""))[:60] if isinstance(found, dict) else ""


def newest_first(rows: Sequence[Row]) -> list[Row]:
    """One row for each object of an answer: duplicates happen, the newest one counts."""
    chosen: dict[tuple[str, str], Row] = {}
    for row in rows:
        known = chosen.get((row.entity, row.qbo_id))
        if known is None or _version(row) >= _version(known):
            chosen[row.entity, row.qbo_id] = row
    return list(chosen.values())


def _version(row: Row) -> tuple[bool, int, datetime.datetime]:
    return (row.deleted, row.sync_token, row.remote_updated_at)
