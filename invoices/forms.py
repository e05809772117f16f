"""Forms of this app."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import money
from invoices.models import Invoice
from invoices.ports import PaymentMethodChoice
from invoices.reading import number
from invoices.services.payments import LONGEST_REFERENCE, Received


class AmountField(forms.CharField):
    """An amount in the reader's notation or the canonical one."""

    def clean(self, value: Any) -> Any:
        """The Decimal."""
        text = super().clean(value)
        try:
            return number(text)
        except money.NotAnAmount as error:
            raise ValidationError(_("“%s” is not an amount. Type it like 1,234.50.") % text) from error


class PaymentForm(forms.Form):
    """A payment of one invoice. What is more than its balance stays as the customer's credit."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=gettext_lazy("Amount received"))
    received_on = forms.DateField(
        label=gettext_lazy("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    method = forms.ChoiceField(label=gettext_lazy("Payment method"), required=False)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        required=False,
        max_length=LONGEST_REFERENCE,
        help_text=gettext_lazy("A cheque's number, for example."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"), required=False, max_length=3900, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any, *, invoice: Invoice, methods: list[PaymentMethodChoice], today: Any) -> None:
        initial = {
            "request_id": uuid.uuid4(),
            "amount": money.rounded(invoice.balance, invoice.currency),
            "received_on": today,
        }
        super().__init__(data, initial=initial)
        self.invoice = invoice
        self.names = {method.external_id: method.name for method in methods}
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Not given")), *self.names.items()]
        if not methods:
            del self.fields["method"]

    def received(self) -> Received:
        """What was typed, for ``services.payments.record``."""
        given = self.cleaned_data
        amount: Decimal = given["amount"]
        return Received(
            amount=amount,
            received_on=given["received_on"],
            parts=[(self.invoice, min(amount, self.invoice.balance))],
            method_external_id=given.get("method", ""),
            method_name=self.names.get(given.get("method", ""), ""),
            reference=given["reference"],
            note=given["note"],
        )
