"""What a column of a file can become: columns of the record, parts of its addresses, its company, custom properties.

The names are kept in ``Import.mapping``: ``first_name``, ``billing_address.city``, ``company.name``, ``property:12``,
``id``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from core.enums import PropertyKind
from core.forms.fields import AmountField, CurrencyCodeField, DateField
from core.properties import Definition, definitions
from crm.forms.fields import ADDRESS_PARTS, EmailsField
from crm.forms.records import CompanyForm, ContactForm, DealForm, ProductForm

FORMS: Mapping[str, type[forms.Form]] = {
    "contact": ContactForm, "company": CompanyForm, "deal": DealForm, "product": ProductForm,
}  # fmt: skip
OBJECTS = tuple(FORMS)
TEXT, EMAIL, DOMAIN, NUMBER, DAY, TICK, CURRENCY, PERSON, OPTION = (
    "text", "email", "domain", "number", "date", "checkbox", "currency_code", "user", "option",
)  # fmt: skip
ID, STAGE, PIPELINE, COMPANY_NAME, COMPANY_DOMAIN, CONTACT_EMAIL = (
    "id", "stage", "pipeline", "company.name", "company.domain", "contact.email",
)  # fmt: skip
# What a HubSpot export says beside the columns: who the record is there, whom it belongs to, the invoice of a deal.
HUBSPOT = "hubspot."
HUBSPOT_ID = "hubspot.id"
HUBSPOT_IDS: Mapping[str, Sequence[tuple[str, Any]]] = {
    "contact": (
        ("hubspot.company", _("HubSpot: primary company (ID)")), ("hubspot.companies", _("HubSpot: companies (IDs)")),
        ("hubspot.deals", _("HubSpot: deals (IDs)")),
    ),
    "company": (
        ("hubspot.contacts", _("HubSpot: contacts (IDs)")), ("hubspot.deals", _("HubSpot: deals (IDs)")),
    ),
    "deal": (
        ("hubspot.company", _("HubSpot: primary company (ID)")), ("hubspot.companies", _("HubSpot: companies (IDs)")),
        ("hubspot.contacts", _("HubSpot: contacts (IDs)")),
    ),
    "product": (),
}  # fmt: skip
HUBSPOT_INVOICE: Sequence[tuple[str, Any, str]] = (
    ("hubspot.invoice_number", _("HubSpot: Invoice number"), TEXT),
    ("hubspot.invoice_amount", _("HubSpot: Invoice amount billed"), NUMBER),
    ("hubspot.invoice_status", _("HubSpot: Invoice status"), TEXT),
    ("hubspot.invoice_due", _("HubSpot: Invoice due date"), DAY),
    ("hubspot.invoice_recipient", _("HubSpot: Invoice recipient"), TEXT),
)
NEW = "new:"
# Kinds of properties that can be made of a column on the way.
NEW_KINDS = (
    PropertyKind.TEXT, PropertyKind.LONG_TEXT, PropertyKind.NUMBER, PropertyKind.DATE, PropertyKind.CHOICE,
    PropertyKind.CHECKBOX,
)  # fmt: skip
# A unique text, by which later files find the records again: an id of another program.
NEW_KEY = "key"
# Other words for a column, as other programs head it.
_WORDS: Mapping[str, Sequence[str]] = {
    "name": ("name", "company name", "deal name", "product name", "account name", "title", "organization"),
    "first_name": ("first name", "first", "firstname", "given name", "forename"),
    "last_name": ("last name", "last", "lastname", "surname", "family name"),
    "email": ("e mail", "email", "mail", "email address", "e mail address"),
    "phone": ("phone", "phone number", "telephone", "tel", "work phone"),
    "mobile": ("mobile", "mobile phone", "mobile phone number", "cell", "cell phone"),
    "website": ("website", "website url", "url", "web site", "homepage"),
    "job_title": ("job title", "position", "role", "job"),
    "domain": ("domain", "company domain", "company domain name", "domain name"),
    "industry": ("industry", "sector", "branch"),
    "currency": ("currency", "currency code"),
    "notes": ("notes", "note", "comment", "comments", "remarks"),
    "description": ("description", "deal description", "product description"),
    "owner": ("owner", "contact owner", "company owner", "deal owner", "owner email", "assigned to"),
    "amount": ("amount", "value", "deal value", "deal amount"),
    "close_on": ("close date", "expected close date", "closing date"),
    "stage": ("stage", "deal stage"),
    "pipeline": ("pipeline",),
    "sku": ("sku", "item number", "product code", "article number"),
    "unit_price": ("unit price", "price", "sales price", "list price", "rate"),
    "unit_cost": ("unit cost", "cost", "purchase cost"),
    "billing_period": ("billed", "billing period", "recurring", "billing frequency"),
    "active": ("active", "sold", "is active"),
    "company.name": ("company", "company name", "firm", "account", "organization", "associated company", "employer"),
    "company.domain": ("company domain", "company domain name"),
    "contact.email": ("contact e mail", "contact email", "associated contact", "primary contact email"),
    "billing_address.line1": ("street", "street address", "address", "address line 1", "billing street"),
    "billing_address.line2": ("address line 2", "street 2"),
    "billing_address.city": ("city", "town", "billing city"),
    "billing_address.region": ("state", "region", "state region", "province", "county"),
    "billing_address.postal_code": ("postal code", "zip", "zip code", "postcode"),
    "billing_address.country": ("country", "country region"),
    "id": ("crm sync id",),
}  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a column can become. ``field`` cleans a value as the form of the record does."""

    name: str
    label: Any
    kind: str
    group: Any = ""
    field: forms.Field | None = None
    definition: Definition | None = None

    @property
    def words(self) -> set[str]:
        """Headings that mean it."""
        return {simple(str(self.label)), *_WORDS.get(self.name, ())}

    @property
    def spans(self) -> str:
        """How its cells are written, where that has to be known: as days or numbers."""
        kind = self.definition.kind if self.definition is not None else self.kind
        if kind in (PropertyKind.DATE, PropertyKind.DATETIME):
            return DAY
        return NUMBER if kind in (PropertyKind.NUMBER, PropertyKind.CURRENCY) else ""


