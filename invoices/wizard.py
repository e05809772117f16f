"""What a step of the wizard shows: computed here, printed by templates/invoices/draft/."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.forms.values import PropertyValuesForm
from core.money import formatted
from crm.models import Quote
from invoices import book_prices, draft_totals, reading, typed_properties
from invoices.draft_totals import DraftTotals
from invoices.drafts import CREATE, EXISTING, STEPS, TEXT, DraftContent, DraftLine
from invoices.enums import InvoiceSource
from invoices.models import InvoiceDraft
from invoices.ports import (
    Account,
    CustomerChoice,
    FormOptions,
    ItemChoice,
    NamedChoice,
    Problem,
    TaxCodeChoice,
    TermsChoice,
    accounting,
)
from invoices.services import default_account
from invoices.services.create import digest_of
from invoices.totals import Totals
from invoices.typed import ADDRESS
from invoices.wizard_problems import LINE_FIELDS

LABELS = {
    "account": gettext_lazy("Company"),
    "customer": gettext_lazy("Customer"),
    "products": gettext_lazy("Products"),
    "terms": gettext_lazy("Terms"),
    "message": gettext_lazy("Message"),
    "review": gettext_lazy("Review"),
}
ADDRESS_LABELS = {
    "line1": gettext_lazy("Street"),
    "city": gettext_lazy("City"),
    "region": gettext_lazy("State or region"),
    "postal_code": gettext_lazy("Postal code"),
    "country": gettext_lazy("Country"),
}


@dataclass(frozen=True)
class StepView:
    """An entry of the step list."""

    name: str
    label: str
    number: int
    current: bool
    done: bool


@dataclass(frozen=True)
class LineView:
    """A line with what it comes to and what is wrong with it, by field."""

    line: DraftLine
    number: int
    amount: Decimal | None
    errors: dict[str, str]
    tax_code: TaxCodeChoice | None = None
    price_words: str = ""  # where its price comes from

    @property
    def matched(self) -> bool:
        """Whether it sells something of QuickBooks, or something that will be created there."""
        return self.line.item.mode in (EXISTING, CREATE, TEXT)

    @property
    def text_only(self) -> bool:
        """Whether it sells nothing."""
        return self.line.item.mode == TEXT

    @property
    def creates(self) -> bool:
        """Whether its product will be created in QuickBooks on the way."""
        return self.line.item.mode == CREATE

    @property
    def unpriced(self) -> bool:
        """Whether it sells something at a price of 0."""
        return reading.costs_nothing(self.line)

    @property
    def title(self) -> str:
        """What to call the line."""
        if self.text_only:
            return _("Text")
        return self.line.item.name or self.line.name or _("Line %d") % self.number


@dataclass(frozen=True)
class CustomerView:
    """A customer to choose: the last part of its name, what it belongs to, and what its currency means."""

    choice: CustomerChoice
    note: str = ""

    @property
    def name(self) -> str:
        """Its own name without those above it."""
        return self.choice.name.rpartition(":")[2]

    @property
    def parent(self) -> str:
        """The customer that it is a part of."""
        return self.choice.name.rpartition(":")[0].replace(":", " / ")


@dataclass(frozen=True)
class AddressField:
    """One field of an address."""

    name: str
    label: str
    value: str
    wide: bool


@dataclass(frozen=True)
class WizardPage:
    """One step of one draft."""

    draft: InvoiceDraft
    content: DraftContent
    step: str
    steps: Sequence[StepView]
    account: Account | None
    accounts: Sequence[Account]
    lines: Sequence[LineView]
    reckoned: DraftTotals
    options: FormOptions = field(default_factory=FormOptions)
    problems: Sequence[Problem] = ()
    matches: Sequence[CustomerView] = ()
    proposed: default_account.Proposal | None = None
    terms: Sequence[TermsChoice] = ()
    tax_codes: Sequence[TaxCodeChoice] = ()
    classes: Sequence[NamedChoice] = ()
    locations: Sequence[NamedChoice] = ()
    default_item: ItemChoice | None = None
    next_number: str = ""
    prices_in: str = ""  # the currency that prices were taken over from, where the invoice is in another one
    properties: PropertyValuesForm | None = None
    focus: str = ""
    notice: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def totals(self) -> Totals:
        """What the draft comes to."""
        return self.reckoned.totals

    @property
    def currency(self) -> str:
        """The currency of the invoice."""
        return self.content.currency or (self.account.currency if self.account else "USD")

    @property
    def foreign(self) -> bool:
        """Whether the invoice is in another currency than the company's books."""
        return self.account is not None and self.currency != self.account.currency

    @property
    def first(self) -> bool:
        """Whether there is nothing to go back to."""
        return self.steps[0].name == self.step

    @property
    def correcting(self) -> bool:
        """Whether a refused invoice is being mended."""
        return self.draft.invoice_id is not None

    @property
    def needs_tax_codes(self) -> bool:
        """Whether each line needs a tax code."""
        return self.account is not None and self.account.needs_tax_codes

    @property
    def untaxed(self) -> bool:
        """Whether the invoice was set to carry no tax at all."""
        return self.needs_tax_codes and self.content.tax_mode == "none"

    @property
    def tax_codes_open(self) -> bool:
        """Whether the tax panel is open: a code is missing, or somebody is at work in it."""
        missing = any(not view.line.tax_code and not view.text_only for view in self.lines) and not self.untaxed
        return self.focus == "view-tax-codes" or missing

    @property
    def unmatched(self) -> int:
        """How many lines have no product in QuickBooks yet."""
        return sum(not view.matched for view in self.lines)

    @property
    def unpriced(self) -> Sequence[LineView]:
        """Lines that would stand on the invoice at a price of 0."""
        return [view for view in self.lines if view.unpriced]

    @property
    def digest(self) -> str:
        """The fingerprint of what the review shows."""
        return digest_of(self.draft.data)

    @property
    def seen(self) -> str:
        """The state of the draft that this page shows, so that a change in another window is noticed."""
        return self.draft.updated_at.isoformat()

    @property
    def number(self) -> str:
        """The typed number, or the next free one where the company numbers by itself."""
        return self.content.number or self.next_number

    @property
    def issued_on(self) -> datetime.date | None:
        """The invoice date, where it can be read."""
        return _date(self.content.issued_on)

    @property
    def due_on(self) -> datetime.date | None:
        """The due date, where it can be read."""
        return _date(self.content.due_on)

    @property
    def certain(self) -> int:
        """How many customers match for sure."""
        return sum(view.choice.certain for view in self.matches)

    @property
    def chosen_elsewhere(self) -> bool:
        """Whether the chosen customer is none of the proposed ones."""
        chosen = self.content.customer
        return chosen.mode == EXISTING and all(v.choice.external_id != chosen.external_id for v in self.matches)

    @property
    def chosen(self) -> CustomerView:
        """The chosen customer as the list shows one."""
        customer = self.content.customer
        choice = CustomerChoice(customer.external_id, customer.name, customer.email, currency=self.content.currency)
        return CustomerView(choice, currency_note(choice, self.account))

    @property
    def bill_to(self) -> Sequence[AddressField]:
        """The fields of the billing address: the customer's own until another one is typed."""
        return address_fields("bill_", self.content.billing_address or self.content.customer.billing_address)

    @property
    def ship_to(self) -> Sequence[AddressField]:
        """The fields of the shipping address."""
        return address_fields("ship_", self.content.shipping_address)

    @property
    def new_bill_to(self) -> Sequence[AddressField]:
        """The fields of a new customer's address."""
        return address_fields("new_", self.content.new_customer.billing_address)

    @property
    def new_ship_to(self) -> Sequence[AddressField]:
        """The fields of a new customer's shipping address."""
        fresh = self.content.customer.mode == CREATE
        return address_fields("new_ship_", self.content.shipping_address if fresh else {})

    @property
    def bill_lines(self) -> Sequence[str]:
        """The billing address as it will stand on the invoice."""
        return address_lines(self.content.billing_address or self.content.customer.billing_address)

    @property
    def ship_lines(self) -> Sequence[str]:
        """The shipping address as it will stand on the invoice."""
        return address_lines(self.content.shipping_address)


