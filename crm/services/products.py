"""Writing products."""

from typing import Any

from core.access import needs
from core.models import Origin
from crm.models import Product
from crm.services import records

FIELDS = (
    "name", "sku", "description", "unit_price", "unit_cost", "currency", "billing_period", "billing_count", "active",
    "owner", "properties",
)  # fmt: skip


@needs("crm.edit")
def create(*, by: Any, origin: Origin | None = None, **values: Any) -> Product:
    """A new product: something that we sell. ``values`` are columns named in FIELDS."""
    return records.create(Product, records.checked(values, FIELDS), by=by, origin=origin)


@needs("crm.edit")
def update(product: Product, *, by: Any, origin: Origin | None = None, **values: Any) -> Product:
    """Change the given columns only. Raises records.Archived."""
    return records.update(product, records.checked(values, FIELDS), by=by, origin=origin)


@needs("crm.archive")
def archive(product: Product, *, by: Any) -> Product:
    """Take the product out of lists and pickers; what refers to it stays."""
    return records.archive(product, by=by)


@needs("crm.archive")
def restore(product: Product, *, by: Any) -> Product:
    """Bring an archived product back."""
    return records.restore(product, by=by)
