"""Settings: by which rules invoices of each QuickBooks company find their deal."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from invoices.ports import Account, AccountingUnavailable, accounting
from invoices.services import association_rules as service
from invoices.views.answers import needs


class RulesForm(forms.Form):
    """The rules of one company, in the order in which they are tried."""

    by_custom_field = forms.BooleanField(
        label=gettext_lazy("By a custom field that names the deal (its name, or “Deal 42”)"), required=False
    )
    custom_field = forms.CharField(
        label=gettext_lazy("Custom field"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("As QuickBooks calls it. A bare number counts in this one only; empty: any field."),
    )
    by_memo = forms.BooleanField(
        label=gettext_lazy("By “Deal 42” or the deal’s name in message or private note"), required=False
    )
    by_open_deal = forms.BooleanField(
        label=gettext_lazy("By the one open deal of the customer, for invoices since the deal was made"),
        required=False,
    )


@require_http_methods(["GET", "POST"])
@needs("sync.configure")
def association_rules(request: HttpRequest) -> HttpResponse:
    """The rules of every company, one form each."""
    try:
        accounts, reason = list(accounting().accounts()), ""
    except AccountingUnavailable as error:
        accounts, reason = [], str(error)
    if request.method == "POST":
        saved = next((each for each in accounts if str(each.connection_id) == request.POST.get("account")), None)
        form = RulesForm(request.POST, prefix=request.POST.get("account", ""))
        if saved is not None and form.is_valid():
            service.choose(saved.connection_id, **form.cleaned_data, by=request.user)
            messages.success(request, _("The rules of %s were saved.") % saved.name)
            return redirect("invoices:association-rules")
    rows = [(account, _form_of(account)) for account in accounts]
    return render(request, "invoices/defaults/rules.html", {"rows": rows, "reason": reason})


def _form_of(account: Account) -> RulesForm:
    rules = service.rules_of(account.connection_id)
    initial = {name: getattr(rules, name) for name in RulesForm.base_fields}
    return RulesForm(initial=initial, prefix=str(account.connection_id))
