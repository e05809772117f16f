"""Invoices that need a person, beyond those that were refused or are overdue: for the card on the home page."""

import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet

from core import company
from core.models import EventLink
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from invoices.queries import visible_to

OF_EACH = 4
LATELY = 30  # days in which a difference is still news
# Who edits an invoice knows why its total is another one.
_EDITED = ("invoice.changed", "invoice.edited")


def to_send(user: Any) -> QuerySet[Invoice]:
    """Posted and not sent yet, the oldest first."""
    waiting = visible_to(user).filter(status=InvoiceStatus.WAITING, removed_at=None, archived_at=None)
    return waiting.exclude(external_id="").order_by("due_on", "pk")[:OF_EACH]


def differing(user: Any) -> QuerySet[Invoice]:
    """QuickBooks made another total of what was reckoned here, tax included, and nobody edited the invoice."""
    since = company.today() - datetime.timedelta(days=LATELY)
    found = visible_to(user).filter(expected_tax__isnull=False, expected_total__isnull=False, issued_on__gte=since)
    found = found.exclude(total=F("expected_total")).exclude(external_id="").filter(voided=False, removed_at=None)
    edited = EventLink.objects.filter(object_type="invoice", object_id=OuterRef("pk"), event__name__in=_EDITED)
    return found.filter(~Exists(edited)).order_by("-issued_on", "-pk")[:OF_EACH]
