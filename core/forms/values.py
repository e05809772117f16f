"""Custom properties in forms: one field for each, grouped, and the values that the services take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.translation import gettext as _

from core.enums import PropertyKind
from core.forms.fields import AmountField, CheckBoxes, DateField, MomentField
from core.properties import BadValues, Definition, clean_values, definitions, typed
from core.properties.objects import stored
from core.properties.values import LARGEST_NUMBER, LONGEST_LONG_TEXT, LONGEST_TEXT

FIELD = "property_"


@dataclass(frozen=True)
class Section:
    """Properties that stand together, as (heading, names of form fields)."""

    heading: str
    names: Sequence[str]


class PropertyFields:
    """The fields of an object's custom properties inside ``form``; ``record`` is None for a new one."""

    def __init__(self, form: forms.Form, object_type: str, record: Any = None) -> None:
        self.form, self.object_type, self.record = form, object_type, record
        self.definitions = definitions(object_type)
        held = stored(record) if record is not None else {}
        people = self._people(held)
        for definition in self.definitions:
            value = held.get(definition.slot) if record is not None else definition.default
            field = form_field(definition, value, people)
            form.fields[FIELD + definition.slot] = field
            form.initial.setdefault(FIELD + definition.slot, self._initial(definition, value))

    def _people(self, held: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Who can be chosen: active users, and whoever is chosen already; no query where nobody is asked for."""
        mine = [d for d in self.definitions if d.kind == PropertyKind.USER]
        if not mine:
            return []
        chosen = [pk for d in mine for value in (held.get(d.slot), d.default) if (pk := typed(d.kind, value))]
        users = get_user_model()._default_manager.filter(Q(is_active=True) | Q(pk__in=chosen))
        return [(str(user.pk), str(user)) for user in users.order_by("name", "pk")]

    @staticmethod
    def _initial(definition: Definition, value: Any) -> Any:
        found = typed(definition.kind, value)
        return str(found) if definition.kind == PropertyKind.USER and found is not None else found

    def given(self) -> dict[str, Any]:
        """The values by slot, as the services take them. Only after ``is_valid``."""
        return {d.slot: self._value(d) for d in self.definitions if FIELD + d.slot in self.form.cleaned_data}

    def _value(self, definition: Definition) -> Any:
        value = self.form.cleaned_data[FIELD + definition.slot]
        if definition.kind == PropertyKind.CHECKBOX and not value:
            # An unticked box that was never ticked says nothing yet.
            held = stored(self.record) if self.record is not None else {definition.slot: definition.default}
            return None if held.get(definition.slot) is None else False
        return value if value != "" else None

    def check(self) -> None:
        """Refuse at the fields what the services would refuse; to be called by the form's ``clean``."""
        try:
            clean_values(self.object_type, self.given(), record=self.record)
        except BadValues as refused:
            self.refuse(refused)

    def refuse(self, refused: BadValues) -> None:
        """Show at the fields what a service refused."""
        for slot, problem in refused.problems.items():
            name = FIELD + slot if FIELD + slot in self.form.fields else None
            if name is None or name not in self.form.errors:
                self.form.add_error(name, problem)

    def sections(self) -> list[Section]:
        """The fields by group; those without one first, under no heading."""
        found: dict[str, list[str]] = {}
        for definition in self.definitions:
            found.setdefault(definition.group, []).append(FIELD + definition.slot)
        return [Section(heading, names) for heading, names in found.items()]


def form_field(definition: Definition, value: Any, people: Sequence[tuple[str, str]] = ()) -> forms.Field:
    """The form field of a property; ``value`` is what it shows, so that an archived choice stays choosable there."""
    shared: dict[str, Any] = {
        "label": definition.label,
        "required": definition.required,
        "help_text": definition.description,
    }
    kind = definition.kind
    if kind == PropertyKind.LONG_TEXT:
        return forms.CharField(max_length=LONGEST_LONG_TEXT, widget=forms.Textarea(attrs={"rows": 3}), **shared)
    if kind in (PropertyKind.NUMBER, PropertyKind.CURRENCY):
        if definition.currency:
            shared["label"] = f"{definition.label} ({definition.currency})"
        return AmountField(limit=LARGEST_NUMBER, **shared)
    if kind == PropertyKind.DATE:
        return DateField(**shared)
    if kind == PropertyKind.DATETIME:
        return MomentField(**shared)
    if kind == PropertyKind.CHECKBOX:
        return forms.BooleanField(**{**shared, "required": False})
    if kind == PropertyKind.USER:
        return forms.ChoiceField(choices=[("", _("Nobody")), *people], **shared)
    if kind in (PropertyKind.CHOICE, PropertyKind.CHOICES):
        chosen = value if isinstance(value, list) else [value]
        offered = [(c.id, c.label) for c in definition.choices if not c.archived or c.id in chosen]
        if kind == PropertyKind.CHOICES:
            return forms.MultipleChoiceField(choices=offered, widget=CheckBoxes, **shared)
        return forms.ChoiceField(choices=[("", "–"), *offered], **shared)
    return forms.CharField(max_length=LONGEST_TEXT, **shared)


class PropertyValuesForm(forms.Form):
    """Only the custom properties of a record: for objects whose other values come from elsewhere."""

    def __init__(self, *args: Any, object_type: str, record: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.properties = PropertyFields(self, object_type, record)

    def clean(self) -> dict[str, Any]:
        """Refuse what the services would refuse."""
        cleaned = super().clean() or self.cleaned_data
        self.properties.check()
        return cleaned

    def sections(self) -> list[dict[str, Any]]:
        """Headings with their bound fields."""
        return [
            {"heading": section.heading, "fields": [self[name] for name in section.names]}
            for section in self.properties.sections()
        ]
