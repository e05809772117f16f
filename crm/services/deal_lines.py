"""The line items of a deal; its amount is their sum, unless it is typed by hand."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.access import needs
from core.events import emit
from crm import amounts
from crm.models import Deal, DealLine
from crm.services import changes, deals, lines, records
from crm.services.lines import LARGEST_TOTAL, LineValues, TooMuch

__all__ = ["LineValues", "set_lines"]


@needs("crm.edit")
@transaction.atomic
def set_lines(deal: Deal, wanted: Sequence[LineValues], *, by: Any) -> Deal:
    """Replace the deal's lines; the amount that follows them becomes their sum. Nothing when they are the same.

    Without lines the amount stays, to be typed by hand. Raises lines.BadLine, lines.TooMuch and records.Archived.
    """
    fresh = records.locked(deal)
    lines.check(wanted)
    old = [lines.values_of(line) for line in fresh.lines.all()]
    total = amounts.total(wanted, fresh.currency)
    if abs(total) >= LARGEST_TOTAL:
        raise TooMuch
    amount = total if wanted and fresh.amount_follows_lines else fresh.amount
    if old == list(wanted) and amount == fresh.amount:
        return fresh
    before = fresh.amount
    fresh.lines.all().delete()
    DealLine.objects.bulk_create(
        DealLine(deal=fresh, **lines.columns(line, position)) for position, line in enumerate(wanted)
    )
    Deal.objects.filter(pk=fresh.pk).update(amount=amount, updated_at=timezone.now())
    fresh.refresh_from_db()
    emit(
        "deal.lines_changed",
        fresh,
        by=by,
        about=deals.related(fresh),
        lines=len(wanted),
        amount=[changes.plain(before), changes.plain(fresh.amount)],
        currency=fresh.currency,
    )
    return fresh
