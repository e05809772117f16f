"""Deals of a person that need something, and why. A fixed number of statements, each bounded by an index."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from core import company
from crm.enums import DealStatus, QuoteStatus
from crm.models import Activity, ActivityLink, Deal, Quote, Task
from crm.queries import deals, quotes

OF_EACH = 6
SHOWN = 10
EXPIRES_WITHIN = 7  # days
ACCEPTED_WITHIN = 90  # days


@dataclass
class Need:
    """A deal (or a quote without one) and what it needs: names of reasons with a number or date each."""

    deal: Deal | None
    quote: Quote | None = None
    reasons: list[tuple[str, Any]] = field(default_factory=list)

    @property
    def record(self) -> Deal | Quote | None:
        """What the line leads to."""
        return self.deal or self.quote


def open_deals(user: Any) -> QuerySet[Deal]:
    """The open deals that ``user`` owns."""
    mine = deals.visible_to(user).filter(owner=user, status=DealStatus.OPEN, archived_at=None)
    return mine.select_related("stage", "company").defer("search", "company__search")


def without_next_step(rows: QuerySet[Deal]) -> QuerySet[Deal]:
    """Deals with neither an open task nor a meeting or call to come."""
    tasks = Task.objects.filter(about_type="deal", about_id=OuterRef("pk"), done_at=None)
    planned = ActivityLink.objects.filter(object_type="deal", object_id=OuterRef("pk"), occurred_at__gt=Now())
    return rows.filter(~Exists(tasks), ~Exists(planned.filter(activity__in=Activity.objects.filter(deleted_at=None))))


def needs(user: Any) -> Sequence[Need]:
    """What ``user`` should look at, the most urgent first: five statements."""
    today, now = company.today(), timezone.now()
    mine = open_deals(user)
    found: dict[tuple[str, int], Need] = {}

    def note(deal: Deal | None, quote: Quote | None, reason: str, value: Any) -> None:
        key = ("deal", deal.pk) if deal else ("quote", quote.pk if quote else 0)
        found.setdefault(key, Need(deal, None if deal else quote)).reasons.append((reason, value))

    for quote in _accepted(user, now):
        note(quote.deal, quote, "accepted", quote)
    for deal in mine.filter(close_on__lt=today).order_by("close_on", "pk")[:OF_EACH]:
        note(deal, None, "late", (today - deal.close_on).days if deal.close_on else 0)
    for quote in _expiring(user, today):
        note(quote.deal, quote, "expiring", quote.expires_on)
    for deal in _rotting(mine)[:OF_EACH]:
        note(deal, None, "rotting", (now - deal.stage_entered_at).days)
    for deal in without_next_step(mine).order_by("-updated_at", "-pk")[:OF_EACH]:
        note(deal, None, "stepless", None)
    return list(found.values())[:SHOWN]


def _rotting(rows: QuerySet[Deal]) -> QuerySet[Deal]:
    """Deals that are in their stage for longer than it allows."""
    allowed = F("stage__rotting_days") * datetime.timedelta(days=1)
    staying = rows.filter(stage__rotting_days__isnull=False, stage_entered_at__lt=Now() - allowed)
    return staying.order_by("stage_entered_at", "pk")


def _of(user: Any) -> QuerySet[Quote]:
    """Quotes of ``user``, or for a deal of theirs."""
    mine = quotes.visible_to(user).filter(Q(owner=user) | Q(deal__owner=user), archived_at=None)
    return mine.select_related("deal__stage", "deal__company").defer("search", "deal__search", "deal__company__search")


def _accepted(user: Any, now: datetime.datetime) -> QuerySet[Quote]:
    """Accepted lately, and nothing of the deal has been invoiced."""
    fresh = _of(user).filter(status=QuoteStatus.ACCEPTED, answered_at__gt=now - datetime.timedelta(ACCEPTED_WITHIN))
    unbilled = fresh.filter(Q(deal__billing=None) | Q(deal__billing__invoices=0), deal__isnull=False)
    return unbilled.order_by("answered_at", "pk")[:OF_EACH]


def _expiring(user: Any, today: datetime.date) -> QuerySet[Quote]:
    """Published, and not valid for much longer."""
    until = today + datetime.timedelta(days=EXPIRES_WITHIN)
    waiting = _of(user).filter(status=QuoteStatus.PUBLISHED, expires_on__gte=today, expires_on__lte=until)
    return waiting.order_by("expires_on", "pk")[:OF_EACH]
