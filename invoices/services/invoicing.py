"""How a company's invoices are made and counted: the default item, and invoices in other currencies than the deal."""

from typing import Any

from django.db import transaction
from django.db.models import F

from core.access import needs
from core.audit import differences
from core.events import emit
from invoices.models import Invoice, InvoicingSettings
from invoices.ports import ItemChoice
from invoices.services import billing
from qbo_connector.models import Connection

SLICE = 500


def settings_of(connection: Connection) -> InvoicingSettings:
    """What was chosen for a company, or the defaults."""
    return InvoicingSettings.objects.filter(connection=connection).first() or InvoicingSettings(connection=connection)


@needs("sync.configure")
@transaction.atomic
def change(
    connection: Connection, *, default_item: ItemChoice | None, skip_other_currencies: bool, by: Any
) -> InvoicingSettings:
    """Set both. Where the switch moved, a task counts the deals anew; does nothing where nothing differs."""
    InvoicingSettings.objects.get_or_create(connection=connection)
    row = InvoicingSettings.objects.select_for_update().get(connection=connection)
    wanted: dict[str, Any] = {
        "default_item_external_id": default_item.external_id if default_item else "",
        "default_item_name": default_item.name[:500] if default_item else "",
        "skip_other_currencies": skip_other_currencies,
    }
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if not changed:
        return row
    before = differences.values_of(row, changed)
    for name, value in changed.items():
        setattr(row, name, value)
    row.save(update_fields=list(changed))
    told = differences.since(before, row)
    emit("connection.invoicing_changed", connection, by=by, title=str(connection), changes=told, **changed)
    return row


def recount(connection_id: int) -> int:
    """Compute the figures of all deals anew that have invoices of the company in another currency than their own."""
    rows = Invoice.objects.filter(connection_id=connection_id, deal__isnull=False).exclude(currency=F("deal__currency"))
    count, after = 0, 0
    while ids := list(
        rows.filter(deal_id__gt=after).order_by("deal_id").values_list("deal_id", flat=True).distinct()[:SLICE]
    ):
        count += len(billing.recompute_deals(ids))
        after = ids[-1] or 0
    return count
