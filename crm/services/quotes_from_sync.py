"""Quotes as accounting has them: new ones in bulk; changes of known ones, which are rare, one by one."""

import datetime
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django.utils import timezone

from core.events import Draft, emit, emit_many
from core.models import Origin
from core.properties import put_defaults
from crm import amounts
from crm.enums import QuoteOrigin, QuoteStatus
from crm.models import Quote, QuoteLine
from crm.services import lines
from crm.services.lines import LineValues
from crm.services.quote_life import new_version
from crm.services.quotes import related, told, write, write_lines

# What the answer of accounting is called here.
_EVENTS = {
    QuoteStatus.ACCEPTED: "quote.accepted",
    QuoteStatus.DECLINED: "quote.declined",
    QuoteStatus.CLOSED: "quote.closed",
    QuoteStatus.PUBLISHED: "quote.reopened",
}


@dataclass(frozen=True)
class SyncedQuote:
    """A quote in the CRM's words; ``discount`` is off the lines' sum, as a percentage where accounting says so."""

    title: str
    number: str
    currency: str
    status: QuoteStatus
    lines: Sequence[LineValues] = ()
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    expires_on: datetime.date | None = None
    issued_at: datetime.datetime | None = None
    notes: str = ""
    contact_id: int | None = None
    company_id: int | None = None


def create(rows: Sequence[SyncedQuote], *, quiet: bool) -> list[Quote]:
    """New quotes with their lines, in a constant number of statements."""
    now = timezone.now()
    made = [
        Quote(
            **_columns(row),
            title=row.title[:300],
            number=row.number[:40],
            currency=row.currency,
            status=row.status,
            origin=QuoteOrigin.ACCOUNTING,
            contact_id=row.contact_id,
            company_id=row.company_id,
            published_at=row.issued_at or now,
        )
        for row in rows
    ]
    put_defaults("quote", made)
    Quote.objects.bulk_create(made, batch_size=500)
    QuoteLine.objects.bulk_create(
        [
            QuoteLine(quote=quote, **lines.columns(line, position))
            for quote, row in zip(made, rows, strict=True)
            for position, line in enumerate(row.lines)
        ],
        batch_size=1000,
    )
    if not quiet:
        drafts = [
            Draft("quote.created", "quote", quote.pk, _about(quote), {"title": quote.title, "number": quote.number})
            for quote in made
        ]
        emit_many(drafts, origin=Origin.SYNC)
    return made


def change(quote: Quote, row: SyncedQuote, *, quiet: bool) -> Quote:
    """Bring lines and dates to those of accounting; the quote that counts from now on.

    What a customer may have seen does not change: such a quote gets a new version, published at once.
    """
    seen = quote.token is not None and quote.status != QuoteStatus.DRAFT
    if seen:
        version = new_version(quote, by=None, origin=Origin.SYNC)
        write(version, status=quote.status, published_at=timezone.now(), token=secrets.token_urlsafe(32))
        write(quote, status=QuoteStatus.REPLACED)
        emit("quote.replaced", quote, origin=Origin.SYNC, about=related(quote), **told(quote), new=version.version)
        quote = version
    # Accounting knows no periods: a line that is still there keeps the ones it had.
    periods = {(line.product_id, line.name): line for line in quote.lines.all()}
    quote.lines.all().delete()
    write_lines(quote, [_with_period(line, periods.get((line.product_id, line.name))) for line in row.lines])
    write(quote, **_columns(row))
    if not quiet:
        emit("quote.changed_there", quote, origin=Origin.SYNC, about=related(quote), **told(quote))
    return quote


def answer(quote: Quote, status: QuoteStatus, *, quiet: bool) -> None:
    """Take over the status that accounting says."""
    if quote.status == status:
        return
    answered = status in (QuoteStatus.ACCEPTED, QuoteStatus.DECLINED)
    write(quote, status=status, **({"answered_at": timezone.now()} if answered else {}))
    if not quiet:
        emit(_EVENTS[status], quote, origin=Origin.SYNC, about=related(quote), **told(quote))


def _with_period(line: LineValues, before: QuoteLine | None) -> LineValues:
    if before is None:
        return line
    return replace(line, billing_period=before.billing_period, billing_count=before.billing_count)


def _columns(row: SyncedQuote) -> dict[str, Any]:
    subtotal = amounts.total(row.lines, row.currency)
    off = amounts.discount_on(subtotal, row.discount_percent, row.discount_amount, row.currency)
    return {
        "subtotal": subtotal,
        "amount": subtotal - off,
        "discount_percent": row.discount_percent,
        "discount_amount": Decimal(0) if row.discount_percent else row.discount_amount,
        "expires_on": row.expires_on,
        "notes": row.notes,
    }


def _about(quote: Quote) -> list[tuple[str, int]]:
    places = (("contact", quote.contact_id), ("company", quote.company_id))
    return [(kind, pk) for kind, pk in places if pk is not None]
