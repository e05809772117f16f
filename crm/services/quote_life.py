"""What happens to a quote after it was written: approval, publication, versions, the customer's answer."""

import datetime
import hashlib
import hmac
import secrets
from typing import Any

from django.conf import settings as project
from django.db import transaction
from django.utils import timezone

from core import company as own_company
from core.access import asks, needs, require, require_sight
from core.events import emit
from core.models import Origin
from crm import taxes
from crm.enums import QuoteStatus
from crm.models import Quote, QuoteView
from crm.services import records
from crm.services.lines import values_of
from crm.services.quotes import (
    Expired,
    discount_of,
    draft,
    expired,
    let_count,
    publishable,
    related,
    settings,
    told,
    write,
    write_lines,
)

LONGEST_NAME = 200
LONGEST_REASON = 2000
# What a customer can still answer, and what a new version may follow.
OPEN = (QuoteStatus.PUBLISHED,)
REVISABLE = (QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED, QuoteStatus.DECLINED)


class NotWaiting(Exception):
    """The quote does not wait for approval (any more)."""


class NotOpen(Exception):
    """The quote can't be answered: ``status`` says what it is instead."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


class NotRevisable(Exception):
    """There is nothing published to revise, or a newer version is there already."""


class BadAnswer(ValueError):
    """What the customer typed can't be taken."""


@needs("crm.edit")
@transaction.atomic
def ask_for_approval(quote: Quote, *, by: Any) -> Quote:
    """Have somebody look at the discount before it is published. Raises NotADraft, NoLines, Expired."""
    fresh = publishable(draft(quote))
    now = timezone.now()
    write(fresh, status=QuoteStatus.APPROVAL, approval_asked_at=now, approval_asked_by=by)
    percent = str(round(discount_of(fresh), 2))
    emit("quote.approval_asked", fresh, by=by, about=related(fresh), **told(fresh), discount=percent)
    return fresh


@needs("crm.approve_quote")
@transaction.atomic
def approve(quote: Quote, *, by: Any) -> Quote:
    """Approve the discount and publish. Raises NotWaiting, Expired."""
    fresh = publishable(_waiting(quote))
    emit("quote.approved", fresh, by=by, about=related(fresh), **told(fresh))
    write(fresh, approved_by=by)
    return let_count(fresh, by=by)


@transaction.atomic
def reject(quote: Quote, *, by: Any, reason: str = "") -> Quote:
    """Make it a draft again, with the reason on the timeline; whoever asked may also take it back. NotWaiting."""
    if asks(by):
        require(by, "crm.edit")
        require_sight(by, [quote])
    fresh = _waiting(quote)
    if asks(by) and fresh.approval_asked_by_id != by.pk:
        require(by, "crm.approve_quote")
    write(fresh, status=QuoteStatus.DRAFT, approval_asked_at=None)
    emit("quote.approval_rejected", fresh, by=by, about=related(fresh), **told(fresh), reason=reason[:LONGEST_REASON])
    return fresh


@needs("crm.edit")
@transaction.atomic
def revise(quote: Quote, *, by: Any) -> Quote:
    """A draft of the next version. The published one counts until that is published. Raises NotRevisable."""
    fresh = records.locked(quote)
    if fresh.status not in REVISABLE or Quote.objects.filter(replaces=fresh, archived_at=None).exists():
        raise NotRevisable(quote.pk)
    Quote.objects.filter(replaces=fresh).update(replaces=None)
    return new_version(fresh, by=by)


@needs("crm.edit")
def new_version(fresh: Quote, *, by: Any, origin: Origin | None = None) -> Quote:
    """A draft with the content of ``fresh``, which is locked, and the next version's number."""
    days = datetime.timedelta(days=settings().valid_days)
    copied = (
        "deal", "contact", "company", "title", "number", "currency", "subtotal", "discount_percent", "discount_amount",
        "amount", "terms", "notes", "owner", "properties", "origin",
    )  # fmt: skip
    values = {name: getattr(fresh, name) for name in copied}
    late = expired(fresh) or fresh.expires_on is None
    values |= {
        "replaces": fresh,
        "version": fresh.version + 1,
        "expires_on": own_company.today() + days if late else fresh.expires_on,
    }
    properties = values.pop("properties")
    version = Quote.objects.create(**values, properties=properties)
    write_lines(version, [values_of(line) for line in fresh.lines.all()])
    emit("quote.revised", version, by=by, origin=origin, about=[fresh, *related(version)], **told(version))
    return version


