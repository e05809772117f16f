"""The payload of a creation or a sparse update, and what QuickBooks will then hold in the CRM's words. No query."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from qbo_connector.enums import Verb
from sync.enums import Direction, RecordType
from sync.mapping import engine
from sync.mapping.engine import Mapped
from sync.mapping.reading import Payload, name_without_mark
from sync.mapping.values import from_quickbooks
from sync.merge import plain
from sync.publish.texts import storable

_PRICES = ("UnitPrice", "PurchaseCost")
_EMAIL = "PrimaryEmailAddr"
# QuickBooks counts stock by transactions; a quantity is never written, whatever a mapping says.
_NEVER = ("QtyOnHand", "InvStartDate", "TrackQtyOnHand", "Balance", "CurrencyRef")


@dataclass
class Built:
    """What is sent: ``payload`` without Id and SyncToken; ``sent`` is the snapshot that it will leave, by CRM field.

    ``problems`` are those of fields that can't be sent, by mapping; ``left_out`` names characters that were dropped.
    """

    payload: dict[str, Any]
    sent: dict[str, Any] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)
    left_out: str = ""
    verb: str = Verb.UPDATE


def update(
    record_type: RecordType, mappings: Sequence[Mapped], values: Mapping[str, Any], current: Payload, *, in_us: bool
) -> Built:
    """The fields of a sparse update that bring ``values`` to QuickBooks; empty when it has them already.

    Making something active again brings its name back as well, which QuickBooks had marked.
    """
    outgoing = [mapping for mapping in mappings if mapping.rule.direction != Direction.IN]
    payload, problems = engine.to_quickbooks(values, outgoing, current=current)
    built = Built({}, problems=problems)
    payload = _cleaned(payload, outgoing, built, in_us=in_us)
    before, _ignored = from_quickbooks(record_type, current, outgoing)
    after, _ignored = from_quickbooks(record_type, {**current, **payload}, outgoing)
    named = {mapping.rule.crm_field: mapping for mapping in outgoing}
    for name in values:
        mapping = named.get(name)
        if mapping is None or mapping.id in built.problems or name not in after:
            continue
        built.sent[name] = plain(after[name])
        if plain(after[name]) != plain(before.get(name)):
            top = mapping.qbo.name.split(".")[0]
            if top in payload:
                built.payload[top] = payload[top]
    _activity(built, current)
    return built


def _activity(built: Built, current: Payload) -> None:
    active = built.payload.get("Active")
    if active is False:
        built.verb = Verb.DEACTIVATE
    elif active is True:
        built.verb = Verb.REACTIVATE
        for name in ("DisplayName", "Name"):
            if name in current and name not in built.payload:
                built.payload[name] = name_without_mark(str(current[name]), active=False)


def create(
    record_type: RecordType,
    mappings: Sequence[Mapped],
    values: Mapping[str, Any],
    extra: Mapping[str, Any],
    *,
    in_us: bool,
) -> Built:
    """A new object from a record's values; ``extra`` are fields that no mapping brings, and win over those that do."""
    outgoing = [mapping for mapping in mappings if mapping.rule.direction != Direction.IN]
    payload, problems = engine.to_quickbooks(values, outgoing, current={})
    built = Built({}, problems=problems, verb=Verb.CREATE)
    payload = _filled(_cleaned({**payload, **extra}, outgoing, built, in_us=in_us))
    payload.pop("Active", None)
    built.payload = payload
    after, _ignored = from_quickbooks(record_type, {"Active": True, **payload}, outgoing)
    failed = {mapping.rule.crm_field for mapping in outgoing if mapping.id in built.problems}
    built.sent = {name: plain(value) for name, value in after.items() if name in values and name not in failed}
    return built


def _cleaned(payload: dict[str, Any], mappings: Sequence[Mapped], built: Built, *, in_us: bool) -> dict[str, Any]:
    """Texts as the company stores them, prices as numbers, and without what QuickBooks would refuse."""
    extra_currency = payload.get("CurrencyRef") if built.verb == Verb.CREATE else None
    found, lost = storable(payload, in_us=in_us)
    for name in _NEVER:
        found.pop(name, None)
    if extra_currency:
        found["CurrencyRef"] = extra_currency
    for name in _PRICES:
        if name in found and found[name] in ("", None):
            found[name] = Decimal(0)
    for name, characters in lost.items():
        if payload.get(name) and not found.get(name):
            found.pop(name, None)
            _fail(built, mappings, name, _("QuickBooks can't store “%s” in a US company.") % characters)
        else:
            built.left_out += characters
    address = (found.get(_EMAIL) or {}).get("Address") if isinstance(found.get(_EMAIL), Mapping) else None
    if address and ("@" not in address or "." not in address or " " in address):
        found.pop(_EMAIL)
        _fail(built, mappings, _EMAIL, _("“%s” is no e-mail address that QuickBooks takes.") % address)
    return found


def _fail(built: Built, mappings: Sequence[Mapped], top: str, reason: str) -> None:
    for mapping in mappings:
        if mapping.qbo.name.split(".")[0] == top:
            built.problems[mapping.id] = f"{mapping.qbo.label}: {reason}"


def _filled(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is empty: QuickBooks puts its own defaults there."""
    found: dict[str, Any] = {}
    for name, value in payload.items():
        part = _filled(value) if isinstance(value, Mapping) else value
        if part not in ("", None, {}, []):
            found[name] = part
    return found
