"""The form of one address."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from crm.forms.fields import ADDRESS_PARTS


class AddressForm(forms.Form):
    """The parts of an address; lines that the form does not show stay as they are."""

    def __init__(self, data: Any = None, *, stored: Mapping[str, str]) -> None:
        super().__init__(data, initial=dict(stored), auto_id="address-%s")
        self.stored = stored
        for part, label, longest in ADDRESS_PARTS:
            self.fields[part] = forms.CharField(required=False, max_length=longest, label=label)

    def clean(self) -> dict[str, Any]:
        """An address has a street or a city."""
        cleaned = super().clean() or self.cleaned_data
        if any(cleaned.values()) and not (cleaned.get("line1") or cleaned.get("city")):
            raise forms.ValidationError(_("An address needs a street or a city."))
        return cleaned

    def address(self) -> dict[str, str]:
        """The address as it is stored; empty for none. Only after ``is_valid``."""
        given = {part: text for part, text in self.cleaned_data.items() if text}
        asked = {part for part, _label, _longest in ADDRESS_PARTS}
        kept = {part: text for part, text in self.stored.items() if text and part not in asked} if given else {}
        return {**kept, **given}
