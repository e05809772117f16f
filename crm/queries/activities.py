"""Reads of notes, calls, e-mails and meetings across records."""

from collections.abc import Callable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, JSONObject, NullIf, Trim

from accounts.visibility import Sight, within
from crm.models import Activity, ActivityLink
from crm.queries import companies, contacts, deals, products, quotes

# So many of the records that show it are named in a list.
MOST_NAMED = 3
_PERSON = Coalesce(NullIf(Trim(Concat("first_name", Value(" "), "last_name")), Value("")), F("email"))
# On whose timelines activities stand: who may see such records, and what they are called.
HOSTS: dict[str, tuple[Callable[[Any], QuerySet[Any]], Any]] = {
    "company": (companies.visible_to, F("name")),
    "contact": (contacts.visible_to, _PERSON),
    "deal": (deals.visible_to, F("name")),
    "product": (products.visible_to, F("name")),
    "quote": (quotes.visible_to, F("title")),
}


def visible_to(user: Any) -> QuerySet[Activity]:
    """What was done with records that ``user`` may see, apart from what was deleted."""

    def ways(_sight: Sight) -> list[QuerySet[Any, Any]]:
        return [
            ActivityLink.objects.filter(object_type=name, object_id__in=seen(user).order_by().values("pk")).values_list(
                "activity_id"
            )
            for name, (seen, _label) in HOSTS.items()
        ]

    return within(Activity.objects.filter(deleted_at=None), user, ways)


def listed(user: Any) -> QuerySet[Activity]:
    """The same with ``about``: the first records on whose timelines it stands and which ``user`` sees.

    Each of them is ``{"kind": ..., "id": ..., "name": ...}``.
    """
    names = [
        When(
            object_type=name,
            then=Subquery(
                seen(user).filter(pk=OuterRef("object_id")).order_by().values(told=Cast(label, TextField()))[:1]
            ),
        )
        for name, (seen, label) in HOSTS.items()
    ]
    links = (
        ActivityLink.objects.filter(activity=OuterRef("pk"))
        .annotate(told=Case(*names, output_field=TextField()))
        .filter(told__isnull=False)
        .order_by("pk")
        .values(named=JSONObject(kind="object_type", id="object_id", name="told"))
    )
    return visible_to(user).defer("search").annotate(about=ArraySubquery(links[:MOST_NAMED]))


def first_record(user: Any, activity: Activity) -> tuple[str, Any] | None:
    """The first record that shows ``activity`` and that ``user`` may see, with its kind; None where there is none."""
    for name, pk in activity.links.filter(object_type__in=HOSTS).order_by("pk").values_list("object_type", "object_id"):
        record = HOSTS[name][0](user).filter(pk=pk).first()
        if record is not None:
            return name, record
    return None
