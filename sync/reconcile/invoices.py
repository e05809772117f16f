"""Invoices -> invoices. With the toggle off, only those that the CRM made or added are kept up to date."""

import uuid

from invoices.models import Invoice
from invoices.services import from_sync
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.clock import today
from sync.mapping.invoice import Names, from_invoice, marked_request_id
from sync.mapping.reading import BadPayload
from sync.queries import record_ids
from sync.reconcile.batch import Batch, links_by_id, new_link, save_links, understood


def apply(batch: Batch) -> None:
    """Create and update invoices for a batch, in one call of the invoice service, and link them."""
    connection = batch.connection
    if batch.gone:
        from_sync.mark_removed(connection.pk, batch.gone, "invoice")
    living = batch.living
    ids = _known(connection, living)
    if not batch.enabled:
        living = [found for found in living if found.row.qbo_id in ids]
    names = names_for(connection, living)
    mapped = understood(
        batch,
        living,
        lambda found: from_invoice(found.payload, names, invoice_id=ids.get(found.row.qbo_id), tracked=False),
    )
    if not mapped:
        return
    rows = [row for _found, row in mapped]
    result = from_sync.apply_invoices(connection.pk, rows, today=today(connection), quiet=batch.quiet)
    save_links(
        [
            new_link(connection, found, "invoice", result.ids[found.row.qbo_id], matched_by="invoice")
            for found, _row in mapped
            if found.row.qbo_id in result.ids
        ]
    )


def _known(connection: Connection, living: list[Mirrored]) -> dict[str, int]:
    """Invoices that the CRM has, by QuickBooks id: by link, else by the marker that we put into the note."""
    links = links_by_id(connection, "Invoice", "invoice", [found.row.qbo_id for found in living])
    ids = {qbo_id: link.object_id for qbo_id, link in links.items()}
    marked: dict[uuid.UUID, str] = {}
    for found in living:
        if found.row.qbo_id in ids:
            continue
        try:
            intent = uuid.UUID(marked_request_id(found.payload))
        except (ValueError, BadPayload):
            continue
        # A copy made in QuickBooks carries the marker of its original, which was there first.
        marked[intent] = min(marked.get(intent, found.row.qbo_id), found.row.qbo_id, key=_age)
    ours = Invoice.objects.filter(connection=connection, request_id__in=marked, external_id="")
    ids |= {marked[request_id]: pk for request_id, pk in ours.values_list("request_id", "pk")}
    return ids


def _age(qbo_id: str) -> tuple[int, str]:
    """QuickBooks counts its ids upwards."""
    return (len(qbo_id), qbo_id)


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
