"""The form of an entry of the price book."""

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy

from core.forms.fields import AmountField, CurrencyCodeField, DateField


class PriceForm(forms.Form):
    """Currency, amount and the days it holds."""

    currency = CurrencyCodeField(label=gettext_lazy("Currency"))
    amount = AmountField(label=gettext_lazy("Price"), lowest=Decimal(0))
    valid_from = DateField(label=gettext_lazy("From"), required=False, help_text=gettext_lazy("Empty: always."))
    valid_until = DateField(
        label=gettext_lazy("Until"), required=False, help_text=gettext_lazy("The last day. Empty: no end.")
    )
