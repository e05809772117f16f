"""Ready workflows about invoices and payments: following up, dunning, telling the team, reminding one's own people."""

from typing import Any

from django.utils.translation import gettext as _

from workflows.ready.parts import (
    NOT_VOIDED,
    NOT_YET_DUE,
    OVERDUE,
    SETTLED,
    UNPAID,
    date,
    days,
    definition,
    event,
    step,
    stop_when,
    task,
)

# Where Slack's messages go is only known here: the address is marked as missing until somebody pastes it.
HERE = ""


def follow_up() -> Any:
    """An e-mail to the customer when an invoice becomes overdue."""
    subject = _("Invoice {{ number }} was due on {{ due_on }}")
    body = _(
        "Hello {{ customer_name }},\n\nour invoice {{ number }} over {{ total }} was due on {{ due_on }}, and "
        "{{ balance }} are still open. If you have paid meanwhile, thank you, and please ignore this message.\n\n"
        "Kind regards\n{{ our_name }}"
    )
    mail = step("send_email", to="recipient", subject=subject, body=body, reply_to_owner=True)
    return definition("invoice", event("invoice.overdue"), OVERDUE, mail)


def dunning() -> Any:
    """Three reminders, a week apart, which end as soon as the invoice is paid; then a task."""
    steps = []
    for subject, body in (
        (
            _("Reminder: invoice {{ number }}"),
            _("Hello {{ customer_name }},\n\nthis is a friendly reminder of invoice {{ number }}: {{ balance }} were "
              "due on {{ due_on }}.\n\nKind regards\n{{ our_name }}"),
        ),
        (
            _("Second reminder: invoice {{ number }}"),
            _("Hello {{ customer_name }},\n\ninvoice {{ number }} is still open with {{ balance }}. Please pay it in "
              "the next days, or tell us what keeps you.\n\nKind regards\n{{ our_name }}"),
        ),
        (
            _("Last reminder: invoice {{ number }}"),
            _("Hello {{ customer_name }},\n\nthis is our last reminder of invoice {{ number }}, due since "
              "{{ due_on }}. {{ balance }} are open. We will call you next.\n\nKind regards\n{{ our_name }}"),
        ),
    ):  # fmt: skip
        steps += [
            step("send_email", to="recipient", subject=subject, body=body, reply_to_owner=True),
            step("delay", mode="until_true", conditions=SETTLED, timeout=days(7)),
            stop_when(_("Paid"), SETTLED, _("The invoice is paid.")),
        ]
    last = task(_("Call about an unpaid invoice"), _("Three reminders went out, and it is still open."))
    return definition("invoice", event("invoice.overdue"), OVERDUE, *steps, last)


def slack_for_payments() -> Any:
    """A Slack message for each payment."""
    text = _("{{ customer_name }} paid {{ amount }} on {{ received_on }}. {{ link }}")
    message = step("slack_message", url=HERE, text=text)
    return definition("payment", event("payment.received"), None, message, again="each_time")


def payment_due() -> Any:
    """An e-mail to the customer three days before an invoice is due."""
    subject = _("Invoice {{ number }} is due on {{ due_on }}")
    body = _(
        "Hello {{ customer_name }},\n\ninvoice {{ number }} with {{ balance }} is due on {{ due_on }}.\n\n"
        "Kind regards\n{{ our_name }}"
    )
    mail = step("send_email", to="recipient", subject=subject, body=body, reply_to_owner=True)
    return definition("invoice", date("due_on", -3), NOT_YET_DUE, mail)


def unsent_invoices() -> Any:
    """A task for the owner when an invoice has not left the day after its date."""
    waiting = {"field": "status", "op": "in", "value": ["waiting"]}
    unsent = {"version": 1, "all": [waiting, {"field": "emailed", "op": "equals", "value": False}, NOT_VOIDED]}
    return definition("invoice", date("issued_on", 1), unsent, task(_("Send an invoice that has not been sent yet")))


def bank_deposit() -> Any:
    """A task when a payment lies undeposited for three days."""
    account = {
        "any": [
            {"field": "deposit_account", "op": "contains", "value": "Undeposited"},
            {"field": "deposit_account", "op": "empty"},
        ]
    }
    lying = {"version": 1, "all": [{"field": "deposited", "op": "equals", "value": False}, NOT_VOIDED, account]}
    # Payments have no owner: whoever set this up does it, until somebody else is chosen.
    details = _("It has been with the undeposited funds for three days.")
    return definition("payment", date("received_on", 3), lying, task(_("Deposit a payment"), details, who="maker"))


def pay_vendor() -> Any:
    """A task three days before a vendor's bill is due."""
    unpaid = {"version": 1, "all": [UNPAID]}
    todo = task(_("Pay a vendor"), _("The bill is due in three days, and not paid."), who="maker")
    return definition("bill", date("due_on", -3), unpaid, todo)
