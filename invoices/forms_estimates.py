"""Forms around quotes: its estimate in QuickBooks, and invoices of a part of it."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.fields import AmountField
from crm.models import Quote
from invoices.services import quote_billing
from invoices.services.estimates import Proposal, Wanted
from invoices.services.quote_billing import Part


class EstimateForm(forms.Form):
    """Customer and, where the company needs them, tax codes of an estimate."""

    customer = forms.ChoiceField(label=gettext_lazy("Customer in QuickBooks"))

    def __init__(self, *args: Any, proposal: Proposal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.proposal = proposal
        customer: Any = self.fields["customer"]
        choices = [(c.external_id, f"{c.name} — {c.reason}" if c.reason else c.name) for c in proposal.customers]
        if proposal.new_customer["name"]:
            choices.append(("", _("Create “%s” in QuickBooks") % proposal.new_customer["name"]))
        customer.choices = choices
        customer.required = False
        certain = next((c.external_id for c in proposal.customers if c.certain), "")
        self.initial.setdefault("customer", certain)
        codes = [("", _("Choose a tax code")), *((code.external_id, code.name) for code in proposal.tax_codes)]
        for position, match in enumerate(proposal.lines if proposal.tax_codes else ()):
            name = f"tax_{position}"
            self.fields[name] = forms.ChoiceField(label=_("Tax code of %s") % match.line.name, choices=codes)
            self.initial.setdefault(name, match.tax_code)

    def wanted(self) -> Wanted:
        """What was chosen. Only after ``is_valid``."""
        codes = {
            int(name.removeprefix("tax_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("tax_")
        }
        return Wanted(self.proposal.account.connection_id, self.cleaned_data["customer"], codes)


class PartForm(forms.Form):
    """Which part of a quote to invoice."""

    way = forms.ChoiceField(
        label=gettext_lazy("What to invoice"),
        widget=forms.RadioSelect,
        choices=[
            (quote_billing.WHOLE, gettext_lazy("The whole quote")),
            (quote_billing.DEPOSIT, gettext_lazy("A deposit")),
            (quote_billing.PERCENT, gettext_lazy("A percentage of each line")),
            (quote_billing.LINES, gettext_lazy("Some of the lines")),
            (quote_billing.REMAINING, gettext_lazy("What is left")),
        ],
    )
    percent = AmountField(label=gettext_lazy("Percent"), required=False, lowest=Decimal(0), limit=Decimal(101))
    amount = AmountField(
        label=gettext_lazy("or amount before tax"),
        required=False,
        lowest=Decimal(0),
        help_text=gettext_lazy("A deposit is a percentage or an amount."),
    )
    lines = forms.MultipleChoiceField(label=gettext_lazy("Lines"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, quote: Quote, started: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        lines, way = self.fields["lines"], self.fields["way"]
        lines.choices = [(str(line.pk), line.name) for line in quote.lines.all()]  # type: ignore[attr-defined]
        ways: Any = way
        unfit = quote_billing.WHOLE if started else quote_billing.REMAINING
        ways.choices = [choice for choice in ways.choices if choice[0] != unfit]
        self.initial.setdefault("way", quote_billing.REMAINING if started else quote_billing.WHOLE)

    def clean(self) -> dict[str, Any]:
        """A deposit and a percentage need their number."""
        cleaned = super().clean() or self.cleaned_data
        way, percent, amount = cleaned.get("way"), cleaned.get("percent"), cleaned.get("amount")
        if way == quote_billing.PERCENT and not percent and not self.errors:
            self.add_error("percent", _("Type a percentage."))
        if way == quote_billing.DEPOSIT and not self.errors and bool(percent) == bool(amount):
            self.add_error("amount", _("Type a percentage or an amount."))
        if way == quote_billing.LINES and not cleaned.get("lines") and not self.errors:
            self.add_error("lines", _("Choose at least one line."))
        return cleaned

    def part(self) -> Part:
        """What was chosen. Only after ``is_valid``."""
        data = self.cleaned_data
        deposit = data["way"] == quote_billing.DEPOSIT
        return Part(
            way=data["way"],
            value=data["percent"] if data["way"] in (quote_billing.PERCENT, quote_billing.DEPOSIT) else None,
            amount=data["amount"] or None if deposit else None,
            lines=[int(pk) for pk in data["lines"]],
        )
