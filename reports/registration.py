"""What reports add to the registries: the menu, the palette, sentences of events, what belongs to a person."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.handing_over import Belonging, belongings
from core import registry
from core.audit.words import add_nouns
from core.event_words import acted
from reports.models import Report
from reports.services import schedules

VIEW = "reports.view"
ACTS = {
    "created": _("made the report %s"),
    "changed": _("changed the report %s"),
    "deleted": _("deleted the report %s"),
}


def register() -> None:
    """Fill the registries."""
    add_nouns(report=_("Report"), dashboard=_("Dashboard"))
    registry.menu.append(
        registry.MenuEntry(_("Reports"), "reports:list", "chart-bar", order=65, permission=VIEW, shortcut="r")
    )
    registry.add_object_type(registry.ObjectType("report", _("Report"), _("Reports"), "reports:report", "chart-bar"))
    registry.add_event_kinds(
        *(
            registry.EventKind(f"report.{act}", "report", "chart-bar", acted(words, "title"))
            for act, words in ACTS.items()
        )
    )
    registry.actions.append(_actions)
    schedules.register()
    belongings.append(Belonging(_("Reports"), _owned, _give))


def _actions(user: Any) -> list[registry.Action]:
    if not user.has_perm(VIEW):
        return []
    return [registry.Action(_("New report"), reverse("reports:create"), "chart-bar", 45, create=True)]


def _owned(person: int) -> Any:
    return Report.objects.filter(owner_id=person)


def _give(report: Report, to: Any, by: Any) -> None:
    Report.objects.filter(pk=report.pk).update(owner=to)
