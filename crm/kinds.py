"""The five kinds of records that share their create, edit, archive and restore pages."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from crm.forms.base import RecordForm
from crm.forms.records import CompanyForm, ContactForm, DealForm, ProductForm, QuoteForm
from crm.hubspot.kinds import PARTS
from crm.queries import companies, contacts, deals, products, quotes
from crm.services import companies as company_services
from crm.services import contacts as contact_services
from crm.services import deals as deal_services
from crm.services import products as product_services
from crm.services import quotes as quote_services


@dataclass(frozen=True)
class Kind:
    """A kind of record: its words, its pages, and the modules that read and write it."""

    name: str
    label: Any
    plural: Any
    icon: str
    form: type[RecordForm]
    visible_to: Callable[[Any], QuerySet[Any]]
    record: Callable[[Any], QuerySet[Any]]
    services: ModuleType
    new: Any
    created: Any
    archive_text: Any
    none_yet: Any
    purpose: Any

    @property
    def list_url(self) -> str:
        """The URL name of the index page."""
        return f"crm:{self.name}-list"

    @property
    def create_url(self) -> str:
        """The URL name of the form for a new record."""
        return f"crm:{self.name}-create"

    @property
    def edit_url(self) -> str:
        """The URL name of the form of a record."""
        return f"crm:{self.name}-edit"

    @property
    def archive_url(self) -> str:
        """The URL name that archives a record."""
        return f"crm:{self.name}-archive"

    @property
    def restore_url(self) -> str:
        """The URL name that brings a record back."""
        return f"crm:{self.name}-restore"

    @property
    def delete_url(self) -> str:
        """The URL name that deletes an archived record for good."""
        return f"crm:{self.name}-delete"

    @property
    def detail_url(self) -> str:
        """The URL name of the record page."""
        return f"crm:{self.name}-detail"


COMPANY = Kind(
    "company", _("Company"), _("Companies"), "building", CompanyForm, companies.visible_to, companies.record,
    company_services, _("New company"), _("Company created."),
    _("It leaves lists and pickers. Its contacts, deals and invoices stay, and you can restore it."),
    _("No companies yet"),
    _("Companies are the organisations you sell to. They come from QuickBooks, or you add them here."),
)  # fmt: skip
CONTACT = Kind(
    "contact", _("Contact"), _("Contacts"), "address-book", ContactForm, contacts.visible_to, contacts.record,
    contact_services, _("New contact"), _("Contact created."),
    _("The contact leaves lists and pickers. Its deals and invoices stay, and you can restore it."),
    _("No contacts yet"),
    _("Contacts are the people you sell to. They come from QuickBooks customers, or you add them here."),
)  # fmt: skip
DEAL = Kind(
    "deal", _("Deal"), _("Deals"), "target", DealForm, deals.visible_to, deals.record,
    deal_services, _("New deal"), _("Deal created."),
    _("The deal leaves lists and boards. Its invoices stay, and you can restore it."),
    _("No deals yet"),
    _("A deal is a sale in the making. Give it a contact and line items, and you can invoice it."),
)  # fmt: skip
PRODUCT = Kind(
    "product", _("Product"), _("Products"), "package", ProductForm, products.visible_to, products.record,
    product_services, _("New product"), _("Product created."),
    _("The product leaves lists and pickers. Lines that name it stay, and you can restore it."),
    _("No products yet"),
    _("Products and services go on deals, quotes and invoices. They come from QuickBooks, or you add them here."),
)  # fmt: skip
QUOTE = Kind(
    "quote", _("Quote"), _("Quotes"), "file-text", QuoteForm, quotes.visible_to, quotes.record,
    quote_services, _("New quote"), _("Quote created."),
    _("The quote leaves lists, and you can restore it."),
    _("No quotes yet"),
    _("A quote is an offer for a deal. It starts with the deal's line items."),
)  # fmt: skip
KINDS = {kind.name: kind for kind in (COMPANY, CONTACT, DEAL, PRODUCT, QUOTE)}


def kind_of(object_type: str) -> Any:
    """The words for what a file holds: a kind of record, or what belongs to records."""
    return KINDS.get(object_type) or PARTS[object_type]
