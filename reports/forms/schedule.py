"""The form of sending a report by e-mail."""

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from reports.enums import FileFormat, Rhythm

VIEW = "reports.view"


class ScheduleForm(forms.Form):
    """When, to whom and as what."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=Rhythm.choices, initial=Rhythm.WEEKLY)
    weekday = forms.TypedChoiceField(label=_("Day of the week"), coerce=int, choices=list(WEEKDAYS.items()), initial=0)
    day = forms.IntegerField(label=_("Day of the month"), min_value=1, max_value=28, initial=1)
    hour = forms.TypedChoiceField(
        label=_("Hour"), coerce=int, choices=[(hour, f"{hour:02}:00") for hour in range(24)], initial=8
    )
    format = forms.ChoiceField(label=_("Attached as"), choices=FileFormat.choices, initial=FileFormat.XLSX)
    recipients = forms.ModelMultipleChoiceField(
        get_user_model()._default_manager.none(),
        label=_("To"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Everybody gets it as they may see it. Who may not export gets a link."),
    )

    def __init__(self, data: Any = None, *, people: Any, **more: Any) -> None:
        super().__init__(data, **more)
        field: Any = self.fields["recipients"]
        field.queryset = people
