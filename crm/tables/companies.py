"""The list of companies."""

from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.tables import Column
from crm.kinds import COMPANY
from crm.tables.making import table_of
from crm.tables.parts import (
    ARCHIVED_BY,
    ARCHIVED_COLUMN,
    CHANGED,
    CREATED,
    CREATED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    OWNERS,
    TOWN,
    UPDATED,
    UPDATED_COLUMN,
    field,
    more,
    named,
)

COMPANY_COLUMNS = (
    named(L("Name")),
    Column("domain", L("Domain"), edit="domain"),
    Column("email", L("E-mail"), edit="email"),
    Column("phone", L("Phone"), look="cell-short", edit="phone"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    more("industry", L("Industry"), edit="industry"),
    more("website", L("Website"), edit="website"),
    more("currency", L("Currency")),
    TOWN,
    more("notes", L("Notes"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)
COMPANIES = table_of(
    COMPANY,
    COMPANY_COLUMNS,
    (OWNER, field("industry", L("Industry"), "choice", "industry"), CREATED, UPDATED),
    "name",
    chips=(OWNERS, CHANGED),
)
