"""What conditions can say about the runs of workflows."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.visibility import Sight, within
from core.conditions import ConditionObject, Field
from core.conditions import registry as conditions
from core.conditions.registry import add_fields, add_object
from workflows.enums import EnrolmentState
from workflows.models import Enrolment, Workflow
from workflows.records import KINDS, label_of

VIEW = "workflows.view"
ABOUT, DATES = _("About"), _("Dates and people")


def visible_to(user: Any) -> QuerySet[Enrolment]:
    """The runs that who may see workflows may see: those of records that they may see."""
    if not user.has_perm(VIEW):
        return Enrolment.objects.none()

    def ways(_sight: Sight) -> list[QuerySet[Any, Any]]:
        kinds = [kind for kind in KINDS if conditions.may_use(kind, user)]
        seen = {kind: conditions.objects[kind].visible_to(user).order_by().values("pk") for kind in kinds}
        rows = Enrolment.objects
        return [rows.filter(object_type=kind, record_id__in=ids).values_list("pk") for kind, ids in seen.items()]

    return within(Enrolment.objects.all(), user, ways)


def workflow_options(_user: Any) -> list[tuple[str, str]]:
    """The workflows."""
    return [(str(pk), name) for pk, name in Workflow.objects.order_by("name", "pk").values_list("pk", "name")]


def kind_options(_user: Any) -> Iterable[tuple[str, str]]:
    """The kinds of records that workflows are about."""
    return [(kind, label_of(kind)) for kind in KINDS]


def register() -> None:
    """Add runs and their properties."""
    add_object(ConditionObject("workflow_run", _("Workflow runs"), Enrolment, visible_to, VIEW))
    add_fields(
        "workflow_run",
        Field("title", _("Record"), "text", "title", group=ABOUT),
        Field("workflow", _("Workflow"), "record", "workflow_id", options=workflow_options, group=ABOUT),
        Field("state", _("State"), "choice", "state", tuple(EnrolmentState.choices), group=ABOUT),
        Field("kind", _("Kind of record"), "choice", "object_type", options=kind_options, group=ABOUT),
        Field("reason", _("Reason"), "text", "reason", group=ABOUT),
        Field("started", _("Started"), "datetime", "enrolled_at", group=DATES),
        Field("ended", _("Ended"), "datetime", "ended_at", group=DATES),
    )
