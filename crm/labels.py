"""What the columns of records are called on pages and in sentences."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, str | Promise] = {
    "name": _("Name"),
    "title": _("Title"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "email": _("E-mail"),
    "phone": _("Phone"),
    "mobile": _("Mobile"),
    "website": _("Website"),
    "domain": _("Domain"),
    "industry": _("Industry"),
    "job_title": _("Job title"),
    "currency": _("Currency"),
    "company_id": _("Company"),
    "contact_id": _("Contact"),
    "owner_id": _("Owner"),
    "billing_address": _("Billing address"),
    "shipping_address": _("Shipping address"),
    "notes": _("Notes"),
    "description": _("Description"),
    "amount": _("Amount"),
    "amount_follows_lines": _("Amount follows the line items"),
    "close_on": _("Close date"),
    "sku": _("SKU"),
    "unit_price": _("Unit price"),
    "unit_cost": _("Unit cost"),
    "active": _("Active"),
    "billing_period": _("Billed"),
    "billing_count": _("Number of periods"),
    "expires_on": _("Expiry date"),
    "terms": _("Terms"),
    "subtotal": _("Subtotal"),
    "properties": _("Properties"),
    "archived": _("Archived"),
}

OBJECTS: dict[str, str | Promise] = {
    "company": _("company"),
    "contact": _("contact"),
    "deal": _("deal"),
    "product": _("product"),
    "quote": _("quote"),
}


def label_of(column: str) -> str:
    """The label of a column; its own name where it has none."""
    return str(LABELS.get(column, column))


# The words of properties that are worked out, for the list of deals and for conditions.
YES_NO = (("yes", _("Yes")), ("no", _("No")))
NEXT_STEP = (("yes", _("Has one")), ("no", _("Has none")))
