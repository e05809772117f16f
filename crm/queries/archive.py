"""Reads of the archive: what is still open about a record, who archived what, and how much there is."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Sum
from django.utils.translation import ngettext

from core.models import EventLink
from core.money import formatted
from crm.enums import DealStatus
from crm.models import Task
from crm.queries import deals as seen_deals


def open_things(object_type: str, pk: int, user: Any) -> list[str]:
    """The open deals of a company or contact that ``user`` may see, and the open tasks of any record, in sentences."""
    deals = seen_deals.visible_to(user).filter(status=DealStatus.OPEN, archived_at=None)
    of = {"company": {"company_id": pk}, "contact": {"contacts": pk}}.get(object_type)
    told = []
    for row in (
        deals.filter(**of).order_by("currency").values("currency").annotate(n=Count("pk"), sum=Sum("amount"))
        if of
        else ()
    ):
        words = ngettext("%(n)d open deal (%(sum)s)", "%(n)d open deals (%(sum)s)", row["n"])
        told.append(words % {"n": row["n"], "sum": formatted(row["sum"] or Decimal(0), row["currency"])})
    if number := Task.objects.filter(about_type=object_type, about_id=pk, done_at=None).count():
        told.append(ngettext("%d open task", "%d open tasks", number) % number)
    return told


def archived_by(object_type: str, ids: Iterable[int]) -> Mapping[int, str]:
    """Who archived some records the last time, by id, in one statement; those that nobody did are missing."""
    links = EventLink.objects.filter(
        object_type=object_type, object_id__in=list(ids), event__name=f"{object_type}.archived",
        event__object_id=F("object_id"),
    )  # fmt: skip
    rows = links.order_by("event_id").values_list("object_id", "event__actor__name", "event__actor__email")
    return {pk: name or email for pk, name, email in rows if name or email}


def counts(kinds: Mapping[str, Any]) -> list[tuple[str, int, Any]]:
    """How many records of each kind are archived, and when the last one was; ``kinds`` are querysets by name."""
    found = []
    for name, rows in kinds.items():
        row = rows.filter(archived_at__isnull=False).order_by().aggregate(n=Count("pk"), last=Max("archived_at"))
        found.append((name, row["n"], row["last"]))
    return found
