"""Bills of vendors -> rows to be reminded of. With the toggle off, only those that are here already."""

from invoices.models import Bill
from invoices.services import bills_from_sync
from qbo_connector.mirror import read
from sync.mapping.bill import from_bill
from sync.reconcile.batch import Batch, understood


def apply(batch: Batch) -> None:
    """Create and update bills for a batch."""
    connection = batch.connection
    if batch.gone:
        bills_from_sync.remove(connection.pk, batch.gone, quiet=batch.quiet)
    living = batch.living
    wanted = {found.row.party_id for found in living}
    vendors = dict(
        read.objects(connection.pk, "Vendor").filter(qbo_id__in=wanted).order_by().values_list("qbo_id", "name")
    )
    mapped = understood(
        batch, living, lambda found: from_bill(found.payload, vendors, home_currency=connection.home_currency)
    )
    rows = [row for _found, row in mapped]
    if not batch.enabled:
        here = Bill.objects.filter(connection=connection, external_id__in=[row.external_id for row in rows])
        known = set(here.values_list("external_id", flat=True))
        rows = [row for row in rows if row.external_id in known]
    if rows:
        bills_from_sync.apply_bills(connection.pk, rows, quiet=batch.quiet)
