"""What is told of invoices before a record is archived."""

from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import ngettext

from core import archive_notes
from core.money import formatted
from invoices import queries
from invoices.models import Invoice


def unpaid(object_type: str, pk: int, user: Any) -> list[str]:
    """The record's invoices with a balance that ``user`` may see, by currency."""
    of = {"deal": "deal_id", "contact": "contacts", "company": "companies"}.get(object_type)
    return _sentences(queries.visible_to(user).filter(**{of: pk})) if of else []


def _sentences(rows: QuerySet[Invoice]) -> list[str]:
    owed = rows.filter(removed_at=None, balance__gt=0).order_by("currency")
    words = "%(n)d unpaid invoice: %(money)s are open."
    many = "%(n)d unpaid invoices: %(money)s are open."
    return [
        ngettext(words, many, row["n"]) % {"n": row["n"], "money": formatted(row["money"], row["currency"])}
        for row in owed.values("currency").annotate(n=Count("pk"), money=Sum("balance"))
    ]


def register() -> None:
    """Tell core."""
    archive_notes.notes.append(unpaid)
