"""Forms of this app."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from core import money
from invoices.reading import number


class AmountField(forms.CharField):
    """An amount in the reader's notation or the canonical one."""

    def clean(self, value: Any) -> Any:
        """The Decimal."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return number(text)
        except money.NotAnAmount as error:
            raise ValidationError(_("“%s” is not an amount. Type it like 1,234.50.") % text) from error
