"""What the pages of reports read."""

from typing import Any

from django.db.models import Q, QuerySet

from core.models import Visibility
from core.tables.saved import teams_of
from reports.models import Report


def visible_to(user: Any) -> QuerySet[Report]:
    """The reports that ``user`` may see: their own, those shared with them."""
    seen = Q(owner=user) | Q(sharing=Visibility.EVERYONE)
    for function in teams_of:
        seen |= Q(sharing=Visibility.TEAM, team__in=function(user))
    return Report.objects.filter(seen).select_related("owner")


def listed(user: Any) -> QuerySet[Report]:
    """The reports of the list, by name."""
    return visible_to(user).order_by("name", "pk")
