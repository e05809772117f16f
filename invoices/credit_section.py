"""Credit memos on the invoice card of deals, contacts and companies."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from invoices import payment_queries
from invoices.card_sections import CardSection, makers
from invoices.models import CreditDocument, Invoice
from invoices.services.open_amounts import remaining_of

SHOWN = 5
RECORDS = ("deal", "contact", "company")


def section(object_type: str, pk: int, user: Any) -> CardSection | None:
    """The newest credit memos of a record."""
    if object_type not in RECORDS:
        return None
    found = payment_queries.credit_memos_of(object_type, pk, user, SHOWN)
    data = {"open": _open_invoices(found) if user.has_perm("invoices.record_payment") else {}}
    return CardSection("credit-memos", _("Credit memos"), "invoices/payments/_memo_section.html", found, data=data)


def _open_invoices(memos: Sequence[CreditDocument]) -> dict[int, Invoice]:
    """The open invoices that unused memos were made from, by id; at most two statements. What is on its way counts."""
    unused = [memo for memo in memos if memo.living and not memo.ending and memo.remaining > 0 and memo.invoice_id]
    left = remaining_of(unused) if unused else {}
    made_from = {memo.invoice_id for memo in unused if memo.invoice_id and left[memo.pk] > 0}
    if not made_from:
        return {}
    rows = Invoice.objects.filter(pk__in=made_from, balance__gt=0, voided=False, removed_at=None, ending="")
    return {invoice.pk: invoice for invoice in rows.exclude(external_id="").defer("search")}


def register() -> None:
    """Add the section to the card."""
    makers.append(section)
