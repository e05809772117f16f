"""The lists of the CRM: their columns, filters, views and what can be done with many records at once."""

from core.tables import add_table
from crm.tables.activities import ACTIVITIES
from crm.tables.companies import COMPANIES
from crm.tables.contacts import CONTACTS
from crm.tables.deals import DEALS
from crm.tables.products import PRODUCTS
from crm.tables.quotes import QUOTES
from crm.tables.tasks import TASKS


def register() -> None:
    """Tell core about the lists."""
    for table in (DEALS, COMPANIES, CONTACTS, PRODUCTS, QUOTES, TASKS, ACTIVITIES):
        add_table(table)
