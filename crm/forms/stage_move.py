"""What a stage asks for when a deal enters it: exactly the properties that are missing, and why it was won or lost."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from core.forms.values import form_field
from core.properties import PREFIX, BadValues, by_slot
from crm.enums import DealStatus
from crm.forms import closing
from crm.forms.records import DealForm
from crm.models import Deal, Stage
from crm.services import stage_requirements


class StageMoveForm(forms.Form):
    """``asks`` says whether there is anything to fill in; ``lines`` that line items are missing, which are not here."""

    def __init__(self, data: Any = None, *, deal: Deal, stage: Stage, user: Any) -> None:
        super().__init__(data)
        self.deal, self.stage = deal, stage
        names = [each.name for each in stage_requirements.missing(deal, stage)]
        self.lines = "lines" in names
        self.columns = [name for name in names if name in DealForm.base_fields]
        self.slots = [name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)]
        self._add_columns(user)
        self._add_properties()
        self._add_reason()

    @property
    def asks(self) -> bool:
        """Whether the move needs this form."""
        return bool(self.fields) or self.lines

    def _add_columns(self, user: Any) -> None:
        if not self.columns:
            return
        # A new deal's form has the contacts, one that is there has what is chosen already.
        filled = DealForm(user=user, record=self.deal)
        empty = DealForm(user=user) if "contacts" in self.columns else filled
        for name in self.columns:
            field = (empty if name == "contacts" else filled).fields[name]
            field.required = True
            self.fields[name] = field
        if "amount" in self.columns:
            self.fields["amount"].help_text = self.deal.currency

    def _add_properties(self) -> None:
        known = by_slot("deal")
        people: Sequence[tuple[str, str]] = ()
        if any(known[slot].kind == "user" for slot in self.slots):
            users = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
            people = [(str(user.pk), str(user)) for user in users]
        for slot in self.slots:
            field = form_field(known[slot], None, people)
            field.required = True
            self.fields[f"property_{slot}"] = field

    def _add_reason(self) -> None:
        closes = self.stage.status != DealStatus.OPEN and self.stage.status != self.deal.status
        if not closes:
            return
        self.fields.update(closing.fields_of(self.stage))

    def clean(self) -> dict[str, Any]:
        """Another reason needs words."""
        cleaned = super().clean() or self.cleaned_data
        closing.check(self, cleaned)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What ``stage_moves.move`` takes. Only after ``is_valid``."""
        given = self.cleaned_data
        values = {name: given[name] for name in self.columns if name != "contacts"}
        if self.slots:
            values["properties"] = {slot: given[f"property_{slot}"] for slot in self.slots}
        return {"values": values, "contacts": given.get("contacts") or (), **closing.given(given)}

    def refuse(self, refused: BadValues) -> None:
        """Show what a service refused."""
        for slot, problem in refused.problems.items():
            self.add_error(f"property_{slot}" if f"property_{slot}" in self.fields else None, problem)
