"""Customers -> companies and contacts."""

from collections.abc import Iterable, Sequence

from core.events import emit
from core.models import Origin
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import MirrorObject
from sync import matching
from sync.enums import RecordType
from sync.mapping import credit
from sync.mapping.values import Shape, shape_of
from sync.policies import Policy
from sync.queries import record_ids
from sync.reconcile.batch import Batch, readable
from sync.reconcile.carry_out import carry_out
from sync.reconcile.decide import Candidate, candidate, decide
from sync.reconcile.removed import remove

# What is shown with the company or contact of its customer.
DOCUMENTS = ("Invoice", "Payment", "Estimate", *credit.ENTITIES)
Customers = Sequence[tuple[Mirrored, Shape]]


def apply(batch: Batch) -> None:
    """Create, update and link companies and contacts for a batch of customers, as the settings say."""
    remove(batch, [RecordType.COMPANY, RecordType.CONTACT])
    if not batch.enabled:
        return
    customers = readable(batch, shape_of, name="DisplayName")
    companies = company_candidates(batch.policy, customers)
    decide(batch.policy, RecordType.COMPANY, companies, lock=True)
    fresh = _without_record(companies)
    carry_out(batch, batch.policy, RecordType.COMPANY, companies)
    contacts = contact_candidates(batch.policy, customers)
    decide(batch.policy, RecordType.CONTACT, contacts, lock=True)
    fresh += _without_record(contacts)
    carry_out(batch, batch.policy, RecordType.CONTACT, contacts)
    _read_documents_again(batch, [each.qbo_id for each in fresh if each.link is not None and each.link.qbo_id])


def _without_record(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Those that were in agreement with no record so far."""
    return [each for each in candidates if each.link is None or not each.link.snapshot]


def _read_documents_again(batch: Batch, customer_ids: Sequence[str]) -> None:
    """What was read of customers before they had a record belongs to it now: their invoices, payments and the like."""
    documents = MirrorObject.objects.filter(
        connection=batch.connection, entity__in=DOCUMENTS, party_id__in=customer_ids, deleted=False, unread=False
    )
    if customer_ids and documents.update(unread=True):
        emit("mirror.changed", batch.connection, origin=Origin.SYNC)


def company_candidates(policy: Policy, customers: Customers) -> list[Candidate]:
    """The customers that are companies."""
    return [
        candidate(policy, RecordType.COMPANY, found, extra={}, email=shape.email, active=shape.active)
        for found, shape in customers
        if shape.is_company
    ]


def contact_candidates(policy: Policy, customers: Customers) -> list[Candidate]:
    """The customers that are people, each with the company that it or its parent is linked to.

    A sub-customer with its parent's e-mail address is a job of the same person, no further contact.
    """
    connection = policy.connection
    people = [(found, shape) for found, shape in customers if shape.is_contact]
    parents = _parents(people)
    company_of = record_ids(connection.pk, "Customer", "company", parents | {found.row.qbo_id for found, _s in people})
    parent_emails = matching.emails_of_customers(connection, parents)
    candidates = []
    for found, shape in people:
        company = company_of.get(shape.parent_id or found.row.qbo_id)
        same_person = bool(shape.email) and parent_emails.get(shape.parent_id, "").upper() == shape.email.upper()
        candidates.append(
            candidate(
                policy,
                RecordType.CONTACT,
                found,
                extra={"company_id": company} if company else {},
                email=shape.email,
                active=shape.active,
                fresh=not same_person,
            )
        )
    return candidates


def _parents(customers: Iterable[tuple[Mirrored, Shape]]) -> set[str]:
    return {shape.parent_id for _found, shape in customers if shape.parent_id}
