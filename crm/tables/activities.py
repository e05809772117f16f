"""The list of notes, calls, e-mails and meetings of all records."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label
from django.utils.translation import ngettext

from core.conditions import Condition, fields
from core.tables import Action, BuiltIn, Chip, Column, Refused, Table, person_column, templated
from crm.activity_lines import summary
from crm.kinds import KINDS
from crm.models import ActivityKind, Direction, Outcome
from crm.queries import activities as queries
from crm.queries import people
from crm.services import activities as services
from crm.tables.actions import EDITS
from crm.tables.parts import field, more


def _minutes(activity: Any) -> int | None:
    seconds = activity.duration_seconds
    return None if seconds is None else round(seconds / 60)


def _linked(about: Sequence[Mapping[str, Any]], _activity: Any) -> SafeString:
    return format_html_join(
        ", ",
        '<a href="{}">{}</a>',
        ((reverse(KINDS[each["kind"]].detail_url, args=[each["id"]]), each["name"]) for each in about),
    )


def _names(about: Sequence[Mapping[str, Any]], _activity: Any) -> str:
    return "; ".join(each["name"] for each in about)


def _delete(activity: Any, _choice: Mapping[str, Any], by: Any) -> None:
    if not services.may_change(activity, by):
        raise Refused(_("Somebody else wrote it."))
    services.delete(activity, by=by)


def _deleted(count: int) -> str:
    return ngettext("%d activity is deleted.", "%d activities are deleted.", count) % count


def _deletion_warning(_count: str) -> str:
    return _("Their words are gone for good; timelines say that they were there.")


def _typed(count: str) -> str:
    return _("delete %(count)s %(what)s") % {"count": count, "what": _("activity") if count == "1" else _("activities")}


def _when(period: dict[str, Any]) -> Condition:
    return {"field": "occurred", "op": "relative", "value": period}


COLUMNS = (
    Column("title", L("Activity"), value=summary, needs=("subject", "body", "kind")),
    Column(
        "kind", L("Kind"), value=lambda activity: str(activity.get_kind_display()), needs=("kind",),
        show=templated("crm/activities/_kind_cell.html"),
    ),
    Column(
        "about", L("About"), value=lambda activity: activity.about, show=_linked,
        plain=_names,
    ),
    Column("occurred", L("When"), "datetime", "occurred_at", sort="occurred_at"),
    person_column("by", L("By")),
    Column("outcome", L("Outcome"), value=lambda activity: str(activity.get_outcome_display()), needs=("outcome",)),
    Column("minutes", L("Minutes"), "number", value=_minutes, needs=("duration_seconds",)),
    more("direction", L("Direction"), value=lambda each: str(each.get_direction_display()), needs=("direction",)),
    more("place", L("Place")),
    more("sender", L("From")),
    more("recipients", L("To")),
    more("text", L("Text"), "long", path="body"),
    more("created", L("Written down"), "datetime", path="created_at"),
)  # fmt: skip
VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("mine", L("Mine"), where={"field": "by", "op": "me"}),
    BuiltIn("notes", L("Notes"), f"kind={ActivityKind.NOTE}"),
    BuiltIn("calls", L("Calls"), f"kind={ActivityKind.CALL}"),
    BuiltIn("emails", L("E-mails"), f"kind={ActivityKind.EMAIL}"),
    BuiltIn("meetings", L("Meetings"), f"kind={ActivityKind.MEETING}"),
    BuiltIn(
        "upcoming", L("Upcoming meetings"), f"kind={ActivityKind.MEETING}&sort=occurred",
        {"any": [_when({"period": "today"}), _when({"period": "more_than_days_ahead", "days": 0})]},
    ),
    BuiltIn("my-team", L("My team’s"), where={"field": "by", "op": "my_team"}, tab=False),
)  # fmt: skip
ACTIVITIES = Table(
    "activity",
    L("Activities"),
    "crm:activity-list",
    "crm:activity-open",
    queries.listed,
    COLUMNS,
    fields(
        field("kind", L("Kind"), "choice", "kind", ActivityKind.choices),
        field("by", L("By"), "record", "by_id"),
        field("occurred", L("When"), "datetime", "occurred_at"),
        field("outcome", L("Outcome"), "choice", "outcome", Outcome.choices),
        field("direction", L("Direction"), "choice", "direction", Direction.choices),
    ),
    "-occurred",
    chips=(
        Chip("kind", L("Kind"), choices=ActivityKind.choices, icon="list-details"),
        Chip("by", L("By"), options=people.owners, icon="user"),
        Chip("occurred", L("When"), "date", icon="calendar"),
        Chip("outcome", L("Outcome"), choices=Outcome.choices, icon="circle-dot"),
        Chip("direction", L("Direction"), choices=Direction.choices, icon="arrows-right-left"),
    ),
    views=VIEWS,
    actions=(
        Action(
            "delete", L("Delete"), "trash", _deleted, EDITS, each=_delete, confirm=_deletion_warning, typed=_typed,
            tone="danger",
        ),
    ),
    export_permission="crm.export",
    archive=False,
    search_hint=L("Words, place or address"),
    needs=("subject", "kind"),
    template="crm/activities/list.html",
    icon="message",
    edit="crm:activity-edit",
    edit_permission=EDITS,
)  # fmt: skip
