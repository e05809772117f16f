"""Writing quotes."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.events import emit
from crm import amounts
from crm.enums import QuoteStatus
from crm.models import Contact, Deal, Quote, QuoteLine
from crm.services import lines, records
from crm.services.lines import LARGEST_TOTAL, LineValues, TooMuch

FIELDS = ("title", "contact", "expires_on", "terms", "owner", "properties")
VALID_DAYS = 30


class NotADraft(Exception):
    """The quote was published; what a customer may have seen does not change."""


class NoLines(Exception):
    """There is nothing in the quote."""


class Expired(Exception):
    """The quote's last day has passed."""


@transaction.atomic
def create_from_deal(
    deal: Deal,
    *,
    by: Any,
    title: str = "",
    contact: Contact | None = None,
    expires_on: datetime.date | None = None,
    terms: str = "",
    properties: Mapping[str, Any] | None = None,
) -> Quote:
    """A draft with the deal's lines, for ``contact`` or the deal's primary contact, valid for 30 days unless given."""
    fresh = records.locked(deal)
    primary = fresh.deal_contacts.filter(primary=True).select_related("contact").first()
    copied = [lines.values_of(line) for line in fresh.lines.all()]
    values = {
        "deal": fresh,
        "title": title or fresh.name,
        "contact": contact or (primary.contact if primary else None),
        "currency": fresh.currency,
        "expires_on": expires_on or timezone.localdate() + datetime.timedelta(days=VALID_DAYS),
        "terms": terms,
        "amount": amounts.total(copied, fresh.currency),
        "properties": properties or {},
    }
    quote = records.create(Quote, values, by=by, about=_related)
    Quote.objects.filter(pk=quote.pk).update(number=f"Q-{quote.pk:05d}")
    _write_lines(quote, copied)
    quote.refresh_from_db()
    return quote


@transaction.atomic
def update(quote: Quote, *, by: Any, **values: Any) -> Quote:
    """Change the given columns of a draft. Raises NotADraft and records.Archived."""
    _draft(quote)
    return records.update(quote, records.checked(values, FIELDS), by=by, about=_related)


@transaction.atomic
def set_lines(quote: Quote, wanted: Sequence[LineValues], *, by: Any) -> Quote:
    """Replace the lines of a draft; nothing when they are the same. Raises NotADraft, lines.BadLine, lines.TooMuch."""
    fresh = _draft(quote)
    lines.check(wanted)
    amount = amounts.total(wanted, fresh.currency)
    if abs(amount) >= LARGEST_TOTAL:
        raise TooMuch
    if [lines.values_of(line) for line in fresh.lines.all()] == list(wanted):
        return fresh
    fresh.lines.all().delete()
    _write_lines(fresh, wanted)
    Quote.objects.filter(pk=fresh.pk).update(amount=amount, updated_at=timezone.now())
    fresh.refresh_from_db()
    emit(
        "quote.lines_changed",
        fresh,
        by=by,
        about=_related(fresh),
        lines=len(wanted),
        amount=str(fresh.amount),
        currency=fresh.currency,
    )
    return fresh


@transaction.atomic
def publish(quote: Quote, *, by: Any) -> Quote:
    """Let the quote count: it may become an invoice until it expires. Raises NotADraft, NoLines, Expired."""
    fresh = _draft(quote)
    if not fresh.lines.exists():
        raise NoLines(quote.pk)
    if fresh.expires_on is not None and fresh.expires_on < timezone.localdate():
        raise Expired(quote.pk)
    now = timezone.now()
    Quote.objects.filter(pk=quote.pk).update(status=QuoteStatus.PUBLISHED, published_at=now, updated_at=now)
    fresh.refresh_from_db()
    emit(
        "quote.published",
        fresh,
        by=by,
        about=_related(fresh),
        title=fresh.title,
        amount=str(fresh.amount),
        currency=fresh.currency,
    )
    return fresh


def archive(quote: Quote, *, by: Any) -> Quote:
    """Take the quote out of lists."""
    return records.archive(quote, by=by, about=_related)


def restore(quote: Quote, *, by: Any) -> Quote:
    """Bring an archived quote back."""
    return records.restore(quote, by=by, about=_related)


def _draft(quote: Quote) -> Quote:
    fresh = records.locked(quote)
    if fresh.status != QuoteStatus.DRAFT:
        raise NotADraft(quote.pk)
    return fresh


def _related(quote: Quote) -> Sequence[Any]:
    return [quote.deal, *([quote.contact] if quote.contact else [])]


def _write_lines(quote: Quote, wanted: Sequence[LineValues]) -> None:
    QuoteLine.objects.bulk_create(
        QuoteLine(quote=quote, **lines.columns(line, position)) for position, line in enumerate(wanted)
    )