@transaction.atomic
def accept(quote: Quote, *, name: str, ip: str | None) -> Quote:
    """The customer accepts; a second time changes nothing. Raises BadAnswer, NotOpen, Expired."""
    fresh = _answerable(quote, QuoteStatus.ACCEPTED)
    if fresh.status == QuoteStatus.ACCEPTED:
        return fresh
    typed = name.replace("\x00", "").strip()
    if not typed or len(typed) > LONGEST_NAME:
        raise BadAnswer
    write(fresh, status=QuoteStatus.ACCEPTED, answered_at=timezone.now(), answered_name=typed, answered_ip=ip)
    emit("quote.accepted", fresh, about=related(fresh), **told(fresh), **_with_tax(fresh), who=typed)
    return fresh


@transaction.atomic
def decline(quote: Quote, *, name: str = "", reason: str = "", ip: str | None) -> Quote:
    """The customer declines; a second time changes nothing. Raises NotOpen, Expired."""
    fresh = _answerable(quote, QuoteStatus.DECLINED)
    if fresh.status == QuoteStatus.DECLINED:
        return fresh
    why = reason.replace("\x00", "").strip()[:LONGEST_REASON]
    who = name.replace("\x00", "").strip()[:LONGEST_NAME]
    now = timezone.now()
    write(fresh, status=QuoteStatus.DECLINED, answered_at=now, answered_name=who, answered_ip=ip, decline_reason=why)
    emit("quote.declined", fresh, about=related(fresh), **told(fresh), who=who, reason=why)
    return fresh


def _with_tax(quote: Quote) -> dict[str, Any]:
    """The total that the customer sees, where it is another one than the amount before tax."""
    tax = taxes.taxes(list(quote.lines.all()), quote.subtotal - quote.amount, quote.currency)
    return {"total_with_tax": str(quote.amount + tax.total)} if tax.told else {}


@needs("crm.edit")
@transaction.atomic
def answer_for(quote: Quote, status: QuoteStatus, *, by: Any, reason: str = "") -> Quote:
    """Note an answer that came on paper or by phone: ``status`` is ACCEPTED or DECLINED. Raises NotOpen."""
    fresh = records.locked(quote)
    if fresh.status == status:
        return fresh
    if fresh.status not in OPEN:
        raise NotOpen(fresh.status)
    write(fresh, status=status, answered_at=timezone.now(), decline_reason=reason[:LONGEST_REASON])
    event = "quote.accepted" if status == QuoteStatus.ACCEPTED else "quote.declined"
    more = _with_tax(fresh) if status == QuoteStatus.ACCEPTED else {}
    emit(event, fresh, by=by, about=related(fresh), **told(fresh), **more, reason=reason[:LONGEST_REASON])
    return fresh


@needs("crm.edit")
@transaction.atomic
def close_link(quote: Quote, *, by: Any) -> Quote:
    """Take the public address away for good; whoever has it finds nothing there any more."""
    fresh = Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if fresh.token:
        write(fresh, token=None)
        emit("quote.link_closed", fresh, by=by, about=related(fresh), **told(fresh))
    return fresh


@needs("crm.edit")
@transaction.atomic
def new_link(quote: Quote, *, by: Any) -> Quote:
    """Give a published quote another public address; the old one is gone. Raises NotOpen."""
    fresh = Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if fresh.status in (QuoteStatus.DRAFT, QuoteStatus.APPROVAL):
        raise NotOpen(fresh.status)
    write(fresh, token=secrets.token_urlsafe(32))
    emit("quote.link_made", fresh, by=by, about=related(fresh), **told(fresh))
    return fresh


@transaction.atomic
def note_view(quote: Quote, *, visitor: str) -> bool:
    """Note that somebody looked at the public page; on the timeline once a day for each visitor."""
    digest = hmac.new(project.SECRET_KEY.encode(), visitor.encode(), hashlib.sha256).hexdigest()[:32]
    _row, new = QuoteView.objects.get_or_create(quote=quote, visitor=digest, viewed_on=own_company.today())
    if new:
        emit("quote.viewed", quote, about=related(quote), **told(quote))
    return new


def _waiting(quote: Quote) -> Quote:
    fresh = records.locked(quote)
    if fresh.status != QuoteStatus.APPROVAL:
        raise NotWaiting(quote.pk)
    return fresh


def _answerable(quote: Quote, wanted: QuoteStatus) -> Quote:
    fresh = Quote.objects.select_for_update(of=("self",)).get(pk=quote.pk)
    if fresh.status == wanted:
        return fresh
    if fresh.status not in OPEN or fresh.archived_at is not None:
        raise NotOpen(fresh.status)
    if expired(fresh):
        raise Expired(fresh.pk)
    return fresh
