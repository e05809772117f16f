"""What conditions can say about the records of the CRM."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from core.conditions import ConditionObject, Field, Relation, json_text_field
from core.conditions.registry import add_fields, add_object, add_relation
from core.segments import offer
from crm.enums import BillingPeriod, BillingStatus, DealStatus, QuoteStatus
from crm.kinds import COMPANY, CONTACT, DEAL, PRODUCT, QUOTE, Kind
from crm.labels import NEXT_STEP, YES_NO
from crm.models import Company, Contact, Deal, DealLine, Pipeline, Product, Quote
from crm.queries import board, deals

# Of products; what is billed once is empty.
RECURRING = tuple(each for each in BillingPeriod.choices if each[0])
ABOUT, DATES, BILLED = _("About"), _("Dates and people"), _("Invoices")
ADDRESSES = {"billing_address": _("Billing address"), "shipping_address": _("Shipping address")}
ADDRESS_PARTS = {
    "line1": _("first line"),
    "city": _("town"),
    "region": _("region"),
    "postal_code": _("postal code"),
    "country": _("country"),
}


def _text(name: str, label: Any, path: str = "") -> Field:
    return Field(name, label, "text", path or name, group=ABOUT)


def _addresses() -> list[Field]:
    return [
        json_text_field(f"{column}_{key}", format_lazy("{}: {}", label, part), column, key, group=label)
        for column, label in ADDRESSES.items()
        for key, part in ADDRESS_PARTS.items()
    ]


def _record(name: str, label: Any, path: str, target: str) -> Field:
    return Field(name, label, "record", path, target=target, group=ABOUT)


# What every record has.
RECORD = (
    Field("owner", _("Owner"), "user", "owner_id", group=DATES),
    Field("created", _("Created"), "datetime", "created_at", group=DATES),
    Field("updated", _("Last change"), "datetime", "updated_at", group=DATES),
)


def stage_options(_user: Any) -> list[tuple[str, Any]]:
    """The stages, with their pipelines where there are several."""
    stages = deals.all_stages()
    several = len({stage.pipeline_id for stage in stages}) > 1
    return [(str(stage.pk), f"{stage.pipeline}: {stage}" if several else stage.name) for stage in stages]


def pipeline_options(_user: Any) -> list[tuple[str, Any]]:
    """The pipelines."""
    return [(str(pipeline.pk), pipeline.name) for pipeline in Pipeline.objects.all()]


def register() -> None:
    """Add the objects of the CRM, their properties and their associations to one another."""
    for kind, model in ((COMPANY, Company), (CONTACT, Contact), (DEAL, Deal), (PRODUCT, Product), (QUOTE, Quote)):
        _object(kind, model)
    add_object(ConditionObject("deal_line", _("Line items"), DealLine, _lines_visible_to))
    _fields_of_parties()
    _fields_of_deals()
    add_fields(
        "product",
        _text("name", _("Name")),
        _text("sku", _("SKU")),
        _text("description", _("Description")),
        Field("unit_price", _("Unit price"), "money", "unit_price", group=ABOUT),
        Field("unit_cost", _("Unit cost"), "money", "unit_cost", group=ABOUT),
        _text("currency", _("Currency")),
        Field("active", _("Active"), "checkbox", "active", group=ABOUT),
        Field("billing_period", _("Billed"), "choice", "billing_period", RECURRING, group=ABOUT),
        *RECORD,
    )
    add_fields(
        "quote",
        _text("title", _("Title")),
        _text("number", _("Number")),
        Field("status", _("Status"), "choice", "status", tuple(QuoteStatus.choices), group=ABOUT),
        Field("amount", _("Amount"), "money", "amount", group=ABOUT),
        _text("currency", _("Currency")),
        Field("expires_on", _("Expiry date"), "date", "expires_on", group=DATES),
        Field("published", _("Published"), "datetime", "published_at", group=DATES),
        _text("terms", _("Terms")),
        Field("version", _("Version"), "number", "version", group=ABOUT),
        Field("answered", _("Accepted or declined"), "datetime", "answered_at", group=DATES),
        _record("company", _("Company"), "company_id", "company"),
        _record("deal", _("Deal"), "deal_id", "deal"),
        _record("contact", _("Contact"), "contact_id", "contact"),
        *RECORD,
    )
    for kind in (CONTACT, COMPANY, DEAL):
        offer(kind.name)
    for object_type, name, label, target, many in RELATIONS:
        add_relation(object_type, Relation(name, label, target, name, many))


RELATIONS = (
    ("company", "contacts", _("Contacts"), "contact", True),
    ("company", "deals", _("Deals"), "deal", True),
    ("contact", "company", _("Company"), "company", False),
    ("contact", "deals", _("Deals"), "deal", True),
    ("contact", "quotes", _("Quotes"), "quote", True),
    ("deal", "company", _("Company"), "company", False),
    ("deal", "contacts", _("Contacts"), "contact", True),
    ("deal", "quotes", _("Quotes"), "quote", True),
    ("deal", "lines", _("Line items"), "deal_line", True),
    ("deal_line", "product", _("Product"), "product", False),
    ("quote", "deal", _("Deal"), "deal", False),
    ("quote", "contact", _("Contact"), "contact", False),
)


def _object(kind: Kind, model: Any) -> None:
    visible: Callable[[Any], Any] = kind.visible_to
    choices = "" if kind is QUOTE else f"crm:{kind.name}-choices"
    add_object(ConditionObject(kind.name, kind.plural, model, visible, "", Q(archived_at=None), choices))


def _lines_visible_to(user: Any) -> Any:
    return DealLine.objects.filter(deal__in=deals.visible_to(user))


def _fields_of_parties() -> None:
    add_fields(
        "company",
        _text("name", _("Name")),
        _text("domain", _("Domain")),
        _text("email", _("E-mail")),
        _text("phone", _("Phone")),
        _text("website", _("Website")),
        _text("industry", _("Industry")),
        _text("currency", _("Currency")),
        _text("notes", _("Notes")),
        *_addresses(),
        *RECORD,
    )
    add_fields(
        "contact",
        _text("first_name", _("First name")),
        _text("last_name", _("Last name")),
        _text("email", _("E-mail")),
        _text("phone", _("Phone")),
        _text("mobile", _("Mobile")),
        _text("website", _("Website")),
        _text("job_title", _("Job title")),
        _record("company", _("Company"), "company_id", "company"),
        _text("notes", _("Notes")),
        *_addresses(),
        *RECORD,
    )


def _fields_of_deals() -> None:
    add_fields(
        "deal",
        _text("name", _("Name")),
        Field("status", _("Status"), "choice", "status", tuple(DealStatus.choices), group=ABOUT),
        Field("stage", _("Stage"), "record", "stage_id", options=stage_options, group=ABOUT),
        Field("pipeline", _("Pipeline"), "record", "stage__pipeline_id", options=pipeline_options, group=ABOUT),
        Field("probability", _("Probability (percent)"), "number", "stage__probability", group=ABOUT),
        Field("amount", _("Amount"), "money", "amount", group=ABOUT),
        _text("currency", _("Currency")),
        Field("close_on", _("Close date"), "date", "close_on", group=DATES),
        Field("closed", _("Closed"), "datetime", "closed_at", group=DATES),
        _record("company", _("Company"), "company_id", "company"),
        _text("description", _("Description")),
        Field("next_step", _("Next step"), "choice", choices=NEXT_STEP, expression=board.next_step, group=ABOUT),
        Field("rotting", _("Too long in its stage"), "choice", choices=YES_NO, expression=board.rotting, group=ABOUT),
        Field("in_stage_since", _("In its stage since"), "datetime", "stage_entered_at", group=DATES),
        *RECORD,
        _billed("invoice_status", _("Invoice status"), "choice", tuple(BillingStatus.choices)),
        _billed("invoice_amount_billed", _("Invoice amount billed"), "money"),
        _billed("invoice_number", _("Invoice number"), "text"),
        _billed("invoice_recipient", _("Invoice recipient"), "text"),
        _billed("invoice_due_on", _("Invoice due date"), "date"),
        _billed("billed", _("Billed in all"), "money"),
        _billed("paid", _("Paid"), "money"),
        _billed("outstanding", _("Outstanding"), "money"),
        _billed("overdue", _("Overdue amount"), "money"),
        _billed("next_due_on", _("Next due date"), "date"),
        _billed("invoices", _("Number of invoices"), "number"),
    )
    add_fields(
        "deal_line",
        _text("name", _("Name")),
        _text("description", _("Description")),
        _record("product", _("Product"), "product_id", "product"),
        Field("quantity", _("Quantity"), "number", "quantity", group=ABOUT),
        Field("unit_price", _("Unit price"), "money", "unit_price", group=ABOUT),
        Field("discount_percent", _("Discount (percent)"), "number", "discount_percent", group=ABOUT),
    )


def _billed(name: str, label: Any, kind: str, choices: Any = ()) -> Field:
    """A column of what a deal has been invoiced."""
    shown = "invoice_count" if name == "invoices" else name
    return Field(shown, label, kind, f"billing__{name}", choices, group=BILLED)
