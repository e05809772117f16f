"""What nobody outside Intuit knows for sure: each doubt is a switch with a default."""

from __future__ import annotations

from collections.abc import Callable
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
    # How entity names in a query are compared: "insensitive" or "sensitive".
    "query_entity_case": "insensitive",
    # Rows without ORDERBY come by Id: "asc" or "desc".
    "default_order": "asc",
    # How many requests a batch may have.
    "batch_size": 30,
    # A requestid that comes again with another body: "replay" the first answer or "refuse" (fault 6000).
    "requestid_mismatch": "replay",
    # A changedSince of more than 30 days ago: "refuse" (4001), "truncate" to 30 days, or answer "empty".
    "cdc_too_old": "refuse",
    # The body of a 429: "xml" as recorded, "json" or "empty".
    "throttle_body": "xml",
    # A document number that is taken: code "6140", or "6210" as a blog of 2017 says.
    "duplicate_number_code": "6140",
    # An Amount that is not Qty times UnitPrice.
    "amount_mismatch_code": "6070",
    # Whether Preferences tell the closing date of the books.
    "show_close_date": True,
    # Field lengths of the API "reference", or the older and smaller ones of the "schema" (XSD).
    "field_limits": "reference",
    # Kinds of calls that cost the developer money; and whether those that fail cost as well.
    "metered_kinds": ["read", "query", "cdc", "pdf", "report"],
    "metered_failures": False,
    # Tax amounts in a request: "accept" them as given, or "compute" the tax anew.
    "given_tax": "accept",
    # Where tax is automated: whether a request with TxnTaxCodeRef and TotalTax overrides it (a setting of the user).
    "automated_tax_override": False,
    # What a US company does with characters beyond ISO-8859-1: "keep", "replace" by a question mark, "refuse" (500).
    "us_characters": "keep",
    # Names in a request that no object has: "ignore" them, "refuse" them (2010), or "keep" them and give them back.
    "unknown_properties": "ignore",
    # Realm ids whose subscription has lapsed: every write gets 6190.
    "inactive_companies": [],
}


#: What a switch can be, where it is a word.
CHOICES: dict[str, tuple[Any, ...]] = {
    "docnumber_when_automatic": ("accept", "ignore"),
    "delete_paid_invoice": ("refuse", "unlink"),
    "deactivate_with_balance": ("allow", "refuse"),
    "query_entity_case": ("insensitive", "sensitive"),
    "default_order": ("asc", "desc"),
    "requestid_mismatch": ("replay", "refuse"),
    "cdc_too_old": ("refuse", "truncate", "empty"),
    "throttle_body": ("xml", "json", "empty"),
    "duplicate_number_code": ("6140", "6210"),
    "given_tax": ("accept", "compute"),
    "us_characters": ("keep", "replace", "refuse"),
    "field_limits": ("reference", "schema"),
    "unknown_properties": ("ignore", "refuse", "keep"),
}


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


#: Whether a value fits, where it is a number.
NUMBERS: dict[str, Callable[[Any], bool]] = {
    "requestid_retention": lambda value: value is None or _is_number(value),
    "batch_size": lambda value: _is_number(value) and value == int(value),
}


def changed(current: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    """Return the switches with some of them set. Raises KeyError for an unknown name, ValueError for a value."""
    for name, value in wanted.items():
        if name not in DEFAULTS:
            raise KeyError(name)
        if name in CHOICES and value not in CHOICES[name]:
            raise ValueError(f"{name} is one of {', '.join(map(str, CHOICES[name]))}")
        if isinstance(DEFAULTS[name], (bool, list)) and not isinstance(value, type(DEFAULTS[name])):
            raise ValueError(f"{name} can't be {value!r}")
        if name in NUMBERS and not NUMBERS[name](value):
            raise ValueError(f"{name} can't be {value!r}")
    return {**current, **wanted}
