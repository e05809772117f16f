"""Who looks after an invoice. QuickBooks knows no owner, so nothing is sent there."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from invoices.models import Invoice


@needs("invoices.create")
@transaction.atomic
def assign(invoice: Invoice, owner: Any, *, by: Any) -> Invoice:
    """Give the invoice to ``owner`` (None: to nobody), with the event ``invoice.assigned``; nothing where it is so."""
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").select_related("owner", "deal")
    row = locked.get(pk=invoice.pk)
    former = row.owner
    if row.owner_id == (owner.pk if owner is not None else None):
        return row
    Invoice.objects.filter(pk=row.pk).update(owner=owner, updated_at=timezone.now())
    row.refresh_from_db(fields=["owner", "updated_at"])
    about = [row.deal] if row.deal else []
    emit("invoice.assigned", row, by=by, about=about, number=row.number, to=str(owner or ""), was=str(former or ""))
    return row
