"""The forms of companies, contacts, products, deals and quotes."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.company import profile
from core.forms.fields import AmountField, CurrencyCodeField, DateField
from core.forms.values import FIELD
from core.money import formatted
from core.properties import PREFIX
from crm import amounts
from crm.enums import BillingPeriod
from crm.forms import closing
from crm.forms.base import RecordForm
from crm.forms.fields import DomainField, EmailsField, RecordField, RecordsField
from crm.models import Stage
from crm.queries import companies, contacts, deals
from crm.services.lines import MOST_PERIODS
from crm.services.stage_requirements import REASON

LARGEST_AMOUNT = Decimal(10) ** 14
ADDRESSES = {
    "billing_address": gettext_lazy("Billing address"),
    "shipping_address": gettext_lazy("Shipping address"),
}
NOTES = forms.Textarea(attrs={"rows": 3})


def _text(label: Any, longest: int, *, required: bool = False, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=longest, required=required, **kwargs)


def _website() -> forms.CharField:
    return _text(gettext_lazy("Website"), 1000, widget=forms.TextInput(attrs={"inputmode": "url"}))


def _email() -> EmailsField:
    widget = forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"})
    return EmailsField(label=gettext_lazy("E-mail"), required=False, max_length=254, widget=widget)


class CompanyForm(RecordForm):
    """A company."""

    object_type = "company"
    name = _text(gettext_lazy("Name"), 500, required=True)
    domain = DomainField(
        label=gettext_lazy("Domain"), max_length=255, required=False, help_text=gettext_lazy("Such as example.com.")
    )
    email = _email()
    phone = _text(gettext_lazy("Phone"), 60)
    website = _website()
    industry = _text(gettext_lazy("Industry"), 120)
    currency = CurrencyCodeField(label=gettext_lazy("Currency"), required=False)
    notes = forms.CharField(label=gettext_lazy("Notes"), required=False, max_length=10_000, widget=NOTES)
    layout = (
        ("", [["name"], ["domain", "industry"], ["email", "phone"], ["website", "currency"], ["owner"], ["notes"]]),
    )
    addresses = ADDRESSES


class ContactForm(RecordForm):
    """A person."""

    object_type = "contact"
    first_name = _text(gettext_lazy("First name"), 100)
    last_name = _text(gettext_lazy("Last name"), 100)
    email = _email()
    phone = _text(gettext_lazy("Phone"), 60)
    mobile = _text(gettext_lazy("Mobile"), 60)
    job_title = _text(gettext_lazy("Job title"), 120)
    website = _website()
    company = RecordField(
        "crm:company-choices", label=gettext_lazy("Company"), required=False, placeholder=gettext_lazy("Find a company")
    )
    notes = forms.CharField(label=gettext_lazy("Notes"), required=False, max_length=10_000, widget=NOTES)
    layout = (
        (
            "",
            [
                ["first_name", "last_name"],
                ["email"],
                ["phone", "mobile"],
                ["company"],
                ["job_title", "website"],
                ["owner"],
                ["notes"],
            ],
        ),
    )
    addresses = ADDRESSES

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _offer(self, "company", companies.visible_to(user))

    def clean(self) -> dict[str, Any]:
        """A contact has a name or an e-mail address."""
        cleaned = super().clean()
        named = any(cleaned.get(name) for name in ("first_name", "last_name", "email"))
        if not named and not self.errors:
            self.add_error("last_name", _("Give a name or an e-mail address."))
        return cleaned


class ProductForm(RecordForm):
    """Something that we sell."""

    object_type = "product"
    name = _text(gettext_lazy("Name"), 200, required=True)
    sku = _text(gettext_lazy("SKU"), 100)
    description = forms.CharField(label=gettext_lazy("Description"), required=False, max_length=4000, widget=NOTES)
    unit_price = AmountField(label=gettext_lazy("Unit price"), required=False, lowest=Decimal(0))
    unit_cost = AmountField(label=gettext_lazy("Unit cost"), required=False, lowest=Decimal(0))
    currency = CurrencyCodeField(label=gettext_lazy("Currency"))
    billing_period = forms.ChoiceField(label=gettext_lazy("Billed"), choices=BillingPeriod.choices, required=False)
    billing_count = forms.IntegerField(
        label=gettext_lazy("Number of periods"),
        required=False,
        min_value=1,
        max_value=MOST_PERIODS,
        help_text=gettext_lazy("Of what recurs. Empty: until it is cancelled."),
    )
    active = forms.BooleanField(label=gettext_lazy("Can be sold"), required=False, initial=True)
    layout = (
        (
            "",
            [
                ["name"],
                ["sku", "currency"],
                ["unit_price", "unit_cost"],
                ["billing_period", "billing_count"],
                ["description"],
                ["owner"],
                ["active"],
            ],
        ),
    )

    def clean(self) -> dict[str, Any]:
        """What is billed once has no number of periods."""
        cleaned = super().clean()
        if not cleaned.get("billing_period"):
            cleaned["billing_count"] = None
        return cleaned

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self.initial.setdefault("currency", profile().currency)


def _by_pipeline(stages: Sequence[Stage]) -> list[Any]:
    """The choices of a stage, under the names of their pipelines where there are several."""
    grouped = [
        (pipeline.name, [(stage.pk, stage.name) for stage in own])
        for pipeline, own in groupby(stages, attrgetter("pipeline"))
    ]
    return grouped if len(grouped) > 1 else [choice for _name, choices in grouped for choice in choices]


class DealForm(RecordForm):
    """A deal; a new one also has its first stage and contacts."""

    object_type = "deal"
    name = _text(gettext_lazy("Deal name"), 300, required=True)
    stage = forms.ModelChoiceField(Stage.objects.none(), label=gettext_lazy("Stage"), empty_label=None)
    amount = AmountField(label=gettext_lazy("Amount"), required=False, lowest=Decimal(0), limit=LARGEST_AMOUNT)
    currency = CurrencyCodeField(label=gettext_lazy("Currency"))
    close_on = DateField(label=gettext_lazy("Close date"), required=False)
    company = RecordField(
        "crm:company-choices", label=gettext_lazy("Company"), required=False, placeholder=gettext_lazy("Find a company")
    )
    contacts = RecordsField(
        "crm:contact-choices",
        label=gettext_lazy("Contacts"),
        required=False,
        placeholder=gettext_lazy("Find contacts"),
        help_text=gettext_lazy("The first one gets the invoices."),
    )
    amount_follows_lines = forms.BooleanField(label=gettext_lazy("Amount follows the line items"), required=False)
    description = forms.CharField(label=gettext_lazy("Description"), required=False, max_length=10_000, widget=NOTES)
    layout = (
        (
            "",
            [
                ["name"],
                ["stage"],
                ["reason"],
                ["note"],
                ["amount", "currency"],
                ["amount_follows_lines"],
                ["close_on", "owner"],
                ["company"],
                ["contacts"],
                ["description"],
            ],
        ),
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _offer(self, "company", companies.visible_to(user))
        if self.record is not None:
            del self.fields["stage"], self.fields["contacts"]
            lines = list(self.record.lines.all())
            if lines:
                total = formatted(amounts.total(lines, self.record.currency), self.record.currency)
                self.fields["amount"].help_text = _("The line items come to %s.") % total
            else:
                del self.fields["amount_follows_lines"]
            return
        del self.fields["amount_follows_lines"]
        _offer(self, "contacts", contacts.visible_to(user))
        stage: Any = self.fields["stage"]
        stage.queryset = Stage.objects.all()
        stage.choices = _by_pipeline(deals.all_stages())
        stage.required = False
        self.initial.setdefault("currency", profile().currency)
        # Only now does the form know what it has to ask for, and a form that comes from the board has a stage before.
        self._ask_for(self.data.get("stage") or self.initial.get("stage"))

    def _ask_for(self, chosen: Any) -> None:
        """What the chosen stage needs of a new deal becomes required here, and why it was won or lost is asked."""
        known = str(chosen or "").isdecimal() and len(str(chosen)) < 19
        stage = Stage.objects.select_related("pipeline").filter(pk=chosen).first() if known else None
        if stage is None:
            return
        for name, field in self.fields.items():
            if name.replace(FIELD, PREFIX, 1) in stage.required and name != "stage":
                field.required = True
        self.fields.update(closing.fields_of(stage))
        # The stage was chosen in the form that is sent: nobody has been asked yet.
        self.to_be_asked = self.is_bound and REASON in self.fields and REASON not in self.data

    def initial_of(self, record: Any) -> dict[str, Any]:
        """What the fields show of the deal; its contacts are edited on their card."""
        names = (
            "name", "amount", "amount_follows_lines", "currency", "close_on", "company", "description", "owner",
        )  # fmt: skip
        return {name: getattr(record, name) for name in names}

    def clean(self) -> dict[str, Any]:
        """Another amount and one that follows the lines are not both possible."""
        cleaned = super().clean()
        closing.check(self, cleaned)
        followed = cleaned.get("amount_follows_lines") and self.record.amount_follows_lines
        if followed and "amount" in cleaned and cleaned["amount"] != self.record.amount:
            self.add_error("amount", _("Untick “Amount follows the line items” to type another amount than their sum."))
        return cleaned


class QuoteForm(RecordForm):
    """A quote's head; its lines have their own editor. A new one belongs to a deal."""

    object_type = "quote"
    deal = RecordField(
        "crm:deal-choices",
        label=gettext_lazy("Deal"),
        placeholder=gettext_lazy("Find a deal"),
        help_text=gettext_lazy("The quote starts with the deal's line items."),
    )
    title = _text(gettext_lazy("Title"), 300, required=True)
    contact = RecordField(
        "crm:contact-choices", label=gettext_lazy("Contact"), required=False, placeholder=gettext_lazy("Find a contact")
    )
    expires_on = DateField(label=gettext_lazy("Expiry date"), required=False)
    notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=10_000,
        widget=NOTES,
        help_text=gettext_lazy("The customer reads them above the line items."),
    )
    terms = forms.CharField(label=gettext_lazy("Terms"), required=False, max_length=10_000, widget=NOTES)
    layout = (("", [["deal"], ["title"], ["contact"], ["expires_on", "owner"], ["notes"], ["terms"]]),)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        _offer(self, "contact", contacts.visible_to(user))
        _offer(self, "deal", deals.visible_to(user))
        if self.record is not None:
            del self.fields["deal"]
        else:
            del self.fields["owner"]
            self.fields["title"].required = False
            self.fields["title"].help_text = _("The deal's name unless you type another one.")

    def initial_of(self, record: Any) -> dict[str, Any]:
        """What the fields show of the quote."""
        return {name: getattr(record, name) for name in ("title", "contact", "expires_on", "notes", "terms", "owner")}


def _offer(form: RecordForm, name: str, records: Any) -> None:
    """Let the picker ``name`` find ``records`` that are not archived, and the one that is chosen already."""
    field: Any = form.fields[name]
    chosen = getattr(form.record, f"{name}_id", None)
    field.find = lambda: records.filter(Q(archived_at=None) | Q(pk=chosen))
