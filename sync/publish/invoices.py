"""Plan the creation of an invoice in QuickBooks, after the customer and items that it needs."""

import uuid
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from core.models import EventLink
from invoices.enums import InvoiceOrigin, InvoiceStatus, LineKind, TaxMode
from invoices.models import Invoice, InvoiceDraft, InvoiceLine
from qbo_connector import errors
from qbo_connector.enums import OperationState
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.plan import OPEN, plan
from sync.enums import Outcome, SyncObject
from sync.mapping.invoice import marker, to_invoice
from sync.models import Link
from sync.numbers import next_number
from sync.policies import READ_ONLY, policy_of
from sync.publish.estimate_links import linked_estimate
from sync.publish.parties import customer_for, item_for, reference
from sync.publish.subjects import subject_of
from sync.publish.texts import storable
from sync.publish.turns import in_turn
from sync.tax_rates import codes as tax_codes


@transaction.atomic
def publish(invoice_id: int, *, again: bool = False) -> Operation | None:
    """Plan the invoice's creation once; repeating is free. ``again`` plans a new attempt after a refusal.

    Returns the operation, or None when there is nothing to plan (QuickBooks has it, or it was refused before).
    """
    invoice = (
        Invoice.objects.select_for_update(of=("self",))
        .defer("search")
        .select_related("connection", "deal__company")
        .filter(pk=invoice_id)
        .first()
    )
    if invoice is None or invoice.external_id:
        return None
    attempts = list(Operation.objects.filter(connection=invoice.connection, subject=subject_of("invoice", invoice.pk)))
    if any(attempt.state in (*OPEN, OperationState.DONE) for attempt in attempts) or (attempts and not again):
        return None
    _link_pending(invoice)
    return _plan(invoice, attempt=len(attempts))


def _link_pending(invoice: Invoice) -> None:
    # It is planned all the same: the outbox holds it as long as nothing may be written.
    read_only = policy_of(invoice.connection, SyncObject.INVOICE).read_only
    reason = str(READ_ONLY) if read_only else ""
    Link.objects.update_or_create(
        connection=invoice.connection,
        entity="Invoice",
        object_type="invoice",
        object_id=invoice.pk,
        defaults={"outcome": Outcome.PENDING, "reason": reason, "detail": "", "changed_at": timezone.now()},
    )


def _plan(invoice: Invoice, *, attempt: int) -> Operation:
    connection = invoice.connection
    # One plan of a company at a time: two would find the same next number, or create the same customer.
    Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    lines = list(invoice.lines.all())
    needed: list[Operation] = []
    customer: Any = invoice.customer_external_id
    if invoice.new_customer:
        customer = reference(customer_for(invoice, attempt=attempt), needed)
    items = {
        line.pk: _item(connection, invoice, line, needed, attempt=attempt)
        for line in lines
        if line.kind != LineKind.TEXT
    }
    payload = to_invoice(
        invoice,
        lines,
        customer=customer,
        items=items,
        in_us=connection.in_us,
        multicurrency=connection.multicurrency,
        number=_number(invoice) if connection.custom_numbers else "",
        home_currency=connection.home_currency,
        rate_chosen=_rate_chosen(invoice),
        codes=tax_codes(connection) if invoice.tax_mode == TaxMode.INCLUSIVE else None,
    ) | linked_estimate(invoice)
    return plan(
        connection,
        entity="Invoice",
        subject=subject_of("invoice", invoice.pk),
        intent=storable(payload, in_us=connection.in_us)[0],
        request_id=attempt_id(invoice.request_id, attempt),
        marker=marker(invoice),
        depends_on=max(needed, key=lambda operation: operation.pk, default=None),
        urgent=not _by_workflow(invoice),
    )


def _by_workflow(invoice: Invoice) -> bool:
    """Whether a workflow asked for it: thousands of those must not keep what people wait for."""
    asked = EventLink.objects.filter(object_type="invoice", object_id=invoice.pk, event__name="invoice.requested")
    return asked.filter(event__cause__isnull=False).exists()


def _number(invoice: Invoice) -> str:
    """The invoice's number; the next free one where it has none, or where QuickBooks refused it as taken."""
    refused = [
        str(number or "")
        for number, code in Operation.objects.filter(
            connection=invoice.connection, subject=subject_of("invoice", invoice.pk), state=OperationState.REFUSED
        ).values_list("intent__DocNumber", "fault_code")
        if errors.kind_of(code) is errors.DuplicateNumber
    ]
    if invoice.number and invoice.number not in refused:
        return invoice.number
    number = next_number(invoice.connection, but=refused)
    Invoice.objects.filter(pk=invoice.pk).update(number=number)
    return number


def attempt_id(intent: uuid.UUID, attempt: int) -> str:
    """The requestid of an attempt: the intent's own at first; after a definite refusal QuickBooks needs a new one."""
    return intent.hex if attempt == 0 else f"{intent.hex}-{attempt}"


def _item(connection: Connection, invoice: Invoice, line: InvoiceLine, needed: list[Operation], *, attempt: int) -> Any:
    if not line.new_item:
        return line.item_external_id
    return reference(item_for(connection, invoice, line, attempt=attempt), needed)


def unplanned(*, limit: int = 200) -> list[int]:
    """Invoices made in the CRM that nobody has planned yet: what a crash or a lost message left."""
    linked = Link.objects.filter(entity="Invoice", object_type="invoice", object_id=OuterRef("pk"))
    rows = Invoice.objects.filter(~Exists(linked), external_id="", origin=InvoiceOrigin.CRM, removed_at=None)
    return in_turn("invoices", rows.exclude(status=InvoiceStatus.DRAFT), limit=limit)


def _rate_chosen(invoice: Invoice) -> bool:
    """Whether somebody typed the exchange rate: one of exactly 1 looks like none."""
    drafts = InvoiceDraft.objects.filter(invoice=invoice).values_list("data__exchange_rate", flat=True)
    return bool(str(drafts.first() or "").strip())
