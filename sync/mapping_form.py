"""The form of a field mapping. What fits is offered; what does not is explained by the service."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qbo_connector.models import Connection
from sync.enums import Direction, RecordType, Transform, Winner
from sync.mapping_lines import offer
from sync.models import FieldMapping, ObjectSettings
from sync.policies import OBJECT_OF

_ARROWS = {Direction.BOTH: "↔", Direction.IN: "←", Direction.OUT: "→"}


class MappingForm(forms.Form):
    """A pair of fields, which way values flow, and what happens to them on the way."""

    crm_field = forms.CharField(
        label=gettext_lazy("CRM property"),
        widget=forms.Select(attrs={"data-picker": True, "data-placeholder": gettext_lazy("Find a property…")}),
        error_messages={"required": gettext_lazy("Choose a property of the CRM.")},
    )
    qbo_field = forms.CharField(
        label=gettext_lazy("QuickBooks field"),
        widget=forms.Select(attrs={"data-picker": True, "data-placeholder": gettext_lazy("Find a field…")}),
        error_messages={"required": gettext_lazy("Choose a field of QuickBooks.")},
    )
    direction = forms.CharField(
        label=gettext_lazy("Direction"),
        widget=forms.Select,
        help_text=gettext_lazy("Only directions in which the two fields fit are offered."),
    )
    winner = forms.ChoiceField(
        label=gettext_lazy("When both sides changed it"),
        required=False,
        help_text=gettext_lazy("Who counts when a value was changed on both sides since they agreed last."),
    )
    transform = forms.ChoiceField(
        label=gettext_lazy("Transform"),
        choices=Transform.choices,
        required=False,
        help_text=gettext_lazy("A small change to texts on their way."),
    )
    default = forms.CharField(
        label=gettext_lazy("Default"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Written where the other side has nothing."),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        connection: Connection,
        record_type: RecordType,
        row: FieldMapping | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> None:
        """``asked`` is what is chosen so far, when the form is shown again with what fits that."""
        initial = {name: getattr(row, name) for name in self.base_fields} if row else {}
        initial |= {name: asked[name] for name in self.base_fields if asked and name in asked}
        super().__init__(data, initial=initial)
        self.row = row
        # Fields that can't be changed are not in what is posted.
        chosen: Mapping[str, Any] = initial if data is None or (row and row.standard) else data
        self._offer(connection, record_type, str(chosen.get("crm_field", "")), str(chosen.get("qbo_field", "")))
        settings = ObjectSettings.objects.filter(connection=connection, sync_object=OBJECT_OF[record_type]).first()
        of_object = Winner(settings.winner) if settings else Winner.QUICKBOOKS
        as_object = _("As set for all: %s") % of_object.label
        self.fields["winner"].choices = [("", as_object), *Winner.choices]  # type: ignore[attr-defined]

    def _offer(self, connection: Connection, record_type: RecordType, crm_field: str, qbo_field: str) -> None:
        offered = offer(connection, record_type, crm_field=crm_field, qbo_field=qbo_field)
        names = {name for name, _label in offered.quickbooks}
        if not self.is_bound and qbo_field and qbo_field not in names:
            self.initial["qbo_field"] = qbo_field = ""
            offered = offer(connection, record_type, crm_field=crm_field)
        directions = list(offered.directions)
        if not self.is_bound and directions and self.initial.get("direction") not in directions:
            self.initial["direction"] = str(directions[0])
        blank = [("", "")]
        self.fields["crm_field"].widget.choices = [*blank, *offered.crm]
        quickbooks = [*offered.quickbooks]
        if self.is_bound and qbo_field and qbo_field not in names:
            # Shown beside the sentence that says why it does not fit.
            every = dict(offer(connection, record_type).quickbooks)
            quickbooks.append((qbo_field, every.get(qbo_field, qbo_field)))
        self.fields["qbo_field"].widget.choices = [*blank, *quickbooks]
        shown = directions or list(Direction)
        self.fields["direction"].widget.choices = [(str(each), f"{_ARROWS[each]} {each.label}") for each in shown]
        if self.row is not None and self.row.standard:
            for name in ("crm_field", "qbo_field"):
                field = self.fields[name]
                field.disabled = True
                field.widget.attrs.pop("data-picker", None)
                field.help_text = _("A standard mapping keeps its fields.") if name == "crm_field" else ""

    def refuse(self, problems: Mapping[str, str]) -> None:
        """Show what the service refused at the fields."""
        for name, problem in problems.items():
            self.add_error(name if name in self.fields else None, problem)
