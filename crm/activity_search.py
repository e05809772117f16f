"""Search over what people wrote down: notes, calls, e-mails and meetings, by all their words."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from accounts.visibility import sees_all
from core import registry
from core.finding import Hit, Place, among
from crm.activity_lines import page_of, summary
from crm.kinds import KINDS
from crm.models import Activity, ActivityKind, ActivityLink
from crm.queries import activities
from crm.queries.timeline import ICONS

PLACE = Place("crm_activity", newest="id DESC", at="occurred_at", listed="TRUE", always="deleted_at IS NULL")


def register() -> None:
    """Let activities be found."""
    registry.search_sources.append(
        registry.SearchSource("activity", _("Activities"), PLACE, lines, order=75, seen=seen)
    )


def seen(user: Any) -> str:
    """SQL: activities on a record that a person may see."""
    if sees_all(user):
        return "TRUE"
    return among(activities.visible_to, user)


def lines(user: Any, ids: Sequence[int]) -> Mapping[int, Hit]:
    """An activity leads to a record on whose timeline it stands, with the timeline filtered to its words."""
    links = ActivityLink.objects.filter(activity__in=ids, object_type__in=KINDS).order_by("pk")
    places = [(link.activity_id, link.object_type, link.object_id) for link in links]
    records = {
        (name, record.pk): record
        for name in {kind for _activity, kind, _pk in places}
        for record in KINDS[name].visible_to(user).filter(pk__in=[pk for _activity, kind, pk in places if kind == name])
    }
    where = {activity: (kind, records[kind, pk]) for activity, kind, pk in reversed(places) if (kind, pk) in records}
    told = Activity.objects.filter(pk__in=where).defer("search", "place", "sender", "recipients").select_related("by")
    return {activity.pk: _hit(activity, *where[activity.pk]) for activity in told}


def _hit(activity: Activity, kind: str, record: Any) -> Hit:
    day = date_format(localtime(activity.occurred_at), "DATE_FORMAT")
    detail = " · ".join(filter(None, [str(activity.get_kind_display()), str(record), day, str(activity.by or "")]))
    icon = ICONS[ActivityKind(activity.kind)]
    return Hit(summary(activity), detail, page_of(activity, kind, record.pk), icon)
