"""Form fields: amounts, currencies, days and moments, typed in the reader's notation and zone."""

from decimal import Decimal
from typing import Any

from babel.numbers import list_currencies
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import NotAnAmount, formatted_number, parsed


class AmountField(forms.CharField):
    """A number typed in the reader's notation, as a Decimal; None when empty."""

    def __init__(self, *, lowest: Decimal | None = None, limit: Decimal = Decimal(10) ** 12, **kwargs: Any) -> None:
        self.lowest, self.limit = lowest, limit
        super().__init__(
            widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}), max_length=40, **kwargs
        )

    def clean(self, value: Any) -> Any:
        """The number, or a sentence that says what is wrong with it."""
        text = super().clean(value)
        if not text:
            return None
        try:
            number = parsed(text)
        except NotAnAmount as error:
            raise ValidationError(_("“%s” is not a number. Type it like 1,234.50.") % text) from error
        return self.within(number)

    def within(self, number: Decimal) -> Decimal:
        """The number as it is kept, once it is within the limits."""
        if self.lowest is not None and number < self.lowest:
            raise ValidationError(_("This can't be less than %s.") % formatted_number(self.lowest))
        if abs(number) >= self.limit:
            raise ValidationError(_("This number is too large."))
        return round(number, 10)

    def prepare_value(self, value: Any) -> Any:
        """Stored numbers without trailing zeros; what was typed as it was typed."""
        return formatted_number(value) if isinstance(value, Decimal) else value


class CheckBoxes(forms.CheckboxSelectMultiple):
    """Several choices as boxes that look like all others; Django would give their look to the list of them as well."""

    def __init__(self, attrs: Any = None, choices: Any = ()) -> None:
        super().__init__({"class": "form-check-input", **(attrs or {})}, choices)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """What Django's template is given: boxes with the class, their list without."""
        context = super().get_context(name, value, attrs)
        del context["widget"]["attrs"]["class"]
        return context


class CurrencyCodeField(forms.CharField):
    """An ISO 4217 code, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocapitalize": "characters", "size": 4})
        kwargs.setdefault("help_text", gettext_lazy("Three letters, such as USD, EUR or GBP."))
        super().__init__(max_length=3, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        """The code in capitals."""
        code = str(super().clean(value)).upper()
        if code and code not in list_currencies():
            raise ValidationError(_("“%s” is not a currency code. Use three letters such as USD, EUR or GBP.") % code)
        return code


class DateField(forms.DateField):
    """A day, with the browser's calendar."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs)
        self.error_messages["invalid"] = gettext_lazy("This is not a date. Type it like 2026-11-30.")


class MomentField(forms.DateTimeField):
    """A day and a time in the reader's zone, with the browser's calendar."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": 1}, format="%Y-%m-%dT%H:%M:%S")
        super().__init__(widget=widget, **kwargs)
        self.error_messages["invalid"] = gettext_lazy("This is no date with a time. Type it like 2026-11-30 09:30.")
