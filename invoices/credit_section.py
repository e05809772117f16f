"""Credit memos on the invoice card of deals, contacts and companies."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from invoices import payment_queries
from invoices.card_sections import CardSection, makers

SHOWN = 5
RECORDS = ("deal", "contact", "company")


def section(object_type: str, pk: int, user: Any) -> CardSection | None:
    """The newest credit memos of a record."""
    if object_type not in RECORDS:
        return None
    found = payment_queries.credit_memos_of(object_type, pk, user, SHOWN)
    return CardSection("credit-memos", _("Credit memos"), "invoices/payments/_memo_section.html", found)


def register() -> None:
    """Add the section to the card."""
    makers.append(section)
