"""Forms of the sync settings."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms import zone_choices
from sync.reads import reads_a_month


class PaceForm(forms.Form):
    """How often a company is read, and where its day begins."""

    interval_minutes = forms.IntegerField(
        label=_("Minutes between two reads"),
        min_value=1,
        max_value=60,
        help_text=_("1 to 60. A change in QuickBooks is here after that time at the latest."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone of the company"),
        choices=zone_choices,
        help_text=_("Its midnight decides from when on an invoice is overdue."),
        widget=forms.Select(attrs={"data-picker": True}),
    )

    @property
    def estimate(self) -> int | None:
        """Reads a month with the interval that is in the field; None while that is no interval."""
        try:
            minutes = int(str(self["interval_minutes"].value()))
        except ValueError:
            return None
        return reads_a_month(minutes) if 1 <= minutes <= 60 else None
