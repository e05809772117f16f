"""What a reminder may say: its placeholders and their values, and texts to begin with."""

import datetime

from django.utils import formats
from django.utils.translation import gettext_lazy as _

from core.money import formatted
from invoices.models import Invoice

PLACEHOLDERS = {
    "customer": _("the customer's name"),
    "invoice_number": _("the invoice's number"),
    "invoice_date": _("the invoice date"),
    "due_date": _("the due date"),
    "days_overdue": _("days since the due date, 0 before it"),
    "days_left": _("days until the due date, 0 after it"),
    "total": _("the invoice's total with currency"),
    "balance": _("what is still to be paid, with currency"),
    "payment_link": _("where it can be paid online, if there is such a page"),
    "company": _("the QuickBooks company's name"),
    "sender": _("the owner of the invoice"),
}
SUBJECT = _("Invoice {{ invoice_number }} is due on {{ due_date }}")
BODY = _(
    "Dear {{ customer }},\n\nthis is a friendly reminder of invoice {{ invoice_number }} over {{ total }}. "
    "{{ balance }} are open, due on {{ due_date }}.\n\n{{ payment_link }}\n\nKind regards\n{{ company }}"
)


def values_of(invoice: Invoice, today: datetime.date) -> dict[str, str]:
    """The placeholders' values for one invoice."""
    days = (today - invoice.due_on).days if invoice.due_on else 0
    return {
        "customer": invoice.customer_name,
        "invoice_number": str(invoice),
        "invoice_date": formats.date_format(invoice.issued_on, "DATE_FORMAT"),
        "due_date": formats.date_format(invoice.due_on, "DATE_FORMAT") if invoice.due_on else "",
        "days_overdue": str(max(0, days)),
        "days_left": str(max(0, -days)),
        "total": formatted(invoice.total, invoice.currency),
        "balance": formatted(invoice.balance, invoice.currency),
        "payment_link": invoice.payment_url,
        "company": str(invoice.connection),
        "sender": str(invoice.owner or ""),
    }