def _date(text: str) -> datetime.date | None:
    try:
        return reading.date(text)
    except ValueError:
        return None


def address_fields(prefix: str, values: dict[str, str]) -> list[AddressField]:
    """An address as form fields."""
    return [
        AddressField(prefix + name, str(ADDRESS_LABELS[name]), values.get(name, ""), name == "line1")
        for name in ADDRESS
    ]


def address_lines(values: dict[str, str]) -> list[str]:
    """An address in two or three lines."""
    town = " ".join(filter(None, (values.get("city"), values.get("region"), values.get("postal_code"))))
    return [line for line in (values.get("line1", ""), town, values.get("country", "")) if line]


def currency_note(choice: CustomerChoice, account: Account | None) -> str:
    """Why an invoice for this customer is in another currency than the company's, in words."""
    if account is None or not choice.currency or choice.currency == account.currency:
        return ""
    return _("Invoiced in %s: in QuickBooks each customer has one currency") % choice.currency


def step_names(accounts: Sequence[Account], draft: InvoiceDraft) -> list[str]:
    """The steps of this wizard: the company is only asked for where there are several, and not while mending."""
    several = len([account for account in accounts if account.usable]) > 1
    return [name for name in STEPS if name != "account" or (several and draft.invoice_id is None)]


def page_of(
    draft: InvoiceDraft,
    step: str,
    *,
    problems: Sequence[Problem] = (),
    focus: str = "",
    notice: str = "",
) -> WizardPage:
    """Everything that ``step`` of ``draft`` shows; asks accounting only for what this step needs."""
    content = DraftContent.from_json(draft.data)
    accounts = accounting().accounts()
    account = next((each for each in accounts if each.connection_id == content.connection_id), None)
    names = step_names(accounts, draft)
    step = step if step in names else names[0]
    at = names.index(step)
    ask = _Asked(account, step)
    codes = ask.tax_codes()
    reckoned = draft_totals.of_draft(content, account if step in ("products", "review") else None)
    options = ask.options()
    own_numbers = options.custom_numbers and account is not None and step in ("terms", "review")
    return WizardPage(
        draft=draft,
        content=content,
        step=step,
        steps=[
            StepView(name, str(LABELS[name]), number, number == at + 1, number <= at)
            for number, name in enumerate(names, 1)
        ],
        account=account,
        accounts=accounts,
        lines=_lines(content, account, problems, codes, reckoned),
        reckoned=reckoned,
        options=options,
        problems=problems,
        matches=_matches(draft, account) if step == "customer" else [],
        proposed=_proposed(draft, accounts) if step == "account" else None,
        terms=ask.terms(),
        tax_codes=codes,
        classes=ask.classes(options),
        locations=ask.locations(options),
        default_item=ask.default_item(content),
        next_number=accounting().next_number(account.connection_id) if own_numbers and account else "",
        prices_in=_prices_in(draft, content) if step in ("products", "review") else "",
        properties=typed_properties.form_of(content, checked=bool(problems)) if step in ("message", "review") else None,
        focus=focus,
        notice=notice,
        errors={each.field: str(each.message) for each in reversed(problems) if each.line is None and each.field},
    )


