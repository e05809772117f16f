"""Customers and items that an invoice needs and QuickBooks does not have yet."""

import hashlib
import uuid
from typing import Any

from django.db.models import Q

from invoices.models import Invoice, InvoiceLine
from qbo_connector.enums import OperationState
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.freeze import referenced
from qbo_connector.outbox.plan import OPEN, plan
from sync.enums import Exclusion
from sync.mapping.customer import to_customer
from sync.mapping.item import to_item
from sync.models import Link
from sync.publish.accounts import income_account
from sync.publish.texts import storable

_USABLE = (*OPEN, OperationState.DONE)


def customer_for(invoice: Invoice, *, attempt: int) -> Operation:
    """The operation that creates the invoice's new customer, for the deal's company or else its primary contact.

    Two invoices that ask for the same new customer share one operation.
    """
    connection = invoice.connection
    wanted: dict[str, Any] = invoice.new_customer or {}
    payload = to_customer(wanted, currency=invoice.currency if connection.multicurrency else "")
    payload, _lost = storable(payload, in_us=connection.in_us)
    wanted_name = {"intent__DisplayName": payload["DisplayName"]}
    subject = _free_subject(connection, "Customer", _party(invoice), wanted_name)
    return _same(connection, "Customer", subject=subject, **wanted_name) or plan(
        connection,
        entity="Customer",
        subject=subject,
        intent=payload,
        request_id=_request_id(invoice, "customer", attempt),
    )


def item_for(connection: Connection, invoice: Invoice, line: InvoiceLine, *, attempt: int) -> Operation | str:
    """The operation that creates a line's new item, or the id of the item that its product has meanwhile."""
    wanted: dict[str, Any] = line.new_item or {}
    record = None
    if line.product_id is not None:
        record = ("product", line.product_id)
        linked = Link.objects.filter(
            connection=connection, entity="Item", object_type="product", object_id=line.product_id
        ).exclude(Q(qbo_id="") | Q(exclusion=Exclusion.UNLINKED))
        if link := linked.first():
            return link.qbo_id
    payload = to_item(wanted, income_account=income_account(connection))
    payload, _lost = storable(payload, in_us=connection.in_us)
    wanted_name = {"intent__Name": payload["Name"]}
    subject = _free_subject(connection, "Item", record, wanted_name)
    return _same(connection, "Item", **wanted_name) or plan(
        connection,
        entity="Item",
        subject=subject,
        intent=payload,
        request_id=_request_id(invoice, f"item:{payload['Name']}", attempt),
    )


def reference(found: Operation | str, needed: list[Operation]) -> Any:
    """How a payload names what exists or is being created; a creation is added to those that it needs."""
    if isinstance(found, str):
        return found
    needed.append(found)
    return referenced(found)


def _same(connection: Connection, entity: str, **wanted: Any) -> Operation | None:
    """The operation that creates the same, or created it, as long as QuickBooks still has it in use."""
    found = Operation.objects.filter(connection=connection, entity=entity, state__in=_USABLE, **wanted).order_by("pk")
    usable = MirrorObject.objects.filter(connection=connection, entity=entity, deleted=False, active=True)
    for operation in found:
        if operation.state != OperationState.DONE or usable.filter(qbo_id=operation.qbo_id).exists():
            return operation
    return None


def _party(invoice: Invoice) -> tuple[str, int] | None:
    """The record that the new customer stands for."""
    if invoice.deal is None:
        return None
    if invoice.deal.company_id:
        return ("company", invoice.deal.company_id)
    contact = invoice.deal.deal_contacts.order_by("-primary", "pk").first()
    return ("contact", contact.contact_id) if contact else None


def _free_subject(
    connection: Connection, entity: str, record: tuple[str, int] | None, wanted_name: dict[str, str]
) -> str:
    """``company:7`` when the record may still be linked, else a subject of the name alone, which links nothing.

    A record that another object is just being created for is taken: this would be a second, of another name.
    """
    (name,) = wanted_name.values()
    if record is not None:
        kind, pk = record
        subject = f"{kind}:{pk}"
        taken = Link.objects.filter(connection=connection, entity=entity, object_type=kind, object_id=pk)
        unsettled = Q(state__in=OPEN) | Q(state=OperationState.DONE, settled_at=None)
        others = Operation.objects.filter(unsettled, connection=connection, subject=subject).exclude(**wanted_name)
        if not taken.exclude(qbo_id="").exists() and not others.exists():
            return subject
    return f"new-{entity.lower()}:{hashlib.blake2b(name.lower().encode(), digest_size=12).hexdigest()}"


def _request_id(invoice: Invoice, what: str, attempt: int) -> str:
    """Derived from the invoice's intent, so that planning twice plans once."""
    return uuid.uuid5(invoice.request_id, f"{what}:{attempt}").hex
