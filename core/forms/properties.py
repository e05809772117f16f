"""The form of a custom property: what it asks depends on the kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.enums import PropertyKind
from core.forms.fields import AmountField, CurrencyCodeField
from core.forms.values import form_field
from core.models import PropertyDefinition, PropertyGroup
from core.properties import Definition, typed
from core.properties.schema import Choice
from core.services.properties import CHOICE_KINDS, INDEXED_KINDS, NUMBER_KINDS, UNIQUE_KINDS

LARGEST = Decimal(10) ** 15
EMPTY_ROWS = 3


@dataclass(frozen=True)
class ChoiceRow:
    """A row of the choices' editor: the id is empty for a new one."""

    id: str
    label: str


class PropertyForm(forms.Form):
    """A property of ``object_type``; ``row`` is what is edited, None for a new one. ``fixed`` keeps the kind."""

    label = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=PropertyKind.choices)
    group = forms.CharField(
        label=gettext_lazy("Group"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "property-groups", "autocomplete": "off"}),
        help_text=gettext_lazy("A heading that it stands under, such as Delivery. A new name makes a new group."),
    )
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Shown under the field."),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        object_type: str,
        row: PropertyDefinition | None = None,
        fixed: bool = False,
        asked_for: QueryDict | None = None,
    ) -> None:
        """``asked_for`` is what was typed before another kind was chosen."""
        self.object_type, self.row, self.fixed = object_type, row, fixed
        values = {**(self._initial_of(row) if row is not None else {}), **(asked_for.dict() if asked_for else {})}
        super().__init__(data, initial=values)
        self.shown_kind = self._kind(data, values)
        self.groups = list(PropertyGroup.objects.filter(object_type=object_type).values_list("name", flat=True))
        if asked_for:  # the form came anew for another kind: go on from there
            self.fields["kind"].widget.attrs["data-autofocus"] = ""
        if fixed:
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("Records have values, so the kind can't change.")
        self._add_by_kind(row)
        self.choice_rows = self._choice_rows(data if data is not None else asked_for, row)

    @staticmethod
    def _initial_of(row: PropertyDefinition) -> dict[str, Any]:
        names = ("label", "kind", "description", "required", "unique", "currency", "lowest", "highest", "indexed")
        values = {name: getattr(row, name) for name in names}
        kind = PropertyKind(row.kind)
        default = typed(kind, row.default)
        return {**values, "group": row.group.name if row.group else "", "default": default}

    def _kind(self, data: QueryDict | None, values: Mapping[str, Any]) -> PropertyKind:
        typed_in = data.get("kind") if data is not None and not self.fixed else values.get("kind")
        return PropertyKind(typed_in) if typed_in in PropertyKind.values else PropertyKind.TEXT

    def _add_by_kind(self, row: PropertyDefinition | None) -> None:
        kind = self.shown_kind
        if kind in NUMBER_KINDS:
            self.fields["lowest"] = AmountField(label=_("Lowest value"), required=False, limit=LARGEST)
            self.fields["highest"] = AmountField(label=_("Highest value"), required=False, limit=LARGEST)
        if kind == PropertyKind.CURRENCY:
            text = _("Three letters, such as EUR. Leave it empty for the currency of the record.")
            self.fields["currency"] = CurrencyCodeField(label=_("Currency"), required=False, help_text=text)
        if kind != PropertyKind.USER and not (kind in CHOICE_KINDS and row is None):
            self.fields["default"] = self._default_field(row)
        if kind != PropertyKind.CHECKBOX:
            text = _("People must fill it. What comes from QuickBooks may leave it empty.")
            self.fields["required"] = forms.BooleanField(label=_("Required"), required=False, help_text=text)
        if kind in UNIQUE_KINDS:
            text = _("No two records may have the same value. Capitals count.")
            self.fields["unique"] = forms.BooleanField(label=_("Unique"), required=False, help_text=text)
        if kind in INDEXED_KINDS:
            text = _(
                "Lists of more than 100,000 records sort and filter by range only by such properties; at most ten."
            )
            self.fields["indexed"] = forms.BooleanField(label=_("Fast to sort"), required=False, help_text=text)

    def _default_field(self, row: PropertyDefinition | None) -> forms.Field:
        choices = [(c.pk, c.label, c.archived_at) for c in row.choices.all()] if row is not None else []
        shape = Definition(
            0, self.object_type, "", _("Default"), self.shown_kind,
            description=_("New records start with it."),
            choices=tuple(Choice(str(pk), label, archived is not None) for pk, label, archived in choices),
        )  # fmt: skip
        return form_field(shape, row.default if row is not None else None)

    def _choice_rows(self, data: QueryDict | None, row: PropertyDefinition | None) -> list[ChoiceRow]:
        if self.shown_kind not in CHOICE_KINDS:
            return []
        if data is not None and "choice_label" in data:
            pairs = zip(data.getlist("choice_id"), data.getlist("choice_label"), strict=False)
            return [ChoiceRow(pk if pk.isdecimal() and len(pk) < 19 else "", label) for pk, label in pairs]
        stored = row.choices.filter(archived_at=None) if row is not None else []
        held = [ChoiceRow(str(choice.pk), choice.label) for choice in stored]
        return held + [ChoiceRow("", "") for _number in range(0 if held else EMPTY_ROWS)]

    def choices(self) -> Sequence[tuple[int | None, str]]:
        """The typed choices in order: (id or None, label); rows left empty are no choices."""
        return [(int(each.id) if each.id else None, each.label) for each in self.choice_rows if each.label.strip()]

    def values(self) -> dict[str, Any]:
        """The columns to write, apart from group and choices. Only after ``is_valid``."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "group"}
        if self.fixed:
            values.pop("kind", None)
        if self.shown_kind == PropertyKind.CHECKBOX and not values.get("default"):
            values["default"] = None
        return values

    def refuse(self, field: str, text: str) -> None:
        """Show what a service refused."""
        self.add_error(field if field in self.fields else None, text)

    def asked(self) -> list[list[Any]]:
        """The bound fields in rows, as the template prints them after name and kind."""
        rows = [["currency"], ["lowest", "highest"], ["default"], ["group"], ["description"], ["required"], ["unique"]]
        rows.append(["indexed"])
        return [[self[name] for name in row if name in self.fields] for row in rows if set(row) & set(self.fields)]
