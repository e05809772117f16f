"""Estimates -> quotes with their estimates. With the toggle off, only those that are here already."""

from invoices.models import Estimate
from invoices.services import estimates_from_sync
from invoices.services.estimates import wanted_status
from qbo_connector.models import Operation
from sync.mapping.estimate import from_estimate
from sync.publish import estimates as publishing
from sync.reconcile.batch import Batch, marked, understood
from sync.reconcile.names import names_for


def apply(batch: Batch) -> None:
    """Create and update estimates for a batch."""
    connection = batch.connection
    if batch.gone:
        estimates_from_sync.mark_removed(connection.pk, batch.gone, quiet=batch.quiet)
    living = batch.living
    # Until the answer to our own update is noted, what was sent looks like a change made there.
    sent = Operation.objects.filter(connection=connection, entity="Estimate", verb="update", settled_at=None)
    under_way = set(sent.filter(first_sent_at__isnull=False).values_list("intent__Id", flat=True))
    batch.later += [found.row.pk for found in living if found.row.qbo_id in under_way]
    living = [found for found in living if found.row.qbo_id not in under_way]
    publishing.adopt(connection, marked(living))
    names = names_for(connection, living)
    mapped = understood(batch, living, lambda found: from_estimate(found.payload, names))
    rows = [row for _found, row in mapped]
    if not batch.enabled:
        ids = [row.document.external_id for row in rows]
        here = Estimate.objects.filter(connection=connection, external_id__in=ids)
        known = set(here.values_list("external_id", flat=True))
        rows = [row for row in rows if row.document.external_id in known]
    if rows:
        ids_here = estimates_from_sync.apply_estimates(connection.pk, rows, quiet=batch.quiet)
        # An answer that was given here meanwhile goes out on top of what was read.
        found = Estimate.objects.filter(pk__in=ids_here.values()).select_related("quote").defer("quote__search")
        for estimate in found.order_by("pk"):
            if estimate.lines_waiting or wanted_status(estimate) != estimate.status:
                publishing.publish(estimate.pk)
