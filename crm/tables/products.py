"""The list of products."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.tables import Chip, Column, person_column, templated
from crm import terms
from crm.enums import BillingPeriod
from crm.kinds import PRODUCT
from crm.tables.making import table_of
from crm.tables.parts import (
    ARCHIVED_BY,
    ARCHIVED_COLUMN,
    CREATED,
    CREATED_COLUMN,
    OWNER,
    OWNERS,
    UPDATED,
    UPDATED_COLUMN,
    field,
    more,
    named,
)

# What is billed once is stored as nothing.
RECURRING = [each for each in BillingPeriod.choices if each[0]]


def _sold(product: Any) -> str:
    return _("Active") if product.active else _("Not sold")


def _billed_as(product: Any) -> str:
    return terms.in_words(product.billing_period, product.billing_count) or str(BillingPeriod.ONCE.label)


PRODUCT_COLUMNS = (
    named(L("Name")),
    Column("sku", L("SKU"), sort="sku", look="cell-short", edit="sku"),
    Column("description", L("Description"), "long", edit="description"),
    Column("unit_price", L("Unit price"), "money", sort="unit_price", edit="unit_price"),
    Column(
        "active", L("Status"), value=_sold, needs=("active",), show=templated("crm/_sold_cell.html"), edit="active"
    ),
    Column("billed", L("Billed"), value=_billed_as, needs=("billing_period", "billing_count")),
    UPDATED_COLUMN,
    more("unit_cost", L("Unit cost"), "money", edit="unit_cost"),
    more("currency", L("Currency")),
    person_column("owner", L("Owner"), edit="owner", default=False),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip
PRODUCTS = table_of(
    PRODUCT,
    PRODUCT_COLUMNS,
    (
        field("active", L("Active"), "checkbox", "active"),
        field("billing_period", L("Billed"), "choice", "billing_period", RECURRING),
        OWNER,
        field("unit_price", L("Unit price"), "number", "unit_price"),
        CREATED,
        UPDATED,
    ),
    "name",
    chips=(Chip("unit_price", L("Unit price"), "number", icon="currency-dollar"), OWNERS),
)
