"""Form fields of the builder: a duration, and the texts that are filled in from records."""

import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from workflows.steps.registry import UNITS
from workflows.steps.writing import TODAY

UNIT_WORDS = {
    "minutes": gettext_lazy("minutes"),
    "hours": gettext_lazy("hours"),
    "days": gettext_lazy("days"),
    "weeks": gettext_lazy("weeks"),
}


class DurationInput(forms.MultiWidget):
    """A number and its unit, side by side."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = forms.NumberInput(attrs={"min": 1, "max": 10_000, "class": "form-control"})
        unit = forms.Select(choices=[(unit, UNIT_WORDS[unit]) for unit in UNITS], attrs={"class": "form-select"})
        super().__init__({"amount": number, "unit": unit}, attrs)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Each part keeps its own looks and says what it is."""
        context: dict[str, Any] = super().get_context(name, value, attrs)
        looks = ("form-control", "form-select")
        for part, look, label in zip(context["widget"]["subwidgets"], looks, (_("Number"), _("Unit")), strict=True):
            part["attrs"] |= {"class": look, "aria-label": label}
        return context

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Both parts in one line."""
        return format_html('<div class="duration-input">{}</div>', super().render(name, value, attrs, renderer))

    def id_for_label(self, id_: str) -> str:
        """The label names the number."""
        return f"{id_}_amount" if id_ else ""

    def decompress(self, value: Any) -> list[Any]:
        """A stored duration as its two parts."""
        if isinstance(value, dict):
            return [value.get("amount"), value.get("unit")]
        return [None, "days"]


class DurationField(forms.MultiValueField):
    """How long: ``{"amount": 3, "unit": "days"}``; None when empty."""

    def __init__(self, **more: Any) -> None:
        amount = forms.IntegerField(min_value=1, max_value=10_000, required=False)
        unit = forms.ChoiceField(choices=[(unit, UNIT_WORDS[unit]) for unit in UNITS])
        super().__init__(fields=(amount, unit), widget=DurationInput(), require_all_fields=False, **more)

    def compress(self, data_list: list[Any]) -> Any:
        """The two parts as one value."""
        if not data_list or data_list[0] is None:
            if self.required:
                raise ValidationError(_("Say how long, such as 3 days."))
            return None
        return {"amount": data_list[0], "unit": data_list[1] or "days"}


class DayOrToday(forms.CharField):
    """A day, or ``today``: the day on which it happens."""

    def __init__(self, **more: Any) -> None:
        super().__init__(max_length=20, **more)
        self.widget.attrs["placeholder"] = _("2026-11-30, or: today")

    def clean(self, value: Any) -> Any:
        """The day as text, or ``today``."""
        text = str(super().clean(value)).strip().lower()
        if text in ("", TODAY):
            return text
        try:
            return datetime.date.fromisoformat(text).isoformat()
        except ValueError as error:
            raise ValidationError(_("This is not a date. Type it like 2026-11-30, or: today.")) from error


class TextWithNames(forms.Textarea):
    """A text into which names of a record's properties can be put; they are offered beside it."""

    def __init__(self, names: list[tuple[str, str]]) -> None:
        self.names = names
        super().__init__({"rows": 8})


class LineWithNames(forms.TextInput):
    """The same in one line."""

    def __init__(self, names: list[tuple[str, str]]) -> None:
        self.names = names
        super().__init__()
