"""The form of a step, from what its type asks for."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _

from core import text_templates
from core.conditions.fields import Field as Property
from core.forms.conditions import ConditionField
from core.forms.fields import AmountField, CheckBoxes, DateField, MomentField
from core.tables.editing import Editor, editor_of
from core.tables.registry import tables
from workflows import choices, records
from workflows.forms.fields import DayOrToday, DurationField, LineWithNames, TextWithNames
from workflows.steps import writing
from workflows.steps.registry import StepField, StepType

LONGEST = 20_000
# Another choice of these changes what else is asked.
ASKS_AGAIN = {"data-step-asks": ""}


class StepForm(forms.Form):
    """The settings of a step. ``shown`` are the fields that fit what is chosen so far."""

    def __init__(
        self, data: Any = None, *, step_type: StepType, object_type: str, settings: Mapping[str, Any], user: Any
    ) -> None:
        self.step_type, self.object_type, self.user = step_type, object_type, user
        self.settings = settings
        super().__init__(data, initial=dict(settings), prefix="set")
        self.deciding = {field.only_if[0] for field in step_type.fields if field.only_if}
        for field in step_type.fields:
            if self._asked(field):
                self.fields[field.name] = made = self._made(field)
                made.label, made.help_text = field.label, field.help
                if field.name not in settings and field.default is not None:
                    self.initial[field.name] = field.default

    def now(self, name: str) -> Any:
        """What is chosen for a setting at present: as sent, as kept, or its default."""
        if self.is_bound and f"set-{name}" in self.data:
            return self.data.get(f"set-{name}")
        default = next((field.default for field in self.step_type.fields if field.name == name), None)
        return self.settings.get(name, default)

    def _asked(self, field: StepField) -> bool:
        if field.objects is not None and self.object_type not in field.objects:
            return False
        if not field.only_if:
            return True
        name, *values = field.only_if
        return str(self.now(name) if self.now(name) is not None else "") in values

    def _made(self, field: StepField) -> forms.Field:
        return MAKERS[field.kind](self, field)

    def target(self) -> str:
        """The kind of record that the step's properties are of: the one at the end of its path."""
        for field in self.step_type.fields:
            if field.kind == "record_path":
                try:
                    return records.way(self.object_type, str(self.now(field.name) or ""))[1]
                except records.NoSuchPath:
                    return self.object_type
        return self.object_type

    def clean(self) -> dict[str, Any]:
        """Refuse what the type of step refuses, in its sentences."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            for sentence in self.step_type.check(self.chosen(), self.object_type):
                self.add_error(None, sentence)
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """The settings as they are kept. Only with clean data."""
        kept = {name: plain(value) for name, value in self.cleaned_data.items()}
        return {name: value for name, value in kept.items() if value not in (None, "", [], {})}


def plain(value: Any) -> Any:
    """A cleaned value as JSON: amounts and days as text, records and people as their ids."""
    if isinstance(value, bool | int | str | dict) or value is None:
        return value
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "pk"):
        return value.pk
    return value.isoformat() if hasattr(value, "isoformat") else format(value, "f")


def _select(pairs: Sequence[tuple[Any, Any]], *, required: bool, again: bool = False, **more: Any) -> forms.ChoiceField:
    """A list to choose from; what is chosen comes back as text."""
    widget = forms.Select(attrs={**(ASKS_AGAIN if again else {}), **({"data-picker": ""} if len(pairs) > 12 else {})})
    blank = [("", _("Choose…"))] if required else [("", "–")]
    return forms.ChoiceField(choices=[*blank, *pairs], required=required, widget=widget, **more)


def _ids(pairs: Sequence[tuple[Any, Any]], field: StepField) -> forms.Field:
    """A list of records by id; the id is kept as a number."""
    listed = [("", _("Choose…") if field.required else "–"), *pairs]
    widget = forms.Select(attrs={"data-picker": ""} if len(pairs) > 12 else {})
    return forms.TypedChoiceField(choices=listed, coerce=int, empty_value=None, required=field.required, widget=widget)


def _text(_form: StepForm, field: StepField) -> forms.Field:
    return forms.CharField(required=field.required, max_length=500)


def _long(_form: StepForm, field: StepField) -> forms.Field:
    return forms.CharField(required=field.required, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 4}))


def _template(form: StepForm, field: StepField) -> forms.Field:
    kind = LineWithNames if field.name == "subject" else TextWithNames
    widget = kind(text_templates.offered(form.object_type))
    return forms.CharField(required=field.required, max_length=LONGEST, widget=widget)


def _number(_form: StepForm, field: StepField) -> forms.Field:
    return forms.IntegerField(required=field.required, min_value=-3650, max_value=1_000_000)


def _choice(form: StepForm, field: StepField) -> forms.Field:
    pairs = [(str(value), label) for value, label in field.options(form.object_type)]
    decides = field.name in form.deciding
    if field.default is not None:
        widget = forms.Select(attrs=ASKS_AGAIN if decides else {})
        return forms.ChoiceField(choices=pairs, widget=widget)
    return _select(pairs, required=field.required, again=decides)


def _user(_form: StepForm, field: StepField) -> forms.Field:
    people = get_user_model()._default_manager.filter(is_active=True).order_by("name", "pk")
    return _ids([(person.pk, str(person)) for person in people], field)


def _property(form: StepForm, field: StepField) -> forms.Field:
    # Without a value beside it, a property is a date that is waited for.
    sets = any(each.kind == "value" for each in form.step_type.fields)
    own = writing.choices(form.target()) if sets else choices.dates(form.target(), form.user)
    pairs = field.options(form.target()) or own
    return _select([(str(name), label) for name, label in pairs], required=field.required, again=True)


def _value(form: StepForm, field: StepField) -> forms.Field:
    """Typed as in the list of these records; a day may also be the day on which it happens."""
    editor = editor_for(form.target(), str(form.now("property") or ""), form.user)
    if editor is None:
        return forms.CharField(required=False, max_length=LONGEST, disabled=True)
    if isinstance(editor.field, forms.DateField):
        return DayOrToday(required=False)
    editor.field.required = field.required
    return editor.field


def _conditions(form: StepForm, field: StepField) -> forms.Field:
    return ConditionField(object_type=form.object_type, user=form.user, required=field.required)


def _segment(form: StepForm, field: StepField) -> forms.Field:
    return _ids(choices.segments(form.target(), lists=True), field)


def _workflow(form: StepForm, field: StepField) -> forms.Field:
    return _ids(choices.workflows(), field)


def _url(_form: StepForm, field: StepField) -> forms.Field:
    return forms.URLField(required=field.required, max_length=2000, assume_scheme="https")


def _checkbox(form: StepForm, field: StepField) -> forms.Field:
    return forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs=_again(form, field)))


def _again(form: StepForm, field: StepField) -> dict[str, Any]:
    return ASKS_AGAIN if field.name in form.deciding else {}


def _record_path(form: StepForm, field: StepField) -> forms.Field:
    pairs = field.options(form.object_type) or [(path, words) for path, words, _kind in records.paths(form.object_type)]
    asks = (
        any(each.kind in ("property", "value", "segment") for each in form.step_type.fields)
        or field.name in form.deciding
    )
    return forms.ChoiceField(choices=pairs, required=False, widget=forms.Select(attrs=ASKS_AGAIN if asks else {}))


MAKERS: dict[str, Callable[[StepForm, StepField], forms.Field]] = {
    "text": _text,
    "long_text": _long,
    "template": _template,
    "number": _number,
    "choice": _choice,
    "user": _user,
    "team": lambda _form, field: _ids(choices.teams(), field),
    "property": _property,
    "value": _value,
    "conditions": _conditions,
    "segment": _segment,
    "workflow": _workflow,
    "stage": lambda _form, field: _ids(choices.stages(), field),
    "duration": lambda _form, field: DurationField(required=field.required),
    "url": _url,
    "checkbox": _checkbox,
    "record_path": _record_path,
}  # fmt: skip


def editor_for(object_type: str, name: str, user: Any) -> Editor | None:
    """How a property that steps can set is typed."""
    if name not in dict(writing.choices(object_type)):
        return None
    return editor_of(tables[object_type], name, None, user)


def value_field(known: Property | None, user: Any, *, required: bool) -> forms.Field:
    """How a value of a property is typed; plain text while no property is chosen."""
    if known is None:
        return forms.CharField(required=required, max_length=LONGEST)
    if known.kind in ("number", "money"):
        return AmountField(required=required)
    if known.kind == "date":
        return DateField(required=required)
    if known.kind == "datetime":
        return MomentField(required=required)
    if known.kind == "checkbox":
        return _select([("true", _("Yes")), ("false", _("No"))], required=required)
    pairs = choices.values_of(known, user)
    if known.kind == "multi_choice":
        return forms.MultipleChoiceField(choices=pairs, required=required, widget=CheckBoxes)
    if known.kind in ("choice", "user", "record") and pairs:
        return _select(pairs, required=required)
    return forms.CharField(required=required, max_length=LONGEST)
