"""Writing contacts."""

from collections.abc import Iterable
from typing import Any

from core.access import needs
from core.models import Origin
from crm.models import Company, Contact
from crm.services import records

FIELDS = (
    "first_name", "last_name", "email", "phone", "mobile", "website", "job_title", "company", "billing_address",
    "shipping_address", "notes", "owner", "properties",
)  # fmt: skip


@needs("crm.edit")
def create(*, by: Any, origin: Origin | None = None, **values: Any) -> Contact:
    """A new contact: a person, usually of a company. ``values`` are columns named in FIELDS."""
    return records.create(Contact, records.checked(values, FIELDS), by=by, origin=origin, about=_company)


@needs("crm.edit")
def update(contact: Contact, *, by: Any, origin: Origin | None = None, **values: Any) -> Contact:
    """Change the given columns only. Raises records.Archived."""
    return records.update(contact, records.checked(values, FIELDS), by=by, origin=origin, about=_company)


@needs("crm.archive")
def archive(contact: Contact, *, by: Any) -> Contact:
    """Take the contact out of lists and pickers; deals keep it."""
    return records.archive(contact, by=by, about=_company)


@needs("crm.archive")
def restore(contact: Contact, *, by: Any) -> Contact:
    """Bring an archived contact back."""
    return records.restore(contact, by=by, about=_company)


def _company(contact: Contact) -> Iterable[Company]:
    return [contact.company] if contact.company else []
