"""Refusals that several kinds of transactions share."""

from __future__ import annotations

from qbo_simulator.faults import Refused, business


def negative_total() -> Refused:
    """Fault 6000: the lines add up to less than nothing."""
    return business("Transaction amount must be 0 or greater.")


def still_linked() -> Refused:
    """Fault 6000: other transactions use this one."""
    return business("This transaction is linked to other transactions. Unlink or delete those before you delete it.")


def over_applied() -> Refused:
    """Fault 6000: more is applied than there is."""
    return business("The amount applied is more than the amount of the payment.")


def not_so_much_open() -> Refused:
    """Fault 6000: more is applied than is open."""
    return business("You can't apply more than the open balance of a transaction.")
