"""What nobody outside Intuit knows for sure: each doubt is a switch with a default."""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    # A repeated requestid gets a stored Fault again (false: the write is tried anew).
    "replay_faults": True,
    # Seconds after which a requestid is forgotten; null keeps it for ever.
    "requestid_retention": None,
    # A DocNumber sent while the company numbers its documents itself: "accept" or "ignore".
    "docnumber_when_automatic": "accept",
    # Deleting an invoice that has payments: "refuse" or "unlink".
    "delete_paid_invoice": "refuse",
    # A payment moves the SyncToken of the invoice that it pays.
    "payment_moves_invoice_token": True,
    # A payment without lines is applied to the oldest invoices when the company's preference says so.
    "auto_apply_payments": False,
    # Amount must be Qty times UnitPrice (fault 6070).
    "check_amounts": True,
    # A DeliveryInfo that was read can't be sent back.
    "refuse_delivery_info": True,
    # Making a customer with an open balance inactive: "allow" or "refuse".
    "deactivate_with_balance": "allow",
    # Realm ids whose subscription has lapsed: every write gets 6190.
    "inactive_companies": [],
}


def changed(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the switches with some of them set. Raises KeyError for an unknown name."""
    for name in wanted:
        if name not in DEFAULTS:
            raise KeyError(name)
    return {**current, **wanted}
