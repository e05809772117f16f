"""What no rule decided about the deals of invoices, for a person to decide. Nothing is stored but a refusal."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q

from crm.enums import DealStatus
from crm.models import Deal
from crm.queries import deals
from invoices import queries
from invoices.models import Invoice, KeptApart

MOST = 5
# An invoice from long before the deal is not for it.
BEFORE_THE_DEAL = datetime.timedelta(days=30)


@dataclass(frozen=True)
class Suggested:
    """An invoice and a deal that may belong together."""

    invoice: Invoice
    deal: Deal


def deals_for(invoice: Invoice, user: Any) -> Sequence[Suggested]:
    """Open deals of the invoice's customer, for an invoice that is on none; one statement."""
    if invoice.deal_id or invoice.removed_at is not None or invoice.voided:
        return []
    apart = KeptApart.objects.filter(invoice=invoice, object_type="deal", object_id=OuterRef("pk"))
    made_until = invoice.issued_on + BEFORE_THE_DEAL
    found = deals.visible_to(user).filter(
        Q(company__invoices=invoice) | Q(contacts__invoices=invoice),
        ~Exists(apart),
        status=DealStatus.OPEN,
        archived_at=None,
        created_at__date__lte=made_until,
    )
    rows = found.defer("search").distinct().order_by("-updated_at", "-pk")[:MOST]
    return [Suggested(invoice, deal) for deal in rows]


def invoices_for(deal: Deal, user: Any) -> Sequence[Suggested]:
    """Invoices without a deal whose customer is the deal's, for an open deal; one statement."""
    if deal.status != DealStatus.OPEN or deal.archived_at is not None:
        return []
    apart = KeptApart.objects.filter(invoice=OuterRef("pk"), object_type="deal", object_id=deal.pk)
    customer = Q(contacts__deals=deal)
    if deal.company_id:
        customer |= Q(companies=deal.company_id)
    found = queries.visible_to(user).filter(
        customer,
        ~Exists(apart),
        deal=None,
        removed_at=None,
        voided=False,
        archived_at=None,
        issued_on__gte=deal.created_at.date() - BEFORE_THE_DEAL,
    )
    return [Suggested(invoice, deal) for invoice in found.distinct().order_by("-issued_on", "-pk")[:MOST]]
