"""The status of an invoice: a pure function of its figures and of the day."""

import datetime
from decimal import Decimal

from invoices.enums import InvoiceStatus


def status_of(
    *,
    total: Decimal,
    balance: Decimal,
    due_on: datetime.date | None,
    emailed: bool,
    voided: bool,
    draft: bool = False,
    today: datetime.date,
) -> InvoiceStatus:
    """Where an invoice stands towards the customer; the first that holds wins.

    Draft, voided, paid in full, overdue, partial payment, sent, waiting to be sent. An invoice is overdue from the
    day after its due date; without a due date it never is. Nothing owed counts as paid in full, also at total 0.
    """
    if draft:
        return InvoiceStatus.DRAFT
    if voided:
        return InvoiceStatus.VOIDED
    if balance <= 0:
        return InvoiceStatus.PAID
    if due_on is not None and due_on < today:
        return InvoiceStatus.OVERDUE
    if balance < total:
        return InvoiceStatus.PARTIAL
    return InvoiceStatus.SENT if emailed else InvoiceStatus.WAITING
