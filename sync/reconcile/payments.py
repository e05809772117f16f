"""Payments -> payments. With the toggle off, only those that pay an invoice of the CRM, or did."""

from invoices.models import Invoice, Payment
from invoices.services import from_sync
from qbo_connector.mirror import read
from sync.mapping.payment import from_payment
from sync.publish import payments
from sync.reconcile.batch import Batch, marked, understood
from sync.reconcile.names import names_for
from sync.reconcile.uncounted import count_again


def apply(batch: Batch) -> None:
    """Create and update payments for a batch, in one call of the invoice service."""
    connection = batch.connection
    count_again(batch)
    if batch.gone:
        from_sync.mark_removed(connection.pk, batch.gone, "payment", quiet=batch.quiet)
    living = batch.living
    payments.adopt(connection, marked(living))
    names = names_for(connection, living)
    methods, accounts = read.names(connection.pk, "PaymentMethod"), read.names(connection.pk, "Account")
    mapped = understood(
        batch, living, lambda found: from_payment(found.payload, names, methods=methods, accounts=accounts)
    )
    rows = [row for _found, row in mapped]
    if not batch.enabled:
        paid = {part.invoice_external_id for row in rows for part in row.applications}
        ours = set(
            Invoice.objects.filter(connection=connection, external_id__in=paid).values_list("external_id", flat=True)
        )
        # A payment that was voided or moved away no longer names the invoice that it has to be taken off.
        here = set(
            Payment.objects.filter(
                connection=connection, external_id__in=[row.external_id for row in rows]
            ).values_list("external_id", flat=True)
        )
        rows = [
            row
            for row in rows
            if row.external_id in here or any(part.invoice_external_id in ours for part in row.applications)
        ]
    if rows:
        from_sync.apply_payments(connection.pk, rows, quiet=batch.quiet)
