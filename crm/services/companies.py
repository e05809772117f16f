"""Writing companies."""

from typing import Any

from core.access import needs
from core.models import Origin
from crm.models import Company
from crm.services import records

FIELDS = (
    "name", "domain", "email", "phone", "website", "industry", "currency", "billing_address", "shipping_address",
    "notes", "owner", "properties",
)  # fmt: skip


@needs("crm.edit")
def create(*, by: Any, origin: Origin | None = None, **values: Any) -> Company:
    """A new company: an organisation that we sell to. ``values`` are columns named in FIELDS."""
    return records.create(Company, records.checked(values, FIELDS), by=by, origin=origin)


@needs("crm.edit")
def update(company: Company, *, by: Any, origin: Origin | None = None, **values: Any) -> Company:
    """Change the given columns only. Raises records.Archived."""
    return records.update(company, records.checked(values, FIELDS), by=by, origin=origin)


@needs("crm.archive")
def archive(company: Company, *, by: Any) -> Company:
    """Take the company out of lists and pickers; what refers to it stays."""
    return records.archive(company, by=by)


@needs("crm.archive")
def restore(company: Company, *, by: Any) -> Company:
    """Bring an archived company back."""
    return records.restore(company, by=by)
