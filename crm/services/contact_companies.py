"""The companies of a contact: one primary one, and any number of others that it is associated with."""

from typing import Any

from django.db import transaction
from django.db.models import Q

from core.access import needs
from crm.models import Association, Company, Contact
from crm.services import associations, contacts, records


@needs("crm.edit")
@transaction.atomic
def add(contact: Contact, company: Company, *, by: Any) -> None:
    """Put a contact to a company too; the first one becomes the primary one. Raises records.Archived."""
    fresh = records.locked(contact)
    if fresh.company_id is None:
        contacts.update(fresh, by=by, company=company)
    elif fresh.company_id != company.pk:
        associations.add(fresh, company, by=by)


@needs("crm.edit")
@transaction.atomic
def make_primary(contact: Contact, company: Company, *, by: Any) -> None:
    """Make a company the one that deals and lists name; the one before stays as another. Raises records.Archived."""
    fresh = records.locked(contact)
    before = fresh.company
    if before is not None and before.pk == company.pk:
        return
    contacts.update(fresh, by=by, company=company)
    between(fresh, company).filter(label=None).delete()
    if before is not None and not between(fresh, before).exists():
        associations.add(fresh, before, by=by)


@needs("crm.edit")
@transaction.atomic
def remove(contact: Contact, company: Company, *, by: Any) -> None:
    """Take a contact off a company, whichever it is. Raises records.Archived."""
    fresh = records.locked(contact)
    if fresh.company_id == company.pk:
        contacts.update(fresh, by=by, company=None)
    for association in between(fresh, company).select_related("label"):
        ends = (fresh, company) if association.from_type == "contact" else (company, fresh)
        associations.remove(association, *ends, by=by)


def between(contact: Contact, company: Company) -> Any:
    """The associations of a contact with a company."""
    there = Q(from_type="contact", from_id=contact.pk, to_type="company", to_id=company.pk)
    back = Q(from_type="company", from_id=company.pk, to_type="contact", to_id=contact.pk)
    return Association.objects.filter(there | back, removed_at=None)