@dataclass(frozen=True)
class _Asked:
    """What one step needs of accounting, and nothing for the others."""

    account: Account | None
    step: str

    def _for(self, *steps: str) -> int:
        return self.account.connection_id if self.account is not None and self.step in steps else 0

    def options(self) -> FormOptions:
        pk = self._for("products", "terms", "review")
        return accounting().form_options(pk) if pk else FormOptions()

    def tax_codes(self) -> Sequence[TaxCodeChoice]:
        pk = self._for("products")
        return accounting().tax_codes(pk) if pk and self.account and self.account.needs_tax_codes else []

    def terms(self) -> Sequence[TermsChoice]:
        pk = self._for("terms")
        return accounting().terms(pk) if pk else []

    def classes(self, options: FormOptions) -> Sequence[NamedChoice]:
        wanted = (self.step == "products" and options.class_per_line) or (
            self.step == "terms" and options.class_per_transaction
        )
        return accounting().classes(self.account.connection_id) if self.account and wanted else []

    def locations(self, options: FormOptions) -> Sequence[NamedChoice]:
        pk = self._for("terms") if options.locations else 0
        return accounting().locations(pk) if pk else []

    def default_item(self, content: DraftContent) -> ItemChoice | None:
        pk = self._for("products") if any(not line.item.mode for line in content.lines) else 0
        return accounting().default_item(pk) if pk else None


def _matches(draft: InvoiceDraft, account: Account | None) -> list[CustomerView]:
    if account is None or draft.deal_id is None:
        return []
    found = accounting().customer_matches(account.connection_id, deal_id=draft.deal_id)
    return [CustomerView(choice, currency_note(choice, account)) for choice in found]


def _proposed(draft: InvoiceDraft, accounts: Sequence[Account]) -> default_account.Proposal | None:
    usable = [account for account in accounts if account.usable]
    return default_account.proposed(usable, deal=draft.deal, currency=draft.deal.currency if draft.deal else "")


def _prices_in(draft: InvoiceDraft, content: DraftContent) -> str:
    currency = None
    if content.source == InvoiceSource.QUOTE and content.quote_id is not None:
        currency = Quote.objects.filter(pk=content.quote_id).values_list("currency", flat=True).first()
    elif content.source == InvoiceSource.DEAL and draft.deal is not None:
        currency = draft.deal.currency
    return currency if currency and content.currency and currency != content.currency else ""


def _price_words(line: DraftLine, content: DraftContent, account: Account | None) -> str:
    if account is None or not line.home_price or not book_prices.foreign(content, account):
        return ""
    price = formatted(Decimal(line.home_price), account.currency)
    if not line.unit_price:
        return _("%s in QuickBooks, which tells no exchange rate: type the price or, under Terms, the rate.") % price
    return _("%s in QuickBooks, at the invoice’s exchange rate") % price


def _lines(
    content: DraftContent,
    account: Account | None,
    problems: Sequence[Problem],
    codes: Sequence[TaxCodeChoice],
    reckoned: DraftTotals,
) -> list[LineView]:
    by_id = {code.external_id: code for code in codes}
    errors: dict[int, dict[str, str]] = {}
    for problem in problems:
        if problem.line is not None:
            name = problem.field if problem.field in LINE_FIELDS else "item"
            errors.setdefault(problem.line, {}).setdefault(name, str(problem.message))
    return [
        LineView(
            line=line,
            number=index + 1,
            amount=reckoned.by_line[index],
            errors=errors.get(index, {}),
            tax_code=by_id.get(line.tax_code),
            price_words=_price_words(line, content, account),
        )
        for index, line in enumerate(content.lines)
    ]
