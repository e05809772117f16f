"""Merge one record with its QuickBooks object by the settings in force; reconcile and publish decide alike by this."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from sync.enums import Direction, RecordType, Winner
from sync.mapping.values import in_crm
from sync.merge import Merged, Rule, merge
from sync.policies import Policy
from sync.records import Touch

# What follows from QuickBooks' structure and is no field that can be mapped: it only ever comes in.
FIXED: dict[RecordType, tuple[Rule, ...]] = {
    RecordType.CONTACT: (Rule("company_id", "ParentRef", Direction.IN),),
    RecordType.PRODUCT: (Rule("currency", "CurrencyRef", Direction.IN),),
}
_PRICES = ("unit_price", "unit_cost")


def fields_of(policy: Policy, record_type: RecordType) -> list[str]:
    """The CRM fields that have to be read for a merge."""
    mapped = [mapping.rule.crm_field for mapping in policy.mappings.get(record_type, ())]
    return [*mapped, *(rule.crm_field for rule in FIXED.get(record_type, ()))]


def rules_of(policy: Policy, record_type: RecordType) -> list[Rule]:
    """How the fields of a kind of record flow."""
    fixed = FIXED.get(record_type, ()) if policy.brings_in else ()
    return [*(mapping.rule for mapping in policy.mappings.get(record_type, ())), *fixed]


def needs_times(policy: Policy, record_type: RecordType) -> bool:
    """Whether a merge may have to know who changed what when."""
    late = (Winner.NEWEST, Winner.ASK)
    return any(r.winner in late and r.direction == Direction.BOTH for r in rules_of(policy, record_type))


def merge_record(
    policy: Policy,
    record_type: RecordType,
    *,
    base: Mapping[str, Any],
    crm: Mapping[str, Any],
    quickbooks: Mapping[str, Any],
    touches: Mapping[str, Touch] | None = None,
    quickbooks_changed_at: datetime.datetime | None = None,
) -> Merged:
    """What follows for both sides. ``base`` is the link's snapshot, empty for two that were never linked.

    ``crm`` is what ``records.values_of`` read, ``quickbooks`` what ``mapping.values.from_quickbooks`` made of the
    payload. A price in another currency than the company's own stays in the CRM.
    """
    rules = rules_of(policy, record_type)
    merged = merge(
        rules,
        base=base,
        crm=in_crm(crm, policy.mappings.get(record_type, ())),
        quickbooks=quickbooks,
        crm_changed_at=_moments(rules, touches or {}),
        quickbooks_changed_at=quickbooks_changed_at,
    )
    currency = crm.get("currency")
    if record_type == RecordType.PRODUCT and currency and currency != policy.connection.home_currency:
        for name in _PRICES:
            merged.to_quickbooks.pop(name, None)
    return merged


def _moments(rules: Iterable[Rule], touches: Mapping[str, Touch]) -> dict[str, datetime.datetime]:
    """When each field was changed last; one that nobody changed since is as old as its record."""
    made = touches.get("")
    found = ((rule.crm_field, touches.get(rule.crm_field, made)) for rule in rules)
    return {name: touch.at for name, touch in found if touch is not None}


def held_back(merged: Merged, base: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, Any]:
    """Take values (all of them by default) off what goes into the CRM; they stay in disagreement. Returns them."""
    held = {name: merged.to_crm.pop(name) for name in list(merged.to_crm if names is None else names)}
    for name in held:
        merged.agreed.pop(name, None)
        if name in base:
            merged.agreed[name] = base[name]
    return held
