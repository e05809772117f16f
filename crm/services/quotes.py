"""Writing quotes as drafts. What happens to them afterwards is in ``quote_life``."""

import datetime
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from core import company as own_company
from core.access import needs
from core.audit import differences
from core.events import emit
from core.money import ZERO
from crm import amounts
from crm.enums import QuoteStatus
from crm.models import Company, Contact, Deal, Quote, QuoteLine, QuoteSettings
from crm.services import lines, records
from crm.services.lines import LARGEST_TOTAL, LineValues, TooMuch

FIELDS = ("title", "contact", "company", "expires_on", "terms", "notes", "owner", "properties")


class NotADraft(Exception):
    """The quote was published; what a customer may have seen does not change."""


class NoLines(Exception):
    """There is nothing in the quote."""


class Expired(Exception):
    """The quote's last day has passed."""


class NeedsApproval(Exception):
    """The discount passes the limit: somebody with the permission has to approve it first."""


class BadDiscount(ValueError):
    """The discount on the whole can't be given; the message says why."""


@dataclass(frozen=True)
class Discount:
    """A discount on the whole: a percentage of the lines, or an amount in the quote's currency."""

    percent: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)


@needs("crm.edit")
@transaction.atomic
def create_from_deal(
    deal: Deal,
    *,
    by: Any,
    title: str = "",
    contact: Contact | None = None,
    company: Company | None = None,
    expires_on: datetime.date | None = None,
    terms: str = "",
    notes: str = "",
    properties: Mapping[str, Any] | None = None,
) -> Quote:
    """A draft with the deal's lines, for ``contact`` or the deal's primary contact; the settings fill what is empty."""
    fresh = records.locked(deal)
    primary = fresh.deal_contacts.filter(primary=True).select_related("contact").first()
    copied = [lines.values_of(line) for line in fresh.lines.all()]
    about = settings()
    total = amounts.total(copied, fresh.currency)
    values = {
        "deal": fresh,
        "title": title or fresh.name,
        "contact": contact or (primary.contact if primary else None),
        "company": company or fresh.company,
        "currency": fresh.currency,
        "expires_on": expires_on or own_company.today() + datetime.timedelta(days=about.valid_days),
        "terms": terms or about.terms,
        "notes": notes or about.notes,
        "subtotal": total,
        "amount": total,
        "number": next_number(),
        "properties": properties or {},
    }
    quote = records.create(Quote, values, by=by, about=related)
    write_lines(quote, copied)
    quote.refresh_from_db()
    return quote


@needs("crm.edit")
@transaction.atomic
def update(quote: Quote, *, by: Any, **values: Any) -> Quote:
    """Change the given columns of a draft. Raises NotADraft and records.Archived."""
    draft(quote)
    return records.update(quote, records.checked(values, FIELDS), by=by, about=related)


@needs("crm.edit")
@transaction.atomic
def set_lines(quote: Quote, wanted: Sequence[LineValues], *, by: Any, discount: Discount | None = None) -> Quote:
    """Replace the lines of a draft, and the discount on the whole where one is given.

    Nothing happens when they are the same. Raises NotADraft, BadDiscount, lines.BadLine, lines.TooMuch.
    """
    fresh = draft(quote)
    lines.check(wanted)
    subtotal = amounts.total(wanted, fresh.currency)
    if abs(subtotal) >= LARGEST_TOTAL:
        raise TooMuch
    given = discount or Discount(fresh.discount_percent, fresh.discount_amount)
    off = checked_discount(given, subtotal, fresh.currency)
    before = (fresh.discount_percent, fresh.discount_amount)
    same_lines = [lines.values_of(line) for line in fresh.lines.all()] == list(wanted)
    if same_lines and before == (given.percent, given.amount):
        return fresh
    if not same_lines:
        fresh.lines.all().delete()
        write_lines(fresh, wanted)
    Quote.objects.filter(pk=fresh.pk).update(
        subtotal=subtotal,
        amount=subtotal - off,
        discount_percent=given.percent,
        discount_amount=given.amount,
        updated_at=timezone.now(),
    )
    fresh.refresh_from_db()
    emit(
        "quote.lines_changed",
        fresh,
        by=by,
        about=related(fresh),
        lines=len(wanted),
        amount=str(fresh.amount),
        currency=fresh.currency,
    )
    return fresh


def checked_discount(discount: Discount, subtotal: Decimal, currency: str) -> Decimal:
    """What ``discount`` takes off ``subtotal``. Raises BadDiscount."""
    if discount.percent and discount.amount:
        raise BadDiscount(_("A discount is a percentage or an amount, not both."))
    if not ZERO <= discount.percent <= 100:
        raise BadDiscount(_("A discount is between 0 and 100 percent."))
    off = amounts.discount_on(subtotal, discount.percent, discount.amount, currency)
    if discount.amount < ZERO or (off and off > subtotal):
        raise BadDiscount(_("The discount can't be more than the lines come to."))
    return off