def simple(heading: str) -> str:
    """A heading in lower case without signs: ``E-Mail (work)`` -> ``e mail work``."""
    return " ".join(re.sub(r"[\W_]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", heading)).split()).casefold()


def targets_of(object_type: str) -> dict[str, Target]:
    """Everything that a file of this object may hold, by name, in the order of its form."""
    form, about = FORMS[object_type], _("About")
    found = [
        Target(name, field.label, _kind(name, field), about, None if name == STAGE else field)
        for name, field in form.base_fields.items()
        if name not in ("company", "contacts", "owner") and _kind(name, field)
    ]
    if object_type == "deal":
        found.append(Target(PIPELINE, _("Pipeline"), TEXT, about))
    if object_type in ("contact", "deal"):
        associated = _("Associated records")
        found.append(Target(COMPANY_NAME, _("Company: name"), TEXT, associated, CompanyForm.base_fields["name"]))
        found.append(
            Target(COMPANY_DOMAIN, _("Company: domain"), DOMAIN, associated, CompanyForm.base_fields["domain"])
        )
    if object_type == "deal":
        email = ContactForm.base_fields["email"]
        found.append(Target(CONTACT_EMAIL, _("Contact: e-mail"), EMAIL, _("Associated records"), email))
    found.append(Target("owner", _("Owner"), PERSON, about))
    for column, heading in getattr(form, "addresses", {}).items():
        found += [
            Target(f"{column}.{part}", label, TEXT, heading, forms.CharField(required=False, max_length=longest))
            for part, label, longest in ADDRESS_PARTS
        ]
    found += [
        Target(each.name, each.label, str(each.kind), each.group or _("Properties"), definition=each)
        for each in definitions(object_type)
    ]
    found.append(Target(ID, _("CRM Sync ID"), NUMBER, _("To find the record")))
    found.append(Target(HUBSPOT_ID, _("HubSpot: record ID"), TEXT, _("From HubSpot")))
    found += [Target(name, label, TEXT, _("From HubSpot")) for name, label in HUBSPOT_IDS[object_type]]
    if object_type == "deal":
        found += [Target(name, label, kind, _("From HubSpot")) for name, label, kind in HUBSPOT_INVOICE]
    return {target.name: target for target in found}


_KINDS: Mapping[type[forms.Field], str] = {
    EmailsField: EMAIL, AmountField: NUMBER, DateField: DAY, CurrencyCodeField: CURRENCY, forms.BooleanField: TICK,
    forms.ChoiceField: OPTION, forms.CharField: TEXT, forms.IntegerField: NUMBER,
}  # fmt: skip


def _kind(name: str, field: forms.Field) -> str:
    """How values of a form field are read; empty for one that a file can't fill."""
    if name in (STAGE, "domain"):
        return DOMAIN if name == "domain" else TEXT
    if isinstance(field, forms.ModelChoiceField):
        return ""
    return next((kind for form_field, kind in _KINDS.items() if isinstance(field, form_field)), "")


def guessed(object_type: str, headers: Sequence[str]) -> list[str]:
    """A target for each heading that sounds like one, each of them once; empty for the others."""
    known = targets_of(object_type)
    found, taken = [], set()
    for header in headers:
        words = simple(header)
        fitting = [name for name, target in known.items() if name not in taken and words in target.words]
        # A custom property is asked for by its own name; then whatever the form has first.
        fitting.sort(key=lambda name: simple(str(known[name].label)) != words)
        name = fitting[0] if words and fitting else ""
        taken.add(name)
        found.append(name)
    return found
