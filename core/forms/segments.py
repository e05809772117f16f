"""The form of a segment."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.forms.conditions import ConditionField
from core.services.segments import LONGEST_NAME


class SegmentForm(forms.Form):
    """Name and description, and the conditions of a live one."""

    name = forms.CharField(label=_("Name"), max_length=LONGEST_NAME)
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, object_type: str, static: bool, user: Any, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        if not static:
            self.fields["conditions"] = ConditionField(
                object_type=object_type, user=user, label=_("Which records belong to it")
            )
