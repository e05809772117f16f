"""What a person may ask of an invoice that QuickBooks has: asked here, done there exactly once."""

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from invoices.models import Invoice
from invoices.services import edit, endings, payments
from tests.faults.two_sides import World


def change(world: World, invoice: Invoice) -> None:
    """Another message."""
    edit.edit_invoice(invoice, by=world.rep, message="Changed here")


def void(world: World, invoice: Invoice) -> None:
    """It counts for nothing any more."""
    endings.void(invoice, by=world.rep)


def delete(world: World, invoice: Invoice) -> None:
    """It is to go."""
    endings.delete(invoice, by=world.rep)


def pay(world: World, invoice: Invoice) -> None:
    """Half of it is paid."""
    received = payments.Received(Decimal("50"), timezone.localdate(), [(invoice, Decimal("50"))])
    payments.record(received, request_id=uuid.uuid4(), by=world.rep)


WISHES: dict[str, Callable[[World, Invoice], None]] = {"update": change, "void": void, "delete": delete, "payment": pay}


def done_once(world: World, wish: str, qbo_id: str) -> bool:
    """Whether QuickBooks did it, and once."""
    row: dict[str, Any] | None = next((row for row in world.there("Invoice") if row["Id"] == qbo_id), None)
    if wish == "delete":
        return row is None
    if row is None:
        return False
    if wish == "payment":
        return [payment["TotalAmt"] for payment in world.there("Payment")] == [50] and row["Balance"] == 150.1
    done = row["TotalAmt"] == 0 if wish == "void" else row.get("CustomerMemo") == {"value": "Changed here"}
    return bool(done and row["SyncToken"] == "1")
