"""What may be chosen on an invoice that QuickBooks has, and what a new line of it starts with."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from core.plain import plain
from invoices import book_prices
from invoices.edit_form import FormLine
from invoices.models import Invoice
from invoices.ports import Account, FormOptions, ItemChoice, NamedChoice, TaxCodeChoice, TermsChoice, accounting


@dataclass(frozen=True)
class Choices:
    """What the company offers for the form's selects."""

    options: FormOptions
    terms: Sequence[TermsChoice]
    classes: Sequence[NamedChoice]
    locations: Sequence[NamedChoice]
    tax_codes: Sequence[TaxCodeChoice]
    account: Account | None

    @property
    def us_codes(self) -> bool:
        """Whether lines are only taxable or not, and QuickBooks has the rate."""
        return self.account is not None and not self.account.needs_tax_codes

    def names(self) -> dict[str, dict[str, str]]:
        """The words of each choice, by field."""
        return {
            "terms_external_id": {each.external_id: each.name for each in self.terms},
            "class_external_id": {each.external_id: each.name for each in self.classes},
            "location_external_id": {each.external_id: each.name for each in self.locations},
            "tax_code": {each.external_id: each.name for each in self.tax_codes},
        }


def choices_of(invoice: Invoice) -> Choices:
    """What may be chosen on this invoice."""
    port, pk = accounting(), invoice.connection_id
    account = next((each for each in port.accounts() if each.connection_id == pk), None)
    codes = list(port.tax_codes(pk)) if account and account.needs_tax_codes else []
    if account and not account.needs_tax_codes:
        codes = [TaxCodeChoice("TAX", _("Taxable")), TaxCodeChoice("NON", _("Not taxed"))]
    options = port.form_options(pk)
    return Choices(options, port.terms(pk), port.classes(pk), port.locations(pk), codes, account)


def new_lines(invoice: Invoice, items: Sequence[ItemChoice], *, us_codes: bool) -> list[FormLine]:
    """Lines for products of QuickBooks: one of each, at its price in the invoice's currency, taxed as it usually is."""
    usual = ""
    taxable: Collection[str] = ()
    if us_codes:
        taxable = accounting().taxable_items(invoice.connection_id, [item.external_id for item in items])
    else:
        usual = next((line.tax_code_external_id for line in invoice.lines.all() if line.tax_code_external_id), "")
    lines = []
    for item in at_its_rate(invoice, items):
        of_us = "TAX" if item.external_id in taxable else "NON"
        price = "" if item.unit_price is None else str(plain(item.unit_price))
        lines.append(
            FormLine(
                key=_fresh_key(), item=item.external_id, item_name=item.name, product=str(item.product_id or ""),
                description=item.description, quantity="1", unit_price=price,
                tax_code=of_us if us_codes else item.tax_code_external_id or usual,
            )
        )  # fmt: skip
    return lines


def at_its_rate(invoice: Invoice, items: Sequence[ItemChoice]) -> list[ItemChoice]:
    """What the items cost in the invoice's currency."""
    home, rate = invoice.connection.home_currency, invoice.exchange_rate
    return book_prices.in_currency(items, invoice.currency, home=home, on=invoice.issued_on, rate=rate)


def _fresh_key() -> str:
    """A key that no other line of the form has."""
    return f"n{uuid.uuid4().hex[:12]}"
