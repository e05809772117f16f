"""What conditions can say about notes, calls, e-mails and meetings."""

from django.utils.translation import gettext_lazy as _

from core.conditions import ConditionObject, Field
from core.conditions.registry import add_fields, add_object
from crm.models import Activity, ActivityKind, Direction, Outcome
from crm.queries import activities

ABOUT, DATES = _("About"), _("Dates and people")


def register() -> None:
    """Add activities and their properties."""
    add_object(
        ConditionObject("activity", _("Activities"), Activity, lambda user: activities.visible_to(user).defer("search"))
    )
    add_fields(
        "activity",
        Field("kind", _("Kind"), "choice", "kind", tuple(ActivityKind.choices), group=ABOUT),
        Field("subject", _("Subject"), "text", "subject", group=ABOUT),
        Field("text", _("Text"), "text", "body", group=ABOUT),
        Field("direction", _("Direction"), "choice", "direction", tuple(Direction.choices), group=ABOUT),
        Field("outcome", _("Outcome"), "choice", "outcome", tuple(Outcome.choices), group=ABOUT),
        Field("seconds", _("Duration in seconds"), "number", "duration_seconds", group=ABOUT),
        Field("place", _("Place"), "text", "place", group=ABOUT),
        Field("sender", _("From"), "text", "sender", group=ABOUT),
        Field("recipients", _("To"), "text", "recipients", group=ABOUT),
        Field("by", _("By"), "user", "by_id", group=DATES),
        Field("occurred", _("When"), "datetime", "occurred_at", group=DATES),
        Field("created", _("Written down"), "datetime", "created_at", group=DATES),
    )
