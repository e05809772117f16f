"""What the pages of reports read."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import User
from core.models import Visibility
from core.tables.saved import teams_of
from reports.models import Report, ReportSchedule

VIEW = "reports.view"


def visible_to(user: Any) -> QuerySet[Report]:
    """The reports that ``user`` may see: their own, those shared with them."""
    seen = Q(owner=user) | Q(sharing=Visibility.EVERYONE)
    for function in teams_of:
        seen |= Q(sharing=Visibility.TEAM, team__in=function(user))
    return Report.objects.filter(seen).select_related("owner")


def schedules_of(report: Report) -> list[ReportSchedule]:
    """When a report is sent, with its recipients."""
    return list(report.schedules.prefetch_related("recipients").order_by("pk"))


def who_may_get(report: Report) -> QuerySet[User]:
    """The people that a report can be sent to: its owner, and whoever may see it."""
    seen = Q(pk=report.owner_id)
    if report.sharing == Visibility.EVERYONE:
        seen = Q()
    elif report.sharing == Visibility.TEAM:
        seen |= Q(teams=report.team)
    may = Q(role__permissions__contains=[VIEW]) | Q(is_superuser=True)
    return User.objects.filter(seen, may, is_active=True).distinct().order_by("name", "pk")


def listed(user: Any, *, tab: str, text: str) -> QuerySet[Report]:
    """The reports of a tab of the list, found by words of their names."""
    rows = visible_to(user)
    if tab == "mine":
        rows = rows.filter(owner=user)
    elif tab == "shared":
        rows = rows.exclude(owner=user)
    for word in text.split()[:8]:
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows
