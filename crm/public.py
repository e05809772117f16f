"""What a quote's public page and PDF print: texts and amounts, ready, and nothing that the customer may not see."""

import datetime
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from core.models import CompanyProfile
from core.money import formatted, formatted_number
from crm import amounts, taxes, terms
from crm.enums import QuoteStatus
from crm.models import Quote
from crm.models.records import address_lines
from crm.services.quotes import expired

OPEN, ACCEPTED, DECLINED, EXPIRED, REPLACED, GONE = "open", "accepted", "declined", "expired", "replaced", "gone"


@dataclass(frozen=True)
class PublicLine:
    """A line as printed."""

    name: str
    description: str
    quantity: str
    unit_price: str
    discount: str
    tax: str  # its code, and what it comes to
    amount: str


@dataclass(frozen=True)
class PublicQuote:
    """A quote as printed."""

    state: str
    title: str
    number: str
    version: int
    published_on: str
    expires_on: str
    customer: list[str]
    lines: list[PublicLine]
    discounts: bool
    taxed: bool
    subtotal: str
    discount: str
    discount_label: str
    total: str  # before tax
    taxes: list[tuple[str, str]]
    total_with_tax: str  # empty unless all tax is known
    periods: list[terms.PeriodTotal]  # one-time and recurring totals, where something recurs
    currency: str
    notes: str
    terms: str
    answered_on: str
    answered_name: str
    newer: str  # the token of the version that replaced it, empty where that has no address


def state_of(quote: Quote) -> str:
    """What the customer can still do with it."""
    if quote.archived_at is not None or quote.status in (QuoteStatus.DRAFT, QuoteStatus.APPROVAL):
        return GONE
    if quote.status == QuoteStatus.PUBLISHED:
        return EXPIRED if expired(quote) else OPEN
    if quote.status in (QuoteStatus.ACCEPTED, QuoteStatus.CLOSED):
        return ACCEPTED
    return REPLACED if quote.status == QuoteStatus.REPLACED else DECLINED


def printed(quote: Quote) -> PublicQuote:
    """The quote as printed. ``quote`` comes with contact and company; two more queries."""
    stored = list(quote.lines.all())
    currency, off = quote.currency, quote.subtotal - quote.amount
    state = state_of(quote)
    newer = Quote.objects.filter(replaces=quote, archived_at=None).first() if state == REPLACED else None
    told = taxes.printed(stored, off, quote.amount, currency)
    percent = f" ({formatted_number(quote.discount_percent)}%)" if quote.discount_percent else ""
    return PublicQuote(
        state=state,
        title=quote.title,
        number=quote.number,
        version=quote.version,
        published_on=_day(quote.published_at),
        expires_on=date_format(quote.expires_on, "DATE_FORMAT") if quote.expires_on else "",
        customer=_customer(quote),
        lines=[_line(line, currency, tax) for line, tax in zip(stored, told.by_line, strict=True)],
        discounts=any(line.discount_percent or line.discount_amount for line in stored),
        taxed=any(line.tax_code for line in stored),
        subtotal=formatted(quote.subtotal, currency),
        discount=formatted(-off, currency) if off else "",
        discount_label=percent,
        total=formatted(quote.amount, currency),
        taxes=told.sums,
        total_with_tax=told.total,
        periods=terms.totals(stored, currency),
        currency=currency,
        notes=quote.notes,
        terms=quote.terms,
        answered_on=_day(quote.answered_at),
        answered_name=quote.answered_name,
        newer=(newer.token or "") if newer else "",
    )


def brand(about: CompanyProfile) -> dict[str, Any]:
    """Whose quote it is."""
    return {
        "name": about.name,
        "logo": about.logo_text or "".join(word[0] for word in about.name.split()[:2]).upper(),
        "logo_version": about.logo_version,
        "details": about.address.splitlines(),
        "footer": about.footer.splitlines(),
        "colour": about.brand_colour,
    }


def _line(line: Any, currency: str, tax: str) -> PublicLine:
    off = f"{formatted_number(line.discount_percent)}%" if line.discount_percent else ""
    described = line.description if line.description != line.name else ""
    if line.discount_amount:
        off = f"{off} {formatted(line.discount_amount, currency)}".strip()
    return PublicLine(
        name=line.name,
        description="\n".join(filter(None, [described, terms.in_words(line.billing_period, line.billing_count)])),
        quantity=formatted_number(line.quantity),
        unit_price=formatted_number(line.unit_price),
        discount=off,
        tax="\n".join(filter(None, [line.tax_code, tax])),
        amount=formatted(amounts.line_amount(line, currency), currency),
    )


def _customer(quote: Quote) -> list[str]:
    contact, company = quote.contact, quote.company
    names = [str(company) if company else "", str(contact) if contact else ""]
    address = (company.billing_address if company else {}) or (contact.billing_address if contact else {})
    return [line for line in [*names, *address_lines(address or {})] if line]


def _day(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "DATE_FORMAT") if moment else ""


def sample(day: datetime.date) -> PublicQuote:
    """A made-up quote, to look at the brand."""
    end = day + datetime.timedelta(days=30)
    lines = [
        SampleLine(_("Garden design"), _("Plan, plants and a visit"), Decimal(1), Decimal(1200)),
        SampleLine(_("Care"), "", Decimal(2), Decimal(90), billing_period="month", billing_count=12),
    ]
    before_tax = amounts.total(lines, "USD")
    told, total = taxes.printed(lines, Decimal(0), before_tax, "USD"), formatted(before_tax, "USD")
    return PublicQuote(
        state="sample",
        title=_("A new garden"),
        number="Q-00042",
        version=1,
        published_on=date_format(day, "DATE_FORMAT"),
        expires_on=date_format(end, "DATE_FORMAT"),
        customer=["Cool Cars", "Grace Pariente", "65 Ocean Dr.", "Half Moon Bay, CA 94213"],
        lines=[_line(line, "USD", tax) for line, tax in zip(lines, told.by_line, strict=True)],
        discounts=False,
        taxed=True,
        subtotal=total,
        discount="",
        discount_label="",
        total=total,
        taxes=told.sums,
        total_with_tax=told.total,
        periods=terms.totals(lines, "USD"),
        currency="USD",
        notes=_("Thank you for asking us."),
        terms=_("Payment within 30 days."),
        answered_on="",
        answered_name="",
        newer="",
    )


@dataclass(frozen=True)
class SampleLine:
    """A line of the made-up quote."""

    name: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal = Decimal(0)
    discount_amount: Decimal = Decimal(0)
    tax_code: str = "8%"
    tax_rate: Decimal | None = Decimal(8)
    billing_period: str = ""
    billing_count: int | None = None
