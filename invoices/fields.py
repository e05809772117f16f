"""What conditions can say about invoices and payments, and the way to them from the records of the CRM."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.conditions import ConditionObject, Field, Relation, json_text_field
from core.conditions.registry import add_fields, add_object, add_relation
from core.segments import offer
from invoices import queries, text_names
from invoices.enums import InvoiceOrigin, InvoiceStatus, LineKind, TaxMode
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from qbo_connector.models import Connection

SEES = "invoices.view"
ABOUT, AMOUNTS, DATES = _("About"), _("Amounts"), _("Dates and people")

RELATIONS = (
    ("contact", "invoices", _("Invoices"), "invoice", True, "invoices"),
    ("company", "invoices", _("Invoices"), "invoice", True, "invoices"),
    ("deal", "invoices", _("Invoices"), "invoice", True, "invoices"),
    ("invoice", "deal", _("Deal"), "deal", False, "deal"),
    ("invoice", "contacts", _("Contacts"), "contact", True, "contacts"),
    ("invoice", "companies", _("Companies"), "company", True, "companies"),
    ("invoice", "lines", _("Lines"), "invoice_line", True, "lines"),
    ("invoice", "payments", _("Payments"), "payment_part", True, "applications"),
    ("invoice_line", "product", _("Product"), "product", False, "product"),
    ("invoice_line", "invoice", _("Invoice"), "invoice", False, "invoice"),
    ("payment", "invoices", _("Invoices paid"), "payment_part", True, "applications"),
    ("payment_part", "invoice", _("Invoice"), "invoice", False, "invoice"),
    ("payment_part", "payment", _("Payment"), "payment", False, "payment"),
)


def company_options(_user: Any) -> list[tuple[str, Any]]:
    """The QuickBooks companies."""
    rows = Connection.objects.order_by("company_name", "pk").values_list("pk", "company_name", "realm_id")
    return [(str(pk), name or realm) for pk, name, realm in rows]


def _text(name: str, label: Any, path: str = "") -> Field:
    return Field(name, label, "text", path or name, group=ABOUT)


def _money(name: str, label: Any, path: str = "") -> Field:
    return Field(name, label, "money", path or name, group=AMOUNTS)


def _moment(name: str, label: Any, path: str) -> Field:
    return Field(name, label, "datetime", path, group=DATES)


def _connection() -> Field:
    label = _("QuickBooks company")
    return Field("connection", label, "record", "connection_id", options=company_options, group=ABOUT)


def register() -> None:
    """Add the objects, their properties and their associations."""
    add_object(
        ConditionObject(
            "invoice", _("Invoices"), Invoice, queries.visible_to, SEES, Q(removed_at=None, archived_at=None)
        )
    )
    add_object(ConditionObject("invoice_line", _("Invoice lines"), InvoiceLine, _lines_visible_to, SEES))
    add_object(
        ConditionObject("payment", _("Payments"), Payment, queries.payments_visible_to, SEES, Q(removed_at=None))
    )
    add_object(
        ConditionObject(
            "payment_part", _("Parts of payments"), PaymentApplication, _parts_visible_to, SEES,
            Q(payment__removed_at=None),
        )
    )  # fmt: skip
    _fields_of_invoices()
    add_fields(
        "payment",
        _text("customer_name", _("Customer")),
        _money("amount", _("Amount")),
        _money("unapplied", _("Not applied")),
        _text("currency", _("Currency")),
        Field("received_on", _("Received"), "date", "received_on", group=DATES),
        _text("method", _("Payment method"), "method_name"),
        _text("reference", _("Reference")),
        _text("note", _("Note")),
        Field("voided", _("Voided"), "checkbox", "voided", group=ABOUT),
        _text("deposit_account", _("Deposited to (account)"), "deposit_account_name"),
        Field("deposited", _("In a bank deposit"), "checkbox", "deposited", group=ABOUT),
        _connection(),
        _moment("removed", _("Deleted in QuickBooks"), "removed_at"),
        _moment("created", _("Created"), "created_at"),
    )
    add_fields("payment_part", _money("amount", _("Amount")))
    offer("invoice")
    text_names.register()
    for object_type, name, label, target, many, path in RELATIONS:
        add_relation(object_type, Relation(name, label, target, path, many))


def _lines_visible_to(user: Any) -> Any:
    return InvoiceLine.objects.filter(invoice__in=queries.visible_to(user))


def _parts_visible_to(user: Any) -> Any:
    return PaymentApplication.objects.filter(payment__in=queries.payments_visible_to(user))


def _fields_of_invoices() -> None:
    add_fields(
        "invoice",
        _text("number", _("Number")),
        Field("status", _("Status"), "choice", "status", tuple(InvoiceStatus.choices), group=ABOUT),
        _text("customer_name", _("Customer")),
        _text("recipient", _("Recipient (e-mail)")),
        _money("total", _("Amount")),
        _money("balance", _("Balance")),
        _money("subtotal", _("Subtotal")),
        _money("discount_total", _("Discount")),
        _money("tax_total", _("Tax")),
        _text("currency", _("Currency")),
        Field("tax_mode", _("How tax is added"), "choice", "tax_mode", tuple(TaxMode.choices), group=AMOUNTS),
        Field("exchange_rate", _("Exchange rate"), "number", "exchange_rate", group=AMOUNTS),
        Field("issued_on", _("Invoice date"), "date", "issued_on", group=DATES),
        Field("due_on", _("Due date"), "date", "due_on", group=DATES),
        _text("terms", _("Terms"), "terms_name"),
        _text("message", _("Message")),
        _text("private_note", _("Private note")),
        Field("emailed", _("E-mailed"), "checkbox", "emailed", group=ABOUT),
        _moment("emailed_at", _("E-mailed at"), "emailed_at"),
        Field("voided", _("Voided"), "checkbox", "voided", group=ABOUT),
        Field("origin", _("Made in"), "choice", "origin", tuple(InvoiceOrigin.choices), group=ABOUT),
        _connection(),
        Field("deal", _("Deal"), "record", "deal_id", target="deal", group=ABOUT),
        json_text_field("billing_address_city", _("Town"), "billing_address", "city", group=ABOUT),
        json_text_field("billing_address_country", _("Country"), "billing_address", "country", group=ABOUT),
        Field("owner", _("Owner"), "user", "owner_id", group=DATES),
        Field("created_by", _("Created by"), "user", "created_by_id", group=DATES),
        _moment("created", _("Created"), "created_at"),
        _moment("updated", _("Last change"), "updated_at"),
        _moment("removed", _("Deleted in QuickBooks"), "removed_at"),
        _moment("changed_in_quickbooks", _("Last change in QuickBooks"), "remote_updated_at"),
    )
    add_fields(
        "invoice_line",
        Field("kind", _("Kind"), "choice", "kind", tuple(LineKind.choices), group=ABOUT),
        _text("name", _("Name"), "item_name"),
        _text("description", _("Description")),
        Field("product", _("Product"), "record", "product_id", target="product", group=ABOUT),
        Field("quantity", _("Quantity"), "number", "quantity", group=AMOUNTS),
        Field("unit_price", _("Unit price"), "money", "unit_price", group=AMOUNTS),
        _money("amount", _("Amount")),
        Field("service_on", _("Service date"), "date", "service_on", group=DATES),
        _text("tax_code", _("Tax code"), "tax_code_name"),
    )
