"""Payments of ours that QuickBooks took, but whose invoices are older in the mirror: they lower the balance already.

QuickBooks' answer to a payment holds no invoice. Until the next read brings that, its balance would ask for the same
money once more.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, Q

from core.events import emit
from core.models import Origin
from invoices.models import CreditUse, PaymentApplication
from invoices.synced import SyncedInvoice
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject
from sync.mapping.reading import Payload, amount, parts, text
from sync.reconcile.batch import Batch

ZERO = Decimal(0)
Rows = list[tuple[Mirrored, SyncedInvoice]]


def less_uncounted(connection: Connection, mapped: Rows) -> Rows:
    """The invoices, each with the balance that is left after such payments. One statement where there are none."""
    by_id = {row.external_id: found for found, row in mapped}
    missing = {
        payment
        for payment, invoice in _of_ours(connection, list(by_id))
        if payment not in _counted(by_id[invoice].payload)
    }
    if not missing:
        return mapped
    payments = read.with_payloads(read.objects(connection.pk, "Payment").filter(qbo_id__in=missing))
    return [(found, _lowered(found, row, payments)) for found, row in mapped]


def count_again(batch: Batch) -> None:
    """Have invoices looked at again that payments of ours no longer pay, or otherwise: their balance was lowered here.

    To be called before the payments are applied. QuickBooks may say of such an invoice just what it said before.
    """
    now = {found.row.qbo_id: found for found in batch.rows}
    paid = PaymentApplication.objects.filter(
        _through_us(), payment__connection=batch.connection, payment__external_id__in=now
    )
    moved = {
        invoice
        for payment, invoice, applied in paid.values_list("payment__external_id", "invoice_external_id", "amount")
        if now[payment].row.deleted or _applied(now[payment].payload, invoice) != applied
    }
    if moved:
        rows = MirrorObject.objects.filter(connection=batch.connection, entity="Invoice", qbo_id__in=moved)
        if rows.update(unread=True):
            emit("mirror.changed", batch.connection, origin=Origin.SYNC)


def _of_ours(connection: Connection, invoice_ids: Sequence[str]) -> list[tuple[str, str]]:
    """Payments that were recorded or used here and are in QuickBooks, with the invoices that they pay."""
    rows = PaymentApplication.objects.filter(
        _through_us(),
        invoice_external_id__in=invoice_ids,
        payment__connection=connection,
        payment__removed_at=None,
        payment__voided=False,
    ).exclude(payment__external_id="")
    return list(rows.values_list("payment__external_id", "invoice_external_id"))


def _through_us() -> Q:
    """Of a payment that was recorded here, or whose unapplied part was used here for that invoice."""
    used = CreditUse.objects.filter(payment=OuterRef("payment"), invoice=OuterRef("invoice"), done_at__isnull=False)
    return Q(payment__request_id__isnull=False) | Q(Exists(used))


def _counted(invoice: Payload) -> set[str]:
    return {text(link, "TxnId") for link in parts(invoice, "LinkedTxn") if text(link, "TxnType") == "Payment"}


def _lowered(found: Mirrored, row: SyncedInvoice, payments: Sequence[Mirrored]) -> SyncedInvoice:
    counted = _counted(found.payload)
    more = sum(
        (
            _applied(payment.payload, row.external_id)
            for payment in payments
            # An invoice that changed after the payment and does not name it is no longer paid by it.
            if payment.row.qbo_id not in counted and found.row.remote_updated_at <= payment.row.remote_updated_at
        ),
        ZERO,
    )
    return replace(row, balance=max(row.balance - more, ZERO)) if more > 0 else row


def _applied(payment: dict[str, Any], invoice_id: str) -> Decimal:
    """What a payment pays of an invoice, by what QuickBooks says of it now."""
    return sum(
        (
            amount(line, "Amount") or ZERO
            for line in parts(payment, "Line")
            for link in parts(line, "LinkedTxn")
            if (text(link, "TxnType"), text(link, "TxnId")) == ("Invoice", invoice_id)
        ),
        ZERO,
    )
