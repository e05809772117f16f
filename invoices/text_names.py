"""Names that texts about invoices and payments can hold besides their properties."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from core import company
from core.text_templates import add_name


def register() -> None:
    """Tell core about them."""
    add_name("invoice", "payment_link", _("Where it can be paid online, if there is such a page"), _payment_link)
    add_name("invoice", "days_overdue", _("Days since the due date, 0 before it"), _days_overdue)
    add_name("invoice", "seller", _("The QuickBooks company’s name"), _seller)
    add_name("payment", "seller", _("The QuickBooks company’s name"), _seller)
    add_name("payment", "invoice_numbers", _("Numbers of the invoices that it pays"), _numbers)


def _payment_link(invoice: Any) -> str:
    return str(invoice.payment_url or "")


def _days_overdue(invoice: Any) -> str:
    return str(max(0, (company.today() - invoice.due_on).days)) if invoice.due_on else "0"


def _seller(record: Any) -> str:
    return str(record.connection or "")


def _numbers(payment: Any) -> str:
    applied = payment.applications.filter(invoice__isnull=False).select_related("invoice").order_by("pk")[:20]
    return ", ".join(each.invoice.number for each in applied if each.invoice.number)
