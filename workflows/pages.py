"""What workflows add to the pages of others: the menu, cards of records, an action of lists, sentences, the palette."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.handing_over import Belonging, belongings
from core import registry
from core.event_words import acted
from core.tables import Action, Outcome
from core.tables.registry import tables
from workflows import page_queries as queries
from workflows.models import Workflow
from workflows.records import KINDS
from workflows.services import enrolments

ENROL, MANAGE, VIEW = "workflows.enrol", "workflows.manage", "workflows.view"
ACTS = {
    "created": gettext_lazy("made the workflow %s"),
    "changed": gettext_lazy("renamed the workflow %s"),
    "published": gettext_lazy("published the workflow %s"),
    "switched_on": gettext_lazy("switched the workflow %s on"),
    "switched_off": gettext_lazy("switched the workflow %s off"),
    "existing_enrolled": gettext_lazy("had the records enrolled that fit the workflow %s already"),
    "archived": gettext_lazy("archived the workflow %s"),
    "restored": gettext_lazy("restored the workflow %s"),
}


class EnrolForm(forms.Form):
    """Which workflow the chosen records go through."""

    workflow = forms.ModelChoiceField(Workflow.objects.none(), label=gettext_lazy("Workflow"), empty_label=None)

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)
        field: Any = self.fields["workflow"]
        field.queryset = queries.to_enrol_in(object_type)
        field.help_text = _("Its conditions and its rule for coming again count here too.")
        if not field.queryset.exists():
            field.help_text = _("There is no workflow about such records that is switched on.")

    def chosen(self) -> dict[str, Any]:
        """The workflow's id."""
        return {"workflow": self.cleaned_data["workflow"].pk}


def _enrol(object_type: str) -> Any:
    def many(rows: Sequence[Any], choice: Mapping[str, Any], by: Any) -> Outcome:
        """Enrol a slice; those that were left out are told with the reasons."""
        outcome = Outcome()
        workflow = Workflow.objects.select_related("published").filter(pk=choice["workflow"]).first()
        ids = [row.pk for row in rows]
        try:
            if workflow is None:
                raise enrolments.NotPossible(_("The workflow is gone."))
            told = enrolments.enrol_by_hand(workflow, object_type, ids, by=by)
        except enrolments.NotPossible as refused:
            outcome.refused.update(dict.fromkeys(ids, str(refused)))
            return outcome
        enrolled = queries.records_of(told.ids)
        reasons = _("It was left out: %s.") % ", ".join(told.left_out)
        for pk in ids:
            if pk in enrolled:
                outcome.done[pk] = None
            else:
                outcome.refused[pk] = reasons
        return outcome

    return many


def _enrolled(count: int) -> str:
    return ngettext("%d record is enrolled.", "%d records are enrolled.", count) % count


def add_actions() -> None:
    """Give the lists of records the action that enrols."""
    for name in KINDS:
        if name in tables:
            action = Action(
                "enrol", gettext_lazy("Enrol in workflow"), "bolt", _enrolled, ENROL, many=_enrol(name), ask=EnrolForm
            )
            tables[name] = replace(tables[name], actions=(*tables[name].actions, action))


def _actions(user: Any) -> list[registry.Action]:
    if not user.has_perm(MANAGE):
        return []
    return [registry.Action(gettext_lazy("New workflow"), reverse("workflows:create"), "bolt", 40, create=True)]


def register() -> None:
    """Fill the registries of others."""
    registry.menu.append(
        registry.MenuEntry(gettext_lazy("Workflows"), "workflows:list", "bolt", order=75, permission=VIEW, shortcut="w")
    )
    registry.add_object_type(
        registry.ObjectType(
            "workflow", gettext_lazy("Workflow"), gettext_lazy("Workflows"), "workflows:builder", "bolt"
        )
    )
    registry.record_cards += [
        registry.RecordCard(
            kind, "workflows", gettext_lazy("Workflows"), f"workflows:{kind}-card", order=80, permission=VIEW
        )
        for kind in KINDS
    ]
    registry.health_cards.append(
        registry.HomeCard("workflows", gettext_lazy("Workflows"), "workflows:health", order=60, permission=VIEW)
    )
    registry.add_event_kinds(
        *(
            registry.EventKind(f"workflow.{act}", "workflow", "bolt", acted(words, "title"))
            for act, words in ACTS.items()
        )
    )
    registry.actions.append(_actions)
    belongings.append(Belonging(gettext_lazy("Workflows"), _owned, _give))
    add_actions()


def _owned(person: int) -> Any:
    return Workflow.objects.filter(owner_id=person, archived_at=None)


def _give(workflow: Workflow, to: Any, by: Any) -> None:
    Workflow.objects.filter(pk=workflow.pk).update(owner=to)
