"""What the lists of all kinds of records share: filters, views, chips and columns."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label

from core.conditions import Condition, Field
from core.tables import BuiltIn, Chip, Column, person_column
from crm.queries import archive, companies, people


def field(name: str, label: Any, kind: str, path: str, choices: Any = ()) -> Field:
    return Field(name, label, kind, path, tuple(choices))


OWNER = field("owner", L("Owner"), "record", "owner_id")
COMPANY_OF = field("company", L("Company"), "record", "company_id")
CREATED = field("created", L("Created"), "date", "created_at__date")
UPDATED = field("updated", L("Last change"), "date", "updated_at__date")
MINE: Condition = {"field": "owner", "op": "me"}
MY_TEAM: Condition = {"field": "owner", "op": "my_team"}
VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("mine", L("Mine"), where=MINE),
    BuiltIn("my-team", L("My team’s"), where=MY_TEAM, tab=False),
)


def company_names(user: Any) -> QuerySet[Any]:
    """The companies that an address filters by."""
    return companies.visible_to(user).annotate(label=F("name"), place=Value(0))


OWNERS = Chip("owner", L("Owner"), options=people.owners, icon="user")
COMPANIES = Chip("company", L("Company"), options=company_names, chosen_only=True, icon="building")
CHANGED = Chip("updated", L("Last change"), "date", icon="calendar")


def page_of(url_name: str, attribute: str) -> Any:
    def page(record: Any) -> str:
        pk = getattr(record, attribute)
        return reverse(url_name, args=[pk]) if pk else ""

    return page


COMPANY_PAGE = page_of("crm:company-detail", "company_id")
DEAL_PAGE = page_of("crm:deal-detail", "deal_id")
CONTACT_PAGE = page_of("crm:contact-detail", "contact_id")
# What every record has.
OWNER_COLUMN = person_column("owner", L("Owner"), edit="owner")
UPDATED_COLUMN = Column("updated", L("Last change"), "datetime", "updated_at", sort="updated_at")
ARCHIVED_COLUMN = Column("archived_at", L("Archived on"), "datetime", "archived_at", default=False)


def _archivers(rows: Sequence[Any]) -> Mapping[int, str]:
    return archive.archived_by(rows[0]._meta.model_name, [record.pk for record in rows])


ARCHIVED_BY = Column("archived_by", L("Archived by"), load=_archivers, default=False)
CREATED_COLUMN = Column("created", L("Created"), "datetime", "created_at", default=False)


def named(label: Any) -> Column:
    return Column("name", label, sort="name_key", annotate={"name_key": Upper("name")})


def more(name: str, label: Any, kind: str = "text", **more: Any) -> Column:
    return Column(name, label, kind, default=False, **more)


def _town(record: Any) -> str:
    return str((record.billing_address or {}).get("city", ""))


TOWN = more("town", L("Town"), value=_town, needs=("billing_address",))
