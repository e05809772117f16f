"""Customers -> companies and contacts."""

from collections.abc import Iterable, Sequence

from qbo_connector.mirror.read import Mirrored
from sync import matching
from sync.enums import RecordType
from sync.mapping.values import Shape, shape_of
from sync.policies import Policy
from sync.queries import record_ids
from sync.reconcile.batch import Batch, readable
from sync.reconcile.carry_out import carry_out
from sync.reconcile.decide import Candidate, candidate, decide
from sync.reconcile.removed import remove

Customers = Sequence[tuple[Mirrored, Shape]]


def apply(batch: Batch) -> None:
    """Create, update and link companies and contacts for a batch of customers, as the settings say."""
    remove(batch, [RecordType.COMPANY, RecordType.CONTACT])
    if not batch.enabled:
        return
    customers = readable(batch, shape_of, name="DisplayName")
    companies = company_candidates(batch.policy, customers)
    decide(batch.policy, RecordType.COMPANY, companies, lock=True)
    carry_out(batch, batch.policy, RecordType.COMPANY, companies)
    contacts = contact_candidates(batch.policy, customers)
    decide(batch.policy, RecordType.CONTACT, contacts, lock=True)
    carry_out(batch, batch.policy, RecordType.CONTACT, contacts)


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
