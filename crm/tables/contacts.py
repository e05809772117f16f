"""The list of contacts."""

from typing import Any

from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.tables import Column
from crm.kinds import CONTACT
from crm.tables.making import table_of
from crm.tables.parts import (
    ARCHIVED_BY,
    ARCHIVED_COLUMN,
    CHANGED,
    COMPANIES,
    COMPANY_OF,
    COMPANY_PAGE,
    CREATED,
    CREATED_COLUMN,
    OWNER,
    OWNER_COLUMN,
    OWNERS,
    TOWN,
    UPDATED,
    UPDATED_COLUMN,
    more,
)


def _phone(contact: Any) -> str:
    return str(contact.phone or contact.mobile)


CONTACT_COLUMNS = (
    Column(
        "name", L("Name"), value=str, needs=("first_name", "last_name", "email"), sort="name_key",
        annotate={"name_key": Upper("last_name")},
    ),
    Column("company", L("Company"), path="company__name", link=COMPANY_PAGE, edit="company"),
    Column("email", L("E-mail"), sort="email", edit="email"),
    Column("phone", L("Phone"), value=_phone, needs=("phone", "mobile"), look="cell-short", edit="phone"),
    Column("job_title", L("Job title"), edit="job_title"),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    more("first_name", L("First name"), edit="first_name"),
    more("last_name", L("Last name"), edit="last_name"),
    more("mobile", L("Mobile"), edit="mobile"),
    more("website", L("Website"), edit="website"),
    TOWN,
    more("notes", L("Notes"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip
CONTACTS = table_of(
    CONTACT, CONTACT_COLUMNS, (OWNER, COMPANY_OF, CREATED, UPDATED), "name", chips=(OWNERS, COMPANIES, CHANGED)
)
