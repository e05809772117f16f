"""The list of quotes."""

from typing import Any

from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.tables import Chip, Column, Total, templated
from crm.enums import QuoteStatus
from crm.kinds import QUOTE
from crm.services import quotes
from crm.tables.making import table_of
from crm.tables.parts import (
    ARCHIVED_BY,
    ARCHIVED_COLUMN,
    CONTACT_PAGE,
    CREATED,
    CREATED_COLUMN,
    DEAL_PAGE,
    OWNER,
    OWNER_COLUMN,
    OWNERS,
    UPDATED,
    UPDATED_COLUMN,
    field,
    more,
)


def expired(quote: Any) -> bool:
    """Whether its last day has passed."""
    return quotes.expired(quote)


def _quote_pill(_value: Any, quote: Any) -> Any:
    return templated("crm/_quote_cell.html", "expired")(expired(quote), quote)


def _contact_of(quote: Any) -> Any:
    return str(quote.contact) if quote.contact else ""


QUOTE_COLUMNS = (
    Column("title", L("Title"), sort="title"),
    Column("number", L("Number"), look="cell-short"),
    Column(
        "status", L("Status"), value=lambda quote: str(quote.get_status_display()), needs=("status", "expires_on"),
        show=_quote_pill,
    ),
    Column("amount", L("Amount"), "money", sort="amount"),
    Column("expires_on", L("Expiry date"), "date", sort="expires_on", edit="expires_on"),
    Column("deal", L("Deal"), path="deal__name", link=DEAL_PAGE),
    Column(
        "contact", L("Contact"), value=_contact_of, link=CONTACT_PAGE,
        needs=("contact__first_name", "contact__last_name", "contact__email"),
    ),
    OWNER_COLUMN,
    UPDATED_COLUMN,
    more("currency", L("Currency")),
    more("published", L("Published"), "datetime", path="published_at"),
    more("terms", L("Terms"), "long"),
    CREATED_COLUMN,
    ARCHIVED_COLUMN,
    ARCHIVED_BY,
)  # fmt: skip
QUOTES = table_of(
    QUOTE,
    QUOTE_COLUMNS,
    (
        field("status", L("Status"), "choice", "status", QuoteStatus.choices),
        OWNER,
        field("deal", L("Deal"), "record", "deal_id"),
        field("contact", L("Contact"), "record", "contact_id"),
        field("amount", L("Amount"), "number", "amount"),
        field("expires_on", L("Expiry date"), "date", "expires_on"),
        CREATED,
        UPDATED,
    ),
    "-updated",
    chips=(
        Chip("status", L("Status"), choices=QuoteStatus.choices, icon="circle-dot"),
        OWNERS,
        Chip("expires_on", L("Expiry date"), "date", icon="calendar"),
        Chip("amount", L("Amount"), "number", icon="currency-dollar"),
    ),
    totals=(Total("amount", L("Amount")),),
)
