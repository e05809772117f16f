"""What starts a workflow, for which records, and which come again: the forms of a definition's head."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.conditions import registry as conditions
from core.forms.conditions import ConditionField
from workflows import choices
from workflows.definition import Definition
from workflows.enums import Again, TriggerKind
from workflows.forms.step import ASKS_AGAIN, plain, value_field
from workflows.problems import MOST_DAYS
from workflows.trigger_events import event_kinds_of

SIDES = (
    ("after", gettext_lazy("after")),
    ("before", gettext_lazy("before")),
)


class TriggerForm(forms.Form):
    """What starts the workflow. What is asked follows from what is chosen."""

    kind = forms.ChoiceField(
        label=gettext_lazy("It starts when"), choices=TriggerKind.choices, widget=forms.Select(attrs=ASKS_AGAIN)
    )

    def __init__(self, data: Any = None, *, definition: Definition, user: Any) -> None:
        self.object_type, self.user = str(definition.get("object")), user
        self.trigger: Mapping[str, Any] = definition.get("trigger") or {}
        days = self.trigger.get("days") or 0
        changed = self.trigger.get("changed") or {}
        initial = {
            "kind": self.trigger.get("kind"),
            "event": self.trigger.get("event"),
            "changed": changed.get("property"),
            "to": changed.get("to"),
            "date": self.trigger.get("property"),
            "days": abs(days),
            "side": "before" if days < 0 else "after",
            "at": self.trigger.get("at", "09:00"),
            "working_days": self.trigger.get("working_days", False),
        }
        super().__init__(data, initial=initial)
        kind = self._now("kind") or TriggerKind.EVENT.value
        if kind == TriggerKind.EVENT:
            self._ask_event()
        elif kind == TriggerKind.DATE:
            self._ask_date()

    def _now(self, name: str) -> Any:
        return self.data.get(name) if self.is_bound else self.initial.get(name)

    def _ask_event(self) -> None:
        grouped: dict[str, list[tuple[str, str]]] = {}
        for each in event_kinds_of(self.object_type):
            grouped.setdefault(str(each.group), []).append((each.name, str(each.label)))
        listed: list[Any] = [("", _("Choose what has to happen…")), *grouped.items()]
        again = forms.Select(attrs=ASKS_AGAIN)
        self.fields["event"] = forms.ChoiceField(label=_("What has to happen"), choices=listed, widget=again)
        if self._now("event") != f"{self.object_type}.changed":
            return
        listed = [("", _("Any property")), *choices.properties(self.object_type, self.user)]
        self.fields["changed"] = forms.ChoiceField(
            label=_("Which property"), choices=listed, required=False, widget=forms.Select(attrs=ASKS_AGAIN)
        )
        name = self._now("changed")
        known = conditions.field_of(self.object_type, str(name), self.user) if name else None
        if known is not None:
            self.fields["to"] = field = value_field(known, self.user, required=False)
            field.label, field.help_text = _("And is now"), _("Leave it empty for any value.")

    def _ask_date(self) -> None:
        listed = [("", _("Choose a date…")), *choices.dates(self.object_type, self.user)]
        self.fields["days"] = forms.IntegerField(
            label=_("Days"), min_value=0, max_value=MOST_DAYS, help_text=_("0 is the day itself.")
        )
        self.fields["side"] = forms.ChoiceField(label=_("Before or after"), choices=SIDES)
        self.fields["date"] = forms.ChoiceField(label=_("The date"), choices=listed)
        self.fields["at"] = forms.TimeField(
            label=_("Time of day"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            help_text=_("In the company’s time zone."),
        )  # fmt: skip
        self.fields["working_days"] = forms.BooleanField(
            label=_("On working days only: what falls on another day waits for the next one"), required=False
        )

    def chosen(self) -> dict[str, Any]:
        """The trigger as it is kept. Only with clean data."""
        given = self.cleaned_data
        kind = given["kind"]
        if kind == TriggerKind.EVENT:
            made: dict[str, Any] = {"kind": kind, "event": given["event"], "changed": None}
            if given.get("changed"):
                made["changed"] = {"property": given["changed"]}
                if given.get("to") not in (None, ""):
                    made["changed"]["to"] = plain(given["to"])
            return made
        if kind == TriggerKind.DATE:
            days = given["days"] if given["side"] == "after" else -given["days"]
            at = given["at"].strftime("%H:%M")
            return {
                "kind": kind, "property": given["date"], "days": days, "at": at, "working_days": given["working_days"],
            }  # fmt: skip
        return {"kind": kind}


class ConditionsForm(forms.Form):
    """Which records are enrolled, or go through a branch."""

    def __init__(self, *args: Any, object_type: str, user: Any, named: bool = False, **more: Any) -> None:
        super().__init__(*args, **more)
        if named:
            self.fields["name"] = forms.CharField(label=_("Name"), max_length=60)
        field = ConditionField(object_type=object_type, user=user, required=False, label=_("Conditions"))
        self.fields["where"] = field


class RulesForm(forms.Form):
    """Whether a record may come again, and who is left alone."""

    again = forms.ChoiceField(
        label=gettext_lazy("A record is enrolled"), choices=Again.choices, widget=forms.Select(attrs=ASKS_AGAIN)
    )

    def __init__(self, data: Any = None, *, definition: Definition, user: Any) -> None:
        again = definition.get("again", Again.NEVER.value)
        after = again.get(Again.AFTER_DAYS.value) if isinstance(again, Mapping) else None
        kind = Again.AFTER_DAYS.value if after else again
        suppress = [str(pk) for pk in definition.get("suppress") or []]
        super().__init__(data, initial={"again": kind, "days": after or 30, "suppress": suppress})
        if (self.data.get("again") if self.is_bound else kind) == Again.AFTER_DAYS:
            self.fields["days"] = forms.IntegerField(label=_("Days in between"), min_value=1, max_value=MOST_DAYS)
        pairs = choices.segments(str(definition.get("object")))
        if pairs or suppress:
            listed = [*pairs, *((pk, _("A segment that is gone")) for pk in suppress if pk not in dict(pairs))]
            self.fields["suppress"] = forms.MultipleChoiceField(
                label=_("Leave these alone"), choices=listed, required=False,
                widget=forms.SelectMultiple(attrs={"data-picker": ""}),
                help_text=_("Records in one of these segments are never enrolled."),
            )  # fmt: skip

    def chosen(self) -> dict[str, Any]:
        """The rules as they are kept. Only with clean data."""
        given = self.cleaned_data
        after = given["again"] == Again.AFTER_DAYS
        again = {Again.AFTER_DAYS.value: given["days"]} if after else given["again"]
        return {"again": again, "suppress": [int(pk) for pk in given.get("suppress") or []]}
