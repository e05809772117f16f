"""What a QuickBooks object says about one record: the mapped values with what mappings alone can't express. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sync.enums import RecordType
from sync.mapping import engine
from sync.mapping.engine import Mapped
from sync.mapping.item import NOT_SOLD
from sync.mapping.reading import Payload, flag, name_without_mark, text


@dataclass(frozen=True)
class Shape:
    """Which records a Customer stands for, and what its place among other customers is."""

    is_company: bool
    is_contact: bool
    email: str
    parent_id: str
    active: bool


def shape_of(payload: Payload) -> Shape:
    """Whether a Customer is a company, a contact or both. Raises BadPayload.

    One with a company name is a company, one with a person's name a contact of it; one with neither is a company of
    its display name. A sub-customer is at most a contact of its parent's company.
    """
    person = bool(text(payload, "GivenName") or text(payload, "FamilyName"))
    parent = text(payload, "ParentRef", "value")
    return Shape(
        is_company=not parent and (bool(text(payload, "CompanyName")) or not person),
        is_contact=person,
        email=text(payload, "PrimaryEmailAddr", "Address").strip(),
        parent_id=parent,
        active=flag(payload, "Active", default=True),
    )


def sold(payload: Payload) -> bool:
    """Whether an Item can be sold: categories only group others."""
    return text(payload, "Type") not in NOT_SOLD


def from_quickbooks(
    record_type: RecordType, payload: Payload, mappings: Iterable[Mapped]
) -> tuple[dict[str, Any], dict[int, str]]:
    """CRM values of an object by CRM field, and the problems by mapping id: what the merge compares on its side.

    A company without a company name goes by its display name: a record has to have one.
    """
    values, problems = engine.to_crm(payload, mappings)
    if (
        record_type == RecordType.COMPANY
        and not values.get("name")
        and any(m.rule.crm_field == "name" for m in mappings)
    ):
        values["name"] = display_name(payload)
    return values, problems


def display_name(payload: Payload) -> str:
    """A Customer's display name, or an Item's name, without the mark of inactive ones."""
    name = text(payload, "DisplayName") or text(payload, "Name")
    return name_without_mark(name, active=payload.get("Active") is not False)


def in_crm(values: Mapping[str, Any], mappings: Iterable[Mapped]) -> dict[str, Any]:
    """A record's values as the merge compares them on its side: after the transforms of their mappings."""
    return engine.comparable(values, mappings)
