"""The settings of quotes."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

AREA = forms.Textarea(attrs={"rows": 3})


class QuoteSettingsForm(forms.Form):
    """How quotes are numbered and approved."""

    number_prefix = forms.CharField(label=gettext_lazy("Numbers begin with"), required=False, max_length=20)
    number_digits = forms.IntegerField(label=gettext_lazy("Digits"), min_value=1, max_value=12)
    next_number = forms.IntegerField(label=gettext_lazy("Next number"), min_value=1, max_value=10**15)
    valid_days = forms.IntegerField(label=gettext_lazy("Valid for days"), min_value=1, max_value=3650)
    discount_limit = forms.DecimalField(
        label=gettext_lazy("Discounts above this percentage need approval"),
        required=False,
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        help_text=gettext_lazy("Discounts of lines and of the whole together. Empty: none needs approval."),
    )
    notes = forms.CharField(label=gettext_lazy("Notes of a new quote"), required=False, max_length=10_000, widget=AREA)
    terms = forms.CharField(label=gettext_lazy("Terms of a new quote"), required=False, max_length=10_000, widget=AREA)

    def values(self) -> dict[str, Any]:
        """The columns to write. Only after ``is_valid``."""
        return dict(self.cleaned_data)
