"""The form with which an invoice is sent."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from invoices.services.send import LONGEST_COPIES, LONGEST_RECIPIENT


class SendForm(forms.Form):
    """To whom an invoice goes. Several addresses with commas between them."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    recipient = forms.CharField(
        label=gettext_lazy("To"),
        max_length=LONGEST_RECIPIENT,
        help_text=gettext_lazy("Several addresses with commas between them."),
    )
    cc = forms.CharField(label=gettext_lazy("Copy to"), required=False, max_length=LONGEST_COPIES)
    bcc = forms.CharField(label=gettext_lazy("Hidden copy to"), required=False, max_length=LONGEST_COPIES)
    despite_doubt = forms.BooleanField(
        label=gettext_lazy("I checked in QuickBooks: the earlier e-mail was not sent, or may be sent twice."),
        required=False,
    )

    def __init__(self, *args: Any, doubtful: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not doubtful:
            del self.fields["despite_doubt"]

    def clean_despite_doubt(self) -> bool:
        """Nothing goes out twice without somebody having looked."""
        if not self.cleaned_data["despite_doubt"]:
            raise ValidationError(_("Look the invoice up in QuickBooks first."))
        return True
