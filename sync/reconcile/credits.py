"""Credit memos, refund receipts and sales receipts -> rows. With the toggle off, only those that are here already."""

from collections.abc import Callable

from invoices.enums import CreditKind
from invoices.models import CreditApplication, CreditDocument
from invoices.services import credits_from_sync
from qbo_connector.mirror import read
from sync.mapping.credit import from_credit
from sync.publish import credits as publishing
from sync.reconcile.batch import Batch, marked, understood
from sync.reconcile.names import names_for


def applying(kind: CreditKind) -> Callable[[Batch], None]:
    """What applies a batch of one kind."""

    def apply(batch: Batch) -> None:
        _apply(batch, kind)

    return apply


def _apply(batch: Batch, kind: CreditKind) -> None:
    connection = batch.connection
    if batch.gone:
        credits_from_sync.remove(connection.pk, kind, batch.gone, quiet=batch.quiet)
    living = batch.living
    if kind in publishing.KINDS:
        publishing.adopt(connection, kind, marked(living))
    names = names_for(connection, living)
    methods, accounts = read.names(connection.pk, "PaymentMethod"), read.names(connection.pk, "Account")
    mapped = understood(
        batch,
        living,
        lambda found: from_credit(found.payload, names, kind=kind, methods=methods, accounts=accounts),
    )
    rows = [row for _found, row in mapped]
    if not batch.enabled:
        ids = [row.external_id for row in rows]
        here = CreditDocument.objects.filter(connection=connection, kind=kind, external_id__in=ids)
        wanted = set(here.values_list("external_id", flat=True))
        if kind == CreditKind.CREDIT_MEMO:
            used = CreditApplication.objects.filter(payment__connection=connection, credit_external_id__in=ids)
            wanted |= set(used.values_list("credit_external_id", flat=True))
        rows = [row for row in rows if row.external_id in wanted]
    if rows:
        credits_from_sync.apply_credits(connection.pk, kind, rows, quiet=batch.quiet)
