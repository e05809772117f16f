"""What invoices and payments refer to: terms, tax codes, and the records of their customers and items."""

from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.mapping.invoice import Names
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
    contacts = record_ids(connection.pk, "Customer", "contact", both)
    companies = record_ids(connection.pk, "Customer", "company", both)
    return Names(
        terms=read.names(connection.pk, "Term"),
        tax_codes=read.names(connection.pk, "TaxCode"),
        products=record_ids(connection.pk, "Item", "product", _item_ids(living)),
        contacts=_with_parents(customers, parents, contacts),
        companies=_with_parents(customers, parents, companies),
        classes=read.names(connection.pk, "Class") if _with_classes(living) else {},
        home_currency=connection.home_currency,
    )


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
