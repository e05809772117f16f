"""Three-way merge by field: what both sides agreed on last, what the CRM has, what QuickBooks has. Pure.

Values are compared in one notation (``plain``), so that 10 and 10.00, or an empty text and none, are the same.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.plain import plain
from sync.enums import Direction, Winner

__all__ = ["Clash", "Merged", "Rule", "merge", "plain"]
_NEVER = object()
ChangedAt = datetime.datetime | Mapping[str, datetime.datetime] | None


@dataclass(frozen=True)
class Rule:
    """How one field flows: its names on both sides, its direction and whose value wins a conflict."""

    crm_field: str
    qbo_field: str
    direction: Direction = Direction.BOTH
    winner: Winner = Winner.QUICKBOOKS


@dataclass(frozen=True)
class Clash:
    """Both sides changed a field, and a person has to say whose value counts."""

    rule: Rule
    base: Any
    crm: Any
    quickbooks: Any


@dataclass
class Merged:
    """What follows: values to write into the CRM and into QuickBooks (by CRM field), clashes, the new common base.

    ``agreed`` holds the base for the next merge of every field that has one: fields on their way to QuickBooks keep
    their old base until QuickBooks has answered.
    """

    to_crm: dict[str, Any] = field(default_factory=dict)
    to_quickbooks: dict[str, Any] = field(default_factory=dict)
    clashes: list[Clash] = field(default_factory=list)
    agreed: dict[str, Any] = field(default_factory=dict)


def merge(
    rules: Iterable[Rule],
    *,
    base: Mapping[str, Any],
    crm: Mapping[str, Any],
    quickbooks: Mapping[str, Any],
    crm_changed_at: "ChangedAt" = None,
    quickbooks_changed_at: datetime.datetime | None = None,
) -> Merged:
    """Decide field by field. ``base`` holds plain values (``Link.snapshot``); the sides hold values by CRM field.

    A field that is not in ``base`` never was in agreement: an empty side is filled from the other, and where both are
    filled the rule's winner is taken. A field that a side does not name at all is left alone. ``crm_changed_at`` is
    one moment for all fields, or a moment by CRM field.
    """
    merged = Merged(agreed=dict(base))
    for rule in rules:
        name = rule.crm_field
        if name not in crm or name not in quickbooks:
            continue
        ours, theirs = plain(crm[name]), plain(quickbooks[name])
        before = plain(base[name]) if name in base else _NEVER
        if ours == theirs:
            merged.agreed[name] = theirs
            continue
        changed_at = crm_changed_at.get(name) if isinstance(crm_changed_at, Mapping) else crm_changed_at
        source = _source(rule, ours, theirs, before, changed_at, quickbooks_changed_at)
        if source == Winner.QUICKBOOKS:
            merged.to_crm[name] = quickbooks[name]
            merged.agreed[name] = theirs
        elif source == Winner.CRM:
            merged.to_quickbooks[name] = crm[name]
        elif source == Winner.ASK:
            merged.clashes.append(Clash(rule, None if before is _NEVER else before, ours, theirs))
    return merged


def _source(
    rule: Rule,
    ours: Any,
    theirs: Any,
    before: Any,
    crm_changed_at: datetime.datetime | None,
    quickbooks_changed_at: datetime.datetime | None,
) -> Winner | None:
    """The side to take, ASK, or None to leave both as they are."""
    never = before is _NEVER
    ours_changed = ours is not None if never else ours != before
    theirs_changed = theirs is not None if never else theirs != before
    if rule.direction == Direction.IN:
        return Winner.QUICKBOOKS if theirs_changed else None
    if rule.direction == Direction.OUT:
        return Winner.CRM if ours_changed else None
    if not (ours_changed and theirs_changed):
        return Winner.QUICKBOOKS if theirs_changed else Winner.CRM
    if rule.winner != Winner.NEWEST:
        return rule.winner
    if crm_changed_at is None or quickbooks_changed_at is None:
        return Winner.QUICKBOOKS
    return Winner.CRM if crm_changed_at > quickbooks_changed_at else Winner.QUICKBOOKS
