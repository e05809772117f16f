"""Customers -> companies and contacts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.models import Company, Contact
from crm.services import from_sync
from crm.services.from_sync import SyncedRow
from qbo_connector.mirror.read import Mirrored
from sync import matching
from sync.mapping.customer import CustomerValues, from_customer
from sync.models import Link
from sync.queries import record_ids
from sync.reconcile.batch import Batch, changed_in_quickbooks, link_written, links_by_id, mark_broken, readable


@dataclass
class _Side:
    """One kind of record that customers become: what is written and how it is linked."""

    object_type: str
    found: list[Mirrored]
    rows: list[SyncedRow]
    values: list[dict[str, Any]]
    matched_by: list[str]


def apply(batch: Batch) -> None:
    """Create and update companies and contacts for a batch of customers, and link them."""
    mark_broken(batch.connection, "Customer", batch.gone)
    if not batch.enabled:
        return
    customers = readable(batch, from_customer, name="DisplayName")
    parents = {values.parent_id for _found, values in customers if values.parent_id}
    _apply_companies(batch, customers)
    company_of = record_ids(
        batch.connection.pk, "Customer", "company", parents | {found.row.qbo_id for found, _values in customers}
    )
    _apply_contacts(batch, customers, company_of)


def _apply_companies(batch: Batch, customers: Sequence[tuple[Mirrored, CustomerValues]]) -> None:
    links = links_by_id(batch.connection, "Customer", "company", [found.row.qbo_id for found, _values in customers])
    wanted = [
        (found, values, values.company)
        for found, values in customers
        if values.company and (found.row.qbo_id in links or values.active)
    ]
    unlinked = [values.email for found, values, _company in wanted if found.row.qbo_id not in links]
    by_email = matching.unlinked_by(batch.connection, Company.objects.all(), "company", "email", unlinked)
    side = _Side("company", [], [], [], [])
    for found, values, company in wanted:
        match = None if found.row.qbo_id in links else by_email.pop(values.email.upper(), None)
        _add(side, found, company, links.get(found.row.qbo_id), match)
    _write(batch, side, links, from_sync.upsert_companies(side.rows, quiet=batch.quiet))


def _apply_contacts(
    batch: Batch, customers: Sequence[tuple[Mirrored, CustomerValues]], company_of: dict[str, int]
) -> None:
    links = links_by_id(batch.connection, "Customer", "contact", [found.row.qbo_id for found, _values in customers])
    wanted = []
    parent_emails = matching.emails_of_customers(batch.connection, {v.parent_id for _f, v in customers if v.parent_id})
    for found, values in customers:
        same_person = bool(values.email) and parent_emails.get(values.parent_id, "").upper() == values.email.upper()
        known = found.row.qbo_id in links
        if values.contact is None or (not known and (not values.active or same_person)):
            continue
        company = company_of.get(values.parent_id or found.row.qbo_id)
        wanted.append((found, values, {**values.contact, **({"company_id": company} if company else {})}))
    unlinked = [values.email for found, values, _contact in wanted if found.row.qbo_id not in links]
    by_email = matching.unlinked_by(batch.connection, Contact.objects.all(), "contact", "email", unlinked)
    side = _Side("contact", [], [], [], [])
    for found, values, contact in wanted:
        match = None if found.row.qbo_id in links else by_email.pop(values.email.upper(), None)
        _add(side, found, contact, links.get(found.row.qbo_id), match)
    _write(batch, side, links, from_sync.upsert_contacts(side.rows, quiet=batch.quiet))


def _add(side: _Side, found: Mirrored, values: dict[str, Any], link: Link | None, match: int | None) -> None:
    side.found.append(found)
    side.values.append(values)
    side.matched_by.append(link.matched_by if link else ("email" if match else "created"))
    if link is not None:
        side.rows.append(SyncedRow(link.object_id, changed_in_quickbooks(values, link.snapshot)))
    elif match is not None:
        # The CRM's record was there first: QuickBooks only fills what it knows, empty values overwrite nothing.
        side.rows.append(SyncedRow(match, {name: value for name, value in values.items() if value}))
    else:
        side.rows.append(SyncedRow(None, values))


def _write(batch: Batch, side: _Side, links: dict[str, Link], results: Sequence[from_sync.UpsertResult]) -> None:
    written = zip(side.found, side.values, side.matched_by, results, strict=True)
    link_written(batch, side.object_type, written, links)
