"""Which of HubSpot's exports a file is, and what its columns are, both by the headings that HubSpot writes. Pure.

HubSpot heads a column with the label of its property, and columns of associations with ``Associated Company IDs``,
``Associated Company IDs (Primary)``, ``Associated Company`` and so on.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from crm.imports.targets import simple

# In the order in which they are imported: whatever another one names comes first.
KINDS = ("company", "contact", "product", "deal", "quote", "line_item", "invoice")
_ID_WORDS = ("record id", "id", "object id", "hubspot id")
# Labels of properties by what they become; those of records that the CSV import knows are added by it.
COLUMNS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "contact": {
        "hubspot.id": (*_ID_WORDS, "contact id"),
        "first_name": ("first name",), "last_name": ("last name",), "email": ("email",), "phone": ("phone number",),
        "mobile": ("mobile phone number",), "job_title": ("job title",), "owner": ("contact owner",),
        "website": ("website url",),
    },
    "company": {
        "hubspot.id": (*_ID_WORDS, "company id"),
        "name": ("company name", "name"), "domain": ("company domain name",), "phone": ("phone number",),
        "industry": ("industry",), "owner": ("company owner",), "website": ("website url",),
        "billing_address.line1": ("street address",), "billing_address.line2": ("street address 2",),
    },
    "deal": {
        "hubspot.id": (*_ID_WORDS, "deal id"),
        "name": ("deal name",), "stage": ("deal stage",), "pipeline": ("pipeline",), "amount": ("amount",),
        "currency": ("currency",), "close_on": ("close date",), "owner": ("deal owner",),
        "description": ("deal description",),
        "hubspot.invoice_number": ("invoice number",), "hubspot.invoice_amount": ("invoice amount billed",),
        "hubspot.invoice_status": ("invoice status",), "hubspot.invoice_due": ("invoice due date",),
        "hubspot.invoice_recipient": ("invoice recipient",),
    },
    "product": {
        "hubspot.id": (*_ID_WORDS, "product id"),
        "name": ("name", "product name"), "sku": ("sku",), "unit_price": ("unit price", "price"),
        "unit_cost": ("unit cost",), "description": ("product description", "description"), "owner": ("product owner",),
    },
    "quote": {
        "id": (*_ID_WORDS, "quote id"),
        "title": ("quote title", "title", "quote name"),
        "number": ("quote number", "reference number", "quote reference", "public quote number"),
        "status": ("quote status", "status", "approval status"),
        "expires_on": ("expiration date", "quote expiration date"),
        "amount": ("quote amount", "amount", "total"), "currency": ("currency", "quote currency"),
        "notes": ("comments to buyer", "comments"), "terms": ("purchase terms", "terms"), "owner": ("quote owner",),
        "deals": ("associated deal ids",), "contacts": ("associated contact ids",),
        "companies": ("associated company ids",),
    },
    "line_item": {
        "id": (*_ID_WORDS, "line item id"),
        "name": ("name", "line item name"), "sku": ("sku",), "quantity": ("quantity",),
        "unit_price": ("unit price", "price"), "discount": ("unit discount", "discount"),
        "discount_percent": ("discount percentage", "discount percent", "discount rate"),
        "description": ("description", "line item description", "product description"),
        "currency": ("currency", "line item currency"),
        "billing_period": ("billing frequency", "recurring billing frequency"), "term": ("term", "billing period"),
        "product": ("product id", "associated product ids"), "position": ("position on quote", "display order"),
        "deals": ("associated deal ids",), "quotes": ("associated quote ids",),
    },
    "invoice": {
        "id": (*_ID_WORDS, "invoice id"),
        "number": ("invoice number", "number"), "status": ("invoice status", "status"),
        "amount": ("invoice amount billed", "amount billed", "invoice total", "total amount", "amount", "total"),
        "currency": ("currency", "currency code", "invoice currency"), "due_on": ("invoice due date", "due date"),
        "recipient": ("invoice recipient", "recipient", "recipient email", "bill to email", "customer email"),
        "customer": ("customer", "customer name", "recipient company name", "company name", "associated company"),
        "deals": ("associated deal ids",), "contacts": ("associated contact ids",),
        "companies": ("associated company ids",),
    },
}  # fmt: skip
# Columns that HubSpot keeps about itself: nothing of ours, and no property is made of them unless somebody asks.
_OWN = frozenset(
    {
        "create date", "last activity date", "last modified date", "last contacted", "record source",
        "created by user id",
        "hubspot team", "updated by user id", "object create date time", "object last modified date time",
        "is closed won", "is closed lost", "is deal closed", "days to close", "deal probability", "weighted amount",
        "amount in company currency", "first deal created date", "record source detail 1", "record id",
        "owner assigned date", "shared teams", "shared users", "number of associated contacts", "net price",
    }
)  # fmt: skip
_OWN_BEGINNINGS = (
    "associated ", "number of ", "original source", "latest source", "date entered", "date exited", "time in ",
    "cumulative time", "first page seen", "last page seen", "average pageviews", "event revenue", "time first",
    "time last",
    "first touch", "last touch", "next activity", "first conversion", "recent conversion", "unique forms",
    "recent sales", "recent deal", "total open deal",
)  # fmt: skip


def kind_of(headers: Iterable[str]) -> str:
    """What a file holds, by its headings; empty where it is no export of HubSpot that is known here."""
    words = {simple(header) for header in headers}
    if "deal name" in words and words & {"deal stage", "pipeline", "close date", "deal owner", "amount"}:
        return "deal"
    if not words & {"record id", *(f"{kind.replace('_', ' ')} id" for kind in KINDS)}:
        return ""
    if "quantity" in words and words & {"unit price", "net price", "price"}:
        return "line_item"
    if words & {"quote title", "quote number", "quote status", "quote amount", "quote expiration date"}:
        return "quote"
    if words & {"invoice number", "invoice status", "amount billed", "balance due", "invoice date"}:
        return "invoice"
    if words & {"first name", "last name", "contact owner"}:
        return "contact"
    if words & {"company domain name", "company owner", "company name"}:
        return "company"
    if words & {"unit price", "sku", "product type", "unit cost"} and "name" in words:
        return "product"
    return "contact" if "email" in words else ""


def _association(words: str) -> str:
    """The target of a column of associated ids: ``associated company ids primary`` -> ``hubspot.company``."""
    found = re.fullmatch(r"associated (company|contact|deal) ids( primary)?", words)
    if found is None:
        return ""
    if found[1] == "company":
        return "hubspot.company" if found[2] else "hubspot.companies"
    return f"hubspot.{found[1]}s"


def targets(kind: str, headers: Sequence[str], guessed: Sequence[str], known: Iterable[str]) -> list[str]:
    """What each column becomes: by HubSpot's label, else what the CSV import ``guessed``; only ``known`` ones."""
    offered = set(known)
    chosen = ["" for _header in headers]
    taken: set[str] = set()
    words = [simple(header) for header in headers]
    for at, word in enumerate(words):
        name = _association(word) or next((name for name, labels in COLUMNS[kind].items() if word in labels), "")
        if name in offered and name not in taken:
            chosen[at] = name
            taken.add(name)
    for at, name in enumerate(guessed):
        # Whom a record belongs to is told by HubSpot's ids: the names beside them say it once more.
        if name and not chosen[at] and name not in taken and name != "contact.email":
            if name.startswith("company.") and taken & {"hubspot.company", "hubspot.companies"}:
                continue
            chosen[at] = name
            taken.add(name)
    return chosen


def places(kind: str, headers: Sequence[str]) -> dict[str, list[int]]:
    """Where a file of quotes, line items or invoices has what, by HubSpot's labels; the first label counts."""
    found: dict[str, list[int]] = {}
    words = [re.sub(r" (primary|\d+)$", "", simple(header)) for header in headers]
    for name, labels in COLUMNS[kind].items():
        for label in labels:
            at = [n for n, word in enumerate(words) if word == label]
            if at:
                found[name] = at if name in ("deals", "contacts", "companies", "quotes") else at[:1]
                break
    return found


def of_hubspot(header: str) -> bool:
    """Whether HubSpot keeps this column about itself."""
    words = simple(header)
    return words in _OWN or words.startswith(_OWN_BEGINNINGS)
