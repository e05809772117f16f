"""Carry over to QuickBooks what programs asked for."""

from sync.publish import invoice_changes, payments, sends
from tests.quickbooks import drain_until_settled


def carry_over(company):
    """What workers do with everything that was asked for."""
    for _round in range(3):
        for pk in invoice_changes.unplanned_changes():
            invoice_changes.plan_wish(pk)
        for pk in sends.unplanned():
            sends.publish(pk)
        for pk in payments.unplanned():
            payments.publish(pk)
        drain_until_settled(company)


def first(program, path):
    return program.get(path).json()["data"][0]
