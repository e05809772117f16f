"""Custom properties of invoices that are mapped to fields of QuickBooks, on both sides."""

from collections.abc import Mapping
from typing import Any

from core.properties import PREFIX
from sync.enums import Direction, RecordType
from sync.mapping.engine import Mapped, comparable, to_crm
from sync.mapping.reading import Payload
from sync.policies import Policy
from sync.records import values_of

Sides = tuple[Mapping[str, Any], Mapping[str, Any]]
NOTHING: Sides = ({}, {})


def mapped_properties(policy: Policy) -> list[Mapped]:
    """The mappings in force of custom properties of invoices."""
    return [
        mapped for mapped in policy.mappings.get(RecordType.INVOICE, ()) if mapped.rule.crm_field.startswith(PREFIX)
    ]


def sides_of(policy: Policy, payloads: Mapping[int, Payload]) -> dict[int, Sides]:
    """The mapped properties of some invoices as the CRM and as QuickBooks has them, by invoice id."""
    mappings = mapped_properties(policy)
    if not mappings or not payloads:
        return {}
    names = [mapped.rule.crm_field for mapped in mappings]
    here = values_of(RecordType.INVOICE, payloads, names)
    return {
        pk: (
            comparable({name: value for name, value in here.get(pk, {}).items() if name in names}, mappings),
            to_crm(payload, mappings)[0],
        )
        for pk, payload in payloads.items()
    }


def coming_in(policy: Policy, payload: Payload) -> dict[str, Any]:
    """What QuickBooks says of the mapped properties that flow into the CRM."""
    incoming = [mapped for mapped in mapped_properties(policy) if mapped.rule.direction != Direction.OUT]
    return to_crm(payload, incoming)[0] if incoming else {}
