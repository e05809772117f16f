"""The fields that can be mapped: QuickBooks' by entity, the CRM's by record type; and what fits what.

QuickBooks fields are named by their path in the payload (``PrimaryEmailAddr.Address``); its custom fields by
``CustomField.<DefinitionId>``. CRM fields are column names, custom properties ``property:<id>``. Limits are those of
Intuit's API reference (customer, item, invoice).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sync.enums import Direction, RecordType

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

CUSTOM_FIELD = "CustomField."
PROPERTY = "property:"
TEXT, NUMBER, DATE, MOMENT, FLAG, CHOICE, CHOICES, ADDRESS, REFERENCE = (
    "text",
    "number",
    "date",
    "datetime",
    "checkbox",
    "choice",
    "multi_choice",
    "address",
    "record",
)


@dataclass(frozen=True)
class Field:
    """A field of one side. ``limit`` is the longest text; fields that are not ``writable`` are only ever read."""

    name: str
    label: "StrOrPromise"
    kind: str
    limit: int | None = None
    writable: bool = True
    choices: "tuple[tuple[str, StrOrPromise], ...]" = ()


Fields = Mapping[str, Field]


def _fields(*listed: Field) -> dict[str, Field]:
    return {field.name: field for field in listed}


CUSTOMER = _fields(
    Field("DisplayName", gettext_lazy("Display name"), TEXT, 500),
    Field("CompanyName", gettext_lazy("Company name"), TEXT, 100),
    Field("Title", gettext_lazy("Title"), TEXT, 16),
    Field("GivenName", gettext_lazy("First name"), TEXT, 100),
    Field("MiddleName", gettext_lazy("Middle name"), TEXT, 100),
    Field("FamilyName", gettext_lazy("Last name"), TEXT, 100),
    Field("Suffix", gettext_lazy("Suffix"), TEXT, 16),
    Field("PrintOnCheckName", gettext_lazy("Name on cheques"), TEXT, 110),
    Field("PrimaryEmailAddr.Address", gettext_lazy("E-mail"), TEXT, 100),
    Field("PrimaryPhone.FreeFormNumber", gettext_lazy("Phone"), TEXT, 30),
    Field("AlternatePhone.FreeFormNumber", gettext_lazy("Other phone"), TEXT, 30),
    Field("Mobile.FreeFormNumber", gettext_lazy("Mobile"), TEXT, 30),
    Field("Fax.FreeFormNumber", gettext_lazy("Fax"), TEXT, 30),
    Field("WebAddr.URI", gettext_lazy("Website"), TEXT, 1000),
    Field("BillAddr", gettext_lazy("Billing address"), ADDRESS),
    Field("ShipAddr", gettext_lazy("Shipping address"), ADDRESS),
    Field("Notes", gettext_lazy("Notes"), TEXT, 2000),
    Field("ResaleNum", gettext_lazy("Resale number"), TEXT, 16),
    Field("Taxable", gettext_lazy("Taxable"), FLAG),
    Field("Active", gettext_lazy("Active"), FLAG, writable=False),
    Field("Balance", gettext_lazy("Open balance"), NUMBER, writable=False),
    Field("CurrencyRef.value", gettext_lazy("Currency"), TEXT, 3, writable=False),
    Field("FullyQualifiedName", gettext_lazy("Full name with parents"), TEXT, writable=False),
    Field(
        "PreferredDeliveryMethod",
        gettext_lazy("Preferred delivery method"),
        CHOICE,
        choices=(
            ("Print", gettext_lazy("Print")),
            ("Email", gettext_lazy("E-mail")),
            ("None", gettext_lazy("None")),
        ),
    ),
)
ITEM = _fields(
    Field("Name", gettext_lazy("Name"), TEXT, 100),
    Field("Sku", gettext_lazy("SKU"), TEXT, 100),
    Field("Description", gettext_lazy("Description"), TEXT, 4000),
    Field("UnitPrice", gettext_lazy("Sales price"), NUMBER),
    Field("PurchaseCost", gettext_lazy("Purchase cost"), NUMBER),
    Field("PurchaseDesc", gettext_lazy("Purchase description"), TEXT, 1000),
    Field("Active", gettext_lazy("Active"), FLAG),
    Field("Taxable", gettext_lazy("Taxable"), FLAG),
    Field("QtyOnHand", gettext_lazy("Quantity on hand"), NUMBER, writable=False),
    Field("Type", gettext_lazy("Type"), TEXT, writable=False),
    Field("FullyQualifiedName", gettext_lazy("Full name with categories"), TEXT, writable=False),
)
INVOICE = _fields(
    Field("DocNumber", gettext_lazy("Number"), TEXT, 21),
    Field("TxnDate", gettext_lazy("Invoice date"), DATE),
    Field("DueDate", gettext_lazy("Due date"), DATE),
    Field("TotalAmt", gettext_lazy("Total"), NUMBER, writable=False),
    Field("Balance", gettext_lazy("Balance"), NUMBER, writable=False),
    Field("CurrencyRef.value", gettext_lazy("Currency"), TEXT, 3, writable=False),
    Field("BillEmail.Address", gettext_lazy("E-mail"), TEXT, 100),
    Field("BillEmailCc.Address", gettext_lazy("E-mail, copy"), TEXT, 200),
    Field("CustomerMemo.value", gettext_lazy("Message to the customer"), TEXT, 1000),
    Field("PrivateNote", gettext_lazy("Private note"), TEXT, 4000),
    Field("SalesTermRef.value", gettext_lazy("Terms"), REFERENCE),
    Field("BillAddr", gettext_lazy("Billing address"), ADDRESS),
    Field("ShipAddr", gettext_lazy("Shipping address"), ADDRESS),
    Field("ShipDate", gettext_lazy("Shipping date"), DATE),
    Field("TrackingNum", gettext_lazy("Tracking number"), TEXT, 31),
    Field("PONumber", gettext_lazy("Purchase order number"), TEXT, 31, writable=False),
)
LINE = _fields(
    Field("Description", gettext_lazy("Description"), TEXT, 4000),
    Field("Amount", gettext_lazy("Amount"), NUMBER),
    Field("SalesItemLineDetail.ItemRef.value", gettext_lazy("Product or service"), REFERENCE),
    Field("SalesItemLineDetail.Qty", gettext_lazy("Quantity"), NUMBER),
    Field("SalesItemLineDetail.UnitPrice", gettext_lazy("Unit price"), NUMBER),
    Field("SalesItemLineDetail.ServiceDate", gettext_lazy("Service date"), DATE),
    Field("SalesItemLineDetail.TaxCodeRef.value", gettext_lazy("Tax code"), REFERENCE),
    Field("SalesItemLineDetail.DiscountRate", gettext_lazy("Discount in percent"), NUMBER),
)
ENTITY_OF = {
    RecordType.COMPANY: "Customer",
    RecordType.CONTACT: "Customer",
    RecordType.PRODUCT: "Item",
    RecordType.INVOICE: "Invoice",
    RecordType.LINE: "Invoice",
}
QUICKBOOKS_FIELDS: dict[RecordType, Fields] = {
    RecordType.COMPANY: CUSTOMER,
    RecordType.CONTACT: CUSTOMER,
    RecordType.PRODUCT: ITEM,
    RecordType.INVOICE: INVOICE,
    RecordType.LINE: LINE,
}
_ADDRESSES = (
    Field("billing_address", gettext_lazy("Billing address"), ADDRESS),
    Field("shipping_address", gettext_lazy("Shipping address"), ADDRESS),
)
_PARTY = (
    Field("email", gettext_lazy("E-mail"), TEXT, 254),
    Field("phone", gettext_lazy("Phone"), TEXT, 60),
    Field("website", gettext_lazy("Website"), TEXT, 1000),
    Field("notes", gettext_lazy("Notes"), TEXT),
    *_ADDRESSES,
)
CRM_FIELDS: dict[RecordType, Fields] = {
    RecordType.COMPANY: _fields(
        Field("name", gettext_lazy("Name"), TEXT, 500),
        Field("domain", gettext_lazy("Domain"), TEXT, 255),
        Field("industry", gettext_lazy("Industry"), TEXT, 120),
        Field("currency", gettext_lazy("Currency"), TEXT, 3),
        *_PARTY,
    ),
    RecordType.CONTACT: _fields(
        Field("first_name", gettext_lazy("First name"), TEXT, 100),
        Field("last_name", gettext_lazy("Last name"), TEXT, 100),
        Field("mobile", gettext_lazy("Mobile"), TEXT, 60),
        Field("job_title", gettext_lazy("Job title"), TEXT, 120),
        *_PARTY,
    ),
    RecordType.PRODUCT: _fields(
        Field("name", gettext_lazy("Name"), TEXT, 200),
        Field("sku", gettext_lazy("SKU"), TEXT, 100),
        Field("description", gettext_lazy("Description"), TEXT),
        Field("unit_price", gettext_lazy("Unit price"), NUMBER),
        Field("unit_cost", gettext_lazy("Unit cost"), NUMBER),
        Field("active", gettext_lazy("Active"), FLAG),
    ),
    RecordType.INVOICE: _fields(
        Field("number", gettext_lazy("Invoice number"), TEXT, 60),
        Field("issued_on", gettext_lazy("Invoice date"), DATE),
        Field("due_on", gettext_lazy("Due date"), DATE),
        Field("total", gettext_lazy("Amount billed"), NUMBER, writable=False),
        Field("balance", gettext_lazy("Balance"), NUMBER, writable=False),
        Field("currency", gettext_lazy("Currency"), TEXT, 3, writable=False),
        Field("recipient", gettext_lazy("Recipient"), TEXT, 500),
        Field("message", gettext_lazy("Message"), TEXT),
        Field("private_note", gettext_lazy("Private note"), TEXT),
        Field("terms_external_id", gettext_lazy("Terms"), REFERENCE),
        *_ADDRESSES,
    ),
    RecordType.LINE: _fields(
        Field("item_external_id", gettext_lazy("Product"), REFERENCE),
        Field("quantity", gettext_lazy("Quantity"), NUMBER),
        Field("unit_price", gettext_lazy("Unit price"), NUMBER),
        Field("amount", gettext_lazy("Amount"), NUMBER),
        Field("description", gettext_lazy("Description"), TEXT),
        Field("service_on", gettext_lazy("Service date"), DATE),
        Field("tax_code_external_id", gettext_lazy("Tax code"), REFERENCE),
        Field("discount_percent", gettext_lazy("Discount in percent"), NUMBER),
    ),
}


def misfit(crm: Field, qbo: Field, direction: Direction) -> str:
    """Why two fields can't be mapped in this direction, in words; empty when they can.

    Equal kinds fit both ways; anything goes one way into a text, except an address into a text of a payload.
    """
    if direction != Direction.OUT and not crm.writable:
        return _("“%s” can't be written in the CRM, so it can only go to QuickBooks.") % crm.label
    if direction != Direction.IN and not qbo.writable:
        return _("“%s” can't be written in QuickBooks, so it can only come from there.") % qbo.label
    if crm.kind == qbo.kind:
        return ""
    if crm.kind == ADDRESS and qbo.kind == TEXT:
        return _("“%(crm)s” is an address; QuickBooks' “%(qbo)s” is a text and can't hold one.") % {
            "crm": crm.label,
            "qbo": qbo.label,
        }
    if (direction == Direction.IN and crm.kind == TEXT) or (direction == Direction.OUT and qbo.kind == TEXT):
        return ""
    if TEXT in (crm.kind, qbo.kind):
        return _("“%(crm)s” and “%(qbo)s” are of different kinds; they can be mapped one way only, into the text.") % {
            "crm": crm.label,
            "qbo": qbo.label,
        }
    return _("“%(crm)s” and “%(qbo)s” are of different kinds and can't be mapped.") % {
        "crm": crm.label,
        "qbo": qbo.label,
    }
