"""All ready workflows."""

from django.utils.translation import gettext_lazy as _

from workflows.ready import deals, money
from workflows.ready.kinds import Ready


def all_ready() -> list[Ready]:
    """The ready workflows, in the order in which they are offered."""
    return [
        Ready(
            "follow-up", _("Follow up unpaid invoices"),
            _("E-mails the customer when an invoice becomes overdue and is not paid."),
            "mail", "invoice", money.follow_up,
        ),
        Ready(
            "dunning", _("Dunning in three steps"),
            _("Three reminders a week apart, which end as soon as the invoice is paid; then a task to call."),
            "bell", "invoice", money.dunning,
        ),
        Ready(
            "slack-payments", _("Tell the team about payments"),
            _("A Slack message for each payment that comes in."), "message", "payment", money.slack_for_payments,
        ),
        Ready(
            "invoice-won", _("Invoice what is won"),
            _("Makes the QuickBooks invoice from the deal’s lines when a deal is won."),
            "file-invoice", "deal", deals.invoice_when_won,
        ),
        Ready(
            "move-paid", _("Move the deal when it is paid"),
            _("Moves the deal to its won stage when its first invoice is paid."),
            "trophy", "deal", deals.move_when_paid,
        ),
        Ready(
            "payment-due", _("Payment due reminder"), _("E-mails the customer three days before an invoice is due."),
            "calendar-due", "invoice", money.payment_due,
        ),
        Ready(
            "pay-vendor", _("Pay vendor reminder"), _("Makes a task three days before a vendor’s bill is due."),
            "receipt", "bill", money.pay_vendor,
        ),
        Ready(
            "bank-deposit", _("Bank deposit reminder"),
            _("Makes a task when a payment has been among the undeposited funds for three days."),
            "building-bank", "payment", money.bank_deposit,
        ),
        Ready(
            "unsent-invoices", _("Unsent invoices reminder"),
            _("Makes a task for the owner when an invoice has not been sent the day after its date."),
            "send", "invoice", money.unsent_invoices,
        ),
    ]  # fmt: skip
