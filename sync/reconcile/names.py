"""What invoices and payments refer to: terms, tax codes, and the records of their customers and items."""

import datetime

from crm.models import Company, Contact, MergedRecord
from crm.queries import merges
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.enums import Exclusion
from sync.mapping.invoice import Names
from sync.models import Link
from sync.queries import record_ids


def names_for(connection: Connection, living: list[Mirrored]) -> Names:
    """What the invoices or payments of a batch refer to, in a constant number of queries."""
    customers = {found.row.party_id for found in living if found.row.party_id}
    parents = dict(
        MirrorObject.objects.filter(connection=connection, entity="Customer", qbo_id__in=customers)
        .exclude(parent_id="")
        .values_list("qbo_id", "parent_id")
    )
    both = customers | set(parents.values())
    records = _records(connection.pk, both)
    return Names(
        terms=read.names(connection.pk, "Term"),
        tax_codes=read.names(connection.pk, "TaxCode"),
        products=record_ids(connection.pk, "Item", "product", _item_ids(living)),
        contacts=_with_parents(customers, parents, records["contact"]),
        companies=_with_parents(customers, parents, records["company"]),
        classes=read.names(connection.pk, "Class") if _with_classes(living) else {},
        home_currency=connection.home_currency,
    )


def _records(connection_id: int, customers: set[str]) -> dict[str, dict[str, int]]:
    """The contact and the company of each customer, by kind.

    Where records were merged and their customers went on by themselves, what is billed to these belongs to the record
    that stays. A customer that a person unlinked before is nobody's.
    """
    found: dict[str, dict[str, int]] = {"contact": {}, "company": {}}
    apart: dict[str, dict[int, tuple[str, datetime.datetime]]] = {"contact": {}, "company": {}}
    links = Link.objects.filter(
        connection_id=connection_id, entity="Customer", object_type__in=found, qbo_id__in=customers
    )
    for kind, qbo_id, record, exclusion, changed_at in links.values_list(
        "object_type", "qbo_id", "object_id", "exclusion", "changed_at"
    ):
        if exclusion == Exclusion.UNLINKED:
            apart[kind][record] = (qbo_id, changed_at)
        else:
            found[kind][qbo_id] = record
    for kind, left in apart.items():
        if left:
            found[kind] = _stayed(kind, left) | found[kind]
    return found


def _stayed(kind: str, left: dict[int, tuple[str, datetime.datetime]]) -> dict[str, int]:
    """The record that a merge kept, by the customer that it left behind."""
    rows = MergedRecord.objects.filter(object_type=kind, object_id__in=left, undone=False)
    by_merge = {pk for pk, at in rows.values_list("object_id", "merge__merged_at") if left[pk][1] >= at}
    winners = merges.winners_of(kind, by_merge)
    model: type[Contact | Company] = Contact if kind == "contact" else Company
    there = set(model._default_manager.filter(pk__in=winners.values()).values_list("pk", flat=True))
    return {left[loser][0]: winner for loser, winner in winners.items() if winner in there}


def _with_parents(customers: set[str], parents: dict[str, str], records: dict[str, int]) -> dict[str, tuple[int, ...]]:
    """The record of each customer, or of its parent where a sub-customer has none of its own."""
    found: dict[str, tuple[int, ...]] = {}
    for customer in customers:
        record = records.get(customer) or records.get(parents.get(customer, ""))
        if record:
            found[customer] = (record,)
    return found


def _item_ids(living: list[Mirrored]) -> set[str]:
    ids: set[str] = set()
    for found in living:
        lines = found.payload.get("Line")
        for line in lines if isinstance(lines, list) else []:
            detail = line.get("SalesItemLineDetail") if isinstance(line, dict) else None
            ref = detail.get("ItemRef") if isinstance(detail, dict) else None
            if isinstance(ref, dict) and ref.get("value"):
                ids.add(str(ref["value"]))
    return ids


def _with_classes(living: list[Mirrored]) -> bool:
    """Whether anything of the batch has a class; most companies have none."""
    return any("ClassRef" in found.payload or _line_with_class(found.payload.get("Line")) for found in living)


def _line_with_class(lines: object) -> bool:
    details = (
        (line.get("SalesItemLineDetail") for line in lines if isinstance(line, dict)) if isinstance(lines, list) else ()
    )
    return any(isinstance(detail, dict) and "ClassRef" in detail for detail in details)