def discount_of(quote: Quote) -> Decimal:
    """How much less than its list prices the quote comes to, in percent: discounts of lines and of the whole."""
    gross = sum((amounts.gross_amount(line, quote.currency) for line in quote.lines.all()), Decimal(0))
    return amounts.discount_percent_of(gross, quote.amount)


def needs_approval(quote: Quote) -> bool:
    """Whether its discount passes the limit of the settings."""
    limit = settings().discount_limit
    return limit is not None and discount_of(quote) > limit


def expired(quote: Quote) -> bool:
    """Whether its last day has passed."""
    if quote.expires_on is None:
        return False
    # No zone is more than a day away: only around the last day does it matter where the company is.
    days = (quote.expires_on - timezone.now().date()).days
    return days < 0 if abs(days) > 1 else quote.expires_on < own_company.today()


@needs("crm.edit")
@transaction.atomic
def publish(quote: Quote, *, by: Any) -> Quote:
    """Let the quote count, with a public address; the version before it is replaced.

    Raises NotADraft, NoLines, Expired, and NeedsApproval unless ``by`` may approve it.
    """
    fresh = publishable(draft(quote))
    if needs_approval(fresh) and not by.has_perm("crm.approve_quote"):
        raise NeedsApproval(quote.pk)
    return let_count(fresh, by=by)


def let_count(fresh: Quote, *, by: Any) -> Quote:
    """Publish a quote that is locked and checked."""
    now = timezone.now()
    write(fresh, status=QuoteStatus.PUBLISHED, published_at=now, token=secrets.token_urlsafe(32))
    if fresh.replaces_id:
        replaced = Quote.objects.select_for_update(of=("self",)).get(pk=fresh.replaces_id)
        write(replaced, status=QuoteStatus.REPLACED)
        emit("quote.replaced", replaced, by=by, about=related(replaced), **told(replaced), new=fresh.version)
    emit("quote.published", fresh, by=by, about=related(fresh), **told(fresh))
    return fresh


def publishable(fresh: Quote) -> Quote:
    """The quote. Raises NoLines, Expired."""
    if not QuoteLine.objects.filter(quote=fresh).exists():
        raise NoLines(fresh.pk)
    if expired(fresh):
        raise Expired(fresh.pk)
    return fresh


def write(quote: Quote, **values: Any) -> None:
    """Change columns of a quote that is locked, and read it back."""
    Quote.objects.filter(pk=quote.pk).update(**values, updated_at=timezone.now())
    quote.refresh_from_db()


def told(quote: Quote) -> dict[str, Any]:
    """What events say of a quote."""
    return {
        "title": quote.title,
        "number": quote.number,
        "version": quote.version,
        "amount": str(quote.amount),
        "currency": quote.currency,
    }


@needs("crm.archive")
def archive(quote: Quote, *, by: Any) -> Quote:
    """Take the quote out of lists."""
    return records.archive(quote, by=by, about=related)


@needs("crm.archive")
def restore(quote: Quote, *, by: Any) -> Quote:
    """Bring an archived quote back."""
    return records.restore(quote, by=by, about=related)


def settings() -> QuoteSettings:
    """How quotes are numbered and approved."""
    return QuoteSettings.objects.filter(pk=1).first() or QuoteSettings.objects.get_or_create(pk=1)[0]


@needs("crm.configure")
def change_settings(values: Mapping[str, Any], *, by: Any) -> QuoteSettings:
    """Write the given settings. ``by`` is who did it; numbers only ever go on from where they are put."""
    with transaction.atomic():
        row = QuoteSettings.objects.select_for_update().get(pk=settings().pk)
        before = differences.values_of(row, values)
        for name, value in values.items():
            setattr(row, name, value)
        row.save(update_fields=list(values))
        changes = differences.since(before, row)
        emit("quote_settings.changed", row, by=by, changed=sorted(values), changes=changes)
    return row


def next_number() -> str:
    """The next number of the series; two transactions never get the same one."""
    settings()
    QuoteSettings.objects.filter(pk=1).update(next_number=F("next_number") + 1)
    row = QuoteSettings.objects.get(pk=1)
    return f"{row.number_prefix}{row.next_number - 1:0{row.number_digits}d}"


def draft(quote: Quote) -> Quote:
    """The quote, locked. Raises NotADraft unless it may still change."""
    fresh = records.locked(quote)
    if fresh.status != QuoteStatus.DRAFT:
        raise NotADraft(quote.pk)
    return fresh


def related(quote: Quote) -> Sequence[Any]:
    """On whose timelines what happens to the quote appears."""
    return [record for record in (quote.deal, quote.contact, quote.company) if record is not None]


def write_lines(quote: Quote, wanted: Sequence[LineValues]) -> None:
    """Add lines to a quote that has none."""
    QuoteLine.objects.bulk_create(
        QuoteLine(quote=quote, **lines.columns(line, position)) for position, line in enumerate(wanted)
    )
