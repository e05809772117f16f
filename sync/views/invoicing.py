"""Settings of a company's invoices: the default item, and invoices in other currencies than the deal."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from invoices.ports import ItemChoice, accounting
from invoices.services import invoicing
from qbo_connector.models import Connection
from sync.views.companies import company_of, frame

ITEMS_OFFERED = 500


class InvoicingForm(forms.Form):
    """The two settings."""

    default_item = forms.ChoiceField(
        label=gettext_lazy("Default product"),
        required=False,
        help_text=gettext_lazy("What an invoice sells in QuickBooks where a product of the CRM has none there."),
        widget=forms.Select(attrs={"data-picker": True}),
    )
    skip_other_currencies = forms.BooleanField(
        label=gettext_lazy("Leave invoices in other currencies out of the deal's figures"),
        required=False,
        help_text=gettext_lazy(
            "Otherwise they count, converted at the invoice's own rate; the card shows the original amount."
        ),
    )

    def __init__(self, *args: Any, connection: Connection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = invoicing.settings_of(connection)
        self.initial = {
            "default_item": stored.default_item_external_id,
            "skip_other_currencies": stored.skip_other_currencies,
        }
        self.items = {
            item.external_id: item for item in accounting().items(connection.pk, search="", limit=ITEMS_OFFERED)
        }
        chosen = stored.default_item_external_id
        if chosen and chosen not in self.items:
            self.items[chosen] = ItemChoice(chosen, stored.default_item_name)
        field = self.fields["default_item"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("None")), *((pk, item.name) for pk, item in self.items.items())]


@require_http_methods(["GET", "HEAD", "POST"])
def invoicing_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The page; POST saves."""
    connection = company_of(request, pk)
    form = InvoicingForm(request.POST or None, connection=connection)
    if request.method == "POST" and form.is_valid():
        invoicing.change(
            connection,
            default_item=form.items.get(form.cleaned_data["default_item"]),
            skip_other_currencies=form.cleaned_data["skip_other_currencies"],
            by=request.user,
        )
        messages.success(request, _("Saved."))
        return redirect("sync:invoicing-settings", pk)
    context = {**frame(connection, here="invoicing"), "form": form}
    return render(request, "sync/invoicing.html", context, status=422 if form.errors else 200)
