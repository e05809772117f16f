"""The form of a new key."""

import datetime
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from api.catalogue import OPERATIONS
from api.scopes import SCOPES

DAYS = (("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("", _("Until it is revoked")))


class KeyForm(forms.Form):
    """What it is for, what it opens, and how long."""

    name = forms.CharField(label=_("What is it for?"), max_length=100)
    scopes = forms.MultipleChoiceField(
        label=_("What may it do?"), widget=forms.CheckboxSelectMultiple, error_messages={"required": _("Choose one.")}
    )
    days = forms.ChoiceField(label=_("How long does it work?"), choices=DAYS, required=False, initial="90")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["scopes"]
        used = {operation.scope for operation in OPERATIONS}
        field.choices = [(name, scope.label) for name, scope in SCOPES.items() if name in used]

    def expires_at(self) -> datetime.datetime | None:
        """Its last moment, if it has one. Only after ``is_valid``."""
        days = self.cleaned_data["days"]
        return timezone.now() + datetime.timedelta(days=int(days)) if days else None
