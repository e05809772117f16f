"""Tables of the CRM."""

from crm.models.companies import Company
from crm.models.contacts import Contact
from crm.models.deals import Deal, DealBilling, DealContact, DealLine, Pipeline, Stage, StageChange
from crm.models.products import Product
from crm.models.quotes import Quote, QuoteLine

__all__ = [
    "Company",
    "Contact",
    "Deal",
    "DealBilling",
    "DealContact",
    "DealLine",
    "Pipeline",
    "Product",
    "Quote",
    "QuoteLine",
    "Stage",
    "StageChange",
]
