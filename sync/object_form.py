"""The form of an object's settings: the rows that apply to it, each choice with its sentence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms import BoundField
from django.utils.translation import gettext as _

from core.conditions import BadCondition
from core.conditions import sentence as told_condition
from core.forms.conditions import ConditionField
from core.forms.fields import DateField
from qbo_connector.models import MirrorObject
from sync.enums import RecordType, SyncObject
from sync.filters import condition_for
from sync.mapping import catalogue
from sync.mapping.fields import TEXT
from sync.models import FieldMapping, ObjectSettings
from sync.policies import record_types
from sync.services.settings import CHOICES
from sync.setting_words import APPLY, SECTIONS, sentence, words

FILTERS = ("filter_in", "filter_out")
_LONGEST = {"display_name_template": 200, "display_name_suffix": 60}
# Settings of which only one kind of direction or choice has use; the page hides them otherwise.
_ONLY = {
    "incoming": "only-in",
    "removal": "only-in",
    "filter_in": "only-in",
    "filter_out": "only-out",
    "customer_is": "only-out",
    "display_name_template": "only-out",
    "display_name_suffix": "only-out",
    "income_account": "only-out",
    "matching_fields": "only-fields",
    "back_fill_since": "only-since",
}


@dataclass(frozen=True)
class Option:
    """One choice of a setting."""

    tag: Any
    label: str
    sentence: str
    id: str


@dataclass(frozen=True)
class Row:
    """One setting on the page: a choice with its options, a condition, or a plain field."""

    kind: str
    field: BoundField
    css: str
    options: Sequence[Option] = ()


class ObjectSettingsForm(forms.Form):
    """What holds for one object of one company; ``values()`` are as the settings service takes them."""

    def __init__(self, data: Any = None, *, stored: ObjectSettings, user: Any) -> None:
        self.stored, self.sync_object, self.user = stored, SyncObject(stored.sync_object), user
        self.types = [each for each in record_types(self.sync_object) if each != RecordType.LINE]
        super().__init__(data, initial=self._initial(), prefix=None)
        for name in APPLY[self.sync_object]:
            for key, field in self._fields_of(name):
                self.fields[key] = field

    def _initial(self) -> dict[str, Any]:
        initial = {name: getattr(self.stored, name) for name in APPLY[self.sync_object] if name not in FILTERS}
        for name in FILTERS:
            for record_type in self.types:
                initial[f"{name}_{record_type}"] = condition_for(getattr(self.stored, name), record_type)
        return initial

    def labels_of(self, name: str) -> dict[str, str]:
        """The labels of a field's choices."""
        return {str(value): str(label) for value, label in self[name].field.widget.choices}

    def _fields_of(self, name: str) -> Iterator[tuple[str, forms.Field]]:
        about = words(self.sync_object, name)
        shared: dict[str, Any] = {"label": about.title, "help_text": about.help}
        if name in CHOICES:
            yield name, forms.ChoiceField(choices=CHOICES[name].choices, widget=forms.RadioSelect, **shared)
        elif name in FILTERS:
            for record_type in self.types:
                label = f"{about.title}: {record_type.label}" if len(self.types) > 1 else about.title
                more = {**shared, "label": label}
                field = ConditionField(object_type=str(record_type), user=self.user, required=False, **more)
                yield f"{name}_{record_type}", field
        elif name == "matching_fields":
            picker = forms.SelectMultiple(attrs={"data-picker": True})
            yield name, forms.MultipleChoiceField(choices=self._texts(), required=False, widget=picker, **shared)
        elif name == "back_fill_since":
            yield name, DateField(required=False, **shared)
        elif name == "income_account":
            yield name, forms.ChoiceField(choices=self._accounts(), required=False, **shared)
        else:
            # A suffix may begin with a space.
            yield (
                name,
                forms.CharField(
                    max_length=_LONGEST[name],
                    required=name == "display_name_template",
                    strip=name == "display_name_template",
                    widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
                    **shared,
                ),
            )

    def _texts(self) -> list[tuple[str, str]]:
        """The texts to match by: those that are mapped, and chosen ones that no longer are."""
        rows = FieldMapping.objects.filter(connection=self.stored.connection_id, record_type__in=self.types)
        usable = {*rows.filter(enabled=True).values_list("crm_field", flat=True), *self.stored.matching_fields}
        found: dict[str, str] = {}
        for record_type in self.types:
            for name, field in catalogue.crm_fields(record_type).items():
                if field.kind == TEXT and name in usable:
                    found.setdefault(name, str(field.label))
        # Chosen ones first and in their order: the picker shows what is selected as it stands in the list.
        chosen = {name: found[name] for name in self.stored.matching_fields if name in found}
        return list({**chosen, **found}.items())

    def _accounts(self) -> list[tuple[str, str]]:
        accounts = MirrorObject.objects.filter(
            connection_id=self.stored.connection_id, entity="Account", deleted=False, active=True, kind="Income"
        )
        return [("", _("Found by its name")), *accounts.order_by("name", "pk").values_list("qbo_id", "name")]

    def values(self) -> dict[str, Any]:
        """The settings as they were sent; filters of several kinds of records are put together."""
        cleaned: Mapping[str, Any] = self.cleaned_data
        values = {name: cleaned[name] for name in APPLY[self.sync_object] if name not in FILTERS}
        for name in FILTERS:
            if name not in APPLY[self.sync_object]:
                continue
            parts = {str(each): cleaned[f"{name}_{each}"] for each in self.types if cleaned[f"{name}_{each}"]}
            values[name] = parts if len(self.types) > 1 else next(iter(parts.values()), {})
        return values

    def add_problems(self, problems: Mapping[str, str]) -> None:
        """Put what the service refused at its fields."""
        for name, problem in problems.items():
            places = [each for each in (name, f"{name}_{self.types[0]}") if each in self.fields]
            self.add_error(places[0] if places else None, problem)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The settings in the order of the page."""
        found = []
        for section in SECTIONS:
            rows = [row for name in section.fields if name in APPLY[self.sync_object] for row in self._rows(name)]
            if rows:
                # A heading without a row in sight would stand alone.
                shared = {row.css for row in rows}
                css = shared.pop() if len(shared) == 1 else ""
                found.append({"name": section.name, "title": section.title, "rows": rows, "css": css})
        return found

    def _rows(self, name: str) -> Iterator[Row]:
        css = _ONLY.get(name, "")
        if name in FILTERS:
            yield from (Row("condition", self[f"{name}_{each}"], css) for each in self.types)
        elif name in CHOICES:
            yield Row("choice", self[name], css, [self._option(name, each) for each in self[name]])
        else:
            yield Row(name if name == "display_name_template" else "plain", self[name], css)

    def _option(self, name: str, widget: Any) -> Option:
        value = str(widget.data["value"])
        return Option(
            widget.tag(), str(widget.choice_label), sentence(self.sync_object, name, value), widget.id_for_label
        )


def change_lines(form: ObjectSettingsForm) -> list[tuple[str, str, str]]:
    """Label, what is set now and what was sent, of the settings that differ; for the page that asks."""
    return [
        (
            str(form.fields[name].label),
            _said(form, name, form.initial.get(name)),
            _said(form, name, form.cleaned_data[name]),
        )
        for name in form.fields
        if _plain(form.initial.get(name)) != _plain(form.cleaned_data.get(name))
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: part for key, part in value.items() if key != "version"}
    return value or None


def _said(form: ObjectSettingsForm, name: str, value: Any) -> str:
    field = form.fields[name]
    if isinstance(field, ConditionField):
        return _condition_said(value, field)
    if isinstance(field, forms.MultipleChoiceField):
        labels = form.labels_of(name)
        return ", ".join(labels.get(each, each) for each in value or [])
    if isinstance(field, forms.ChoiceField):
        return form.labels_of(name).get(str(value), str(value or ""))
    return "" if value is None else str(value)


def _condition_said(value: Any, field: ConditionField) -> str:
    if not value:
        return ""
    try:
        return told_condition(value, field.object_type)
    except BadCondition as problem:
        # A stored filter whose property is gone.
        return str(problem)
