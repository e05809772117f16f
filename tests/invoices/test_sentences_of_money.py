"""What the timeline says about edits, payments and credit, in words."""

from types import SimpleNamespace
from typing import Any

import pytest

from core.registry import event_kinds


def told(event: str, data: dict[str, Any], *, of: str, person: bool) -> str:
    """The sentence of an event."""
    stored: Any = SimpleNamespace(
        name=event, object_type=of, data={"currency": "USD", **data}, actor_id=1 if person else None
    )
    return event_kinds[event].sentence(stored)


TWO = {"parts": [["1037", "60"], ["1038", "40"]], "invoices": ["1037", "1038"]}
SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    (
        "payment.received",
        {"amount": "100", "received_on": "2026-11-20", "invoices": ["1037"], "method": "Check"},
        "Payment of $100.00 received on Nov 20, 2026 for invoice 1037 · Check",
    ),
    (
        "payment.received",
        {"amount": "100", "received_on": None, **TWO},
        "Payment of $100.00 received for invoices 1037 ($60.00) and 1038 ($40.00)",
    ),
    (
        "payment.changed",
        {"amount": "90", "changes": {"amount": ["100", "90"], "received_on": ["2026-11-20", "2026-11-21"]}},
        "Payment of $90.00 was changed in QuickBooks: amount from $100.00 to $90.00 and date from Nov 20, 2026 to "
        "Nov 21, 2026",
    ),
    (
        "payment.changed",
        {"amount": "90", "changes": {}, "invoices": ["1038"], "left": ["1037"]},
        "Payment of $90.00 was changed in QuickBooks: it is now for invoice 1038; it was taken off invoice 1037",
    ),
    (
        "payment.voided",
        {"amount": "0", "old_amount": "90", "left": ["1037"]},
        "Payment of $90.00 was voided in QuickBooks; invoice 1037 is open again",
    ),
    ("payment.removed", {"amount": "9", "invoices": ["7"]}, "Payment of $9.00 was deleted in QuickBooks for invoice 7"),
    (
        "creditmemo.applied",
        {"amount": "0", "used": "25", "credits": ["1040"], "invoices": ["1037"]},
        "Credit of $25.00 from credit memo 1040 was applied to invoice 1037",
    ),
    (
        "payment.change_refused",
        {"amount": "9", "asked": "void", "reason": "It is deposited."},
        "QuickBooks refused to void the payment of $9.00: It is deposited.",
    ),
    (
        "invoice.edited",
        {
            "number": "1037",
            "changes": {"total": ["100", "120.5"], "due_on": ["2026-11-20", "2026-12-20"], "message": ["a", "b"]},
            "lines": True,
            "line_changes": [
                {"act": "changed", "line": "Design", "changes": {"quantity": ["1", "2"]}},
                {"act": "added", "line": "Pump", "amount": "20.5"},
            ],
        },
        "Invoice 1037 was edited in QuickBooks: total from $100.00 to $120.50, due date from Nov 20, 2026 to "
        "Dec 20, 2026, message, quantity of Design from 1 to 2 and Pump ($20.50) added",
    ),
    ("invoice.edited", {"number": "7", "changes": {}, "lines": True}, "Invoice 7 was edited in QuickBooks: lines"),
]


@pytest.mark.parametrize(("event", "data", "sentence"), SENTENCES)
def test_what_happened_is_told_in_words(event: str, data: dict[str, Any], sentence: str) -> None:
    assert told(event, data, of=event.split(".")[0], person=False) == sentence


@pytest.mark.parametrize(
    ("event", "data", "act"),
    [
        ("payment.requested", {"amount": "100", **TWO}, "recorded a payment of $100.00 for invoices 1037 ($60.00) and"),
        (
            "payment.apply_requested",
            {"amount": "100", "used": "5", "invoices": ["7"]},
            "applied $5.00 of the payment of",
        ),
        ("creditmemo.requested", {"total": "30", "invoice": "1037"}, "credited $30.00 of invoice 1037"),
        ("payment.discarded", {"amount": "30"}, "discarded the payment of $30.00"),
    ],
)
def test_what_a_person_did_follows_the_name(event: str, data: dict[str, Any], act: str) -> None:
    assert told(event, data, of="creditmemo", person=True).startswith(act)
    assert told(event, data, of="creditmemo", person=False)[0].isupper()


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("creditmemo", "Credit memo 1040 over $87.50 of Nov 20, 2026"),
        ("refund", "Refund 1040 over $87.50 of Nov 20, 2026 from Checking"),
        ("salesreceipt", "Sales receipt 1040 over $87.50 of Nov 20, 2026 into Checking"),
    ],
)
def test_documents_are_named_with_date_and_account(kind: str, sentence: str) -> None:
    data = {"number": "1040", "total": "87.5", "issued_on": "2026-11-20", "account": "Checking"}
    assert told(f"{kind}.created", data, of=kind, person=False) == sentence
