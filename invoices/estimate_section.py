"""Estimates on the invoice card of deals, contacts and companies."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from crm.queries import quotes
from invoices.card_sections import CardSection, makers
from invoices.models import Estimate

SHOWN = 5
_OF = {"deal": "quote__deal_id", "contact": "quote__contact_id", "company": "quote__company_id"}


def section(object_type: str, pk: int, user: Any) -> CardSection | None:
    """The newest estimates of a record, in one statement."""
    column = _OF.get(object_type)
    if column is None:
        return None
    rows = Estimate.objects.filter(removed_at=None, quote__in=quotes.visible_to(user).filter(archived_at=None))
    rows = rows.filter(**{column: pk}).select_related("quote").defer("quote__search")
    found = list(rows.order_by("-issued_on", "-pk")[:SHOWN])
    return CardSection("estimates", _("Estimates"), "invoices/quotes/_section.html", found)


def register() -> None:
    """Add the section to the card."""
    makers.append(section)
