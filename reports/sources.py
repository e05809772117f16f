"""What reports can be about: objects of the condition language, with their dates and the way to their currency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.conditions import Condition, registry


@dataclass(frozen=True)
class Source:
    """An object of reports.

    ``date`` is the date that a new report begins with, ``currency`` the property with the currency of its amounts,
    both as paths of the condition language. ``rate`` and ``home`` are ORM paths: units of the home currency for one of
    the record's. ``always`` is what every report about it asks for, so that its lists show the same records.
    ``filters`` are what the filters of dashboards are about; ``company`` may be an association to several.
    """

    name: str
    date: str
    currency: str = ""
    rate: str = ""
    home: str = ""
    always: Sequence[Condition] = ()
    amount: str = ""
    icon: str = ""
    export_permission: str = "crm.export"
    filters: Mapping[str, str] = field(default_factory=dict)

    @property
    def label(self) -> Any:
        """What its records are called."""
        return registry.objects[self.name].label


_REMOVED: Condition = {"field": "removed", "op": "empty"}
_HOME = "connection__home_currency"
SOURCES = {
    source.name: source
    for source in (
        Source("deal", "close_on", "currency", amount="amount", filters={"owner": "owner", "company": "company"}),
        Source(
            "invoice",
            "issued_on",
            "currency",
            "exchange_rate",
            _HOME,
            (_REMOVED,),
            amount="total",
            export_permission="invoices.export",
            filters={"owner": "owner", "company": "companies", "connection": "connection"},
        ),
        Source(
            "invoice_line",
            "invoice.issued_on",
            "invoice.currency",
            "invoice__exchange_rate",
            f"invoice__{_HOME}",
            ({"field": "invoice.removed", "op": "empty"},),
            amount="amount",
            icon="list-details",
            export_permission="invoices.export",
            filters={
                "owner": "invoice.owner",
                "company": "invoice.companies",
                "connection": "invoice.connection",
            },
        ),
        Source(
            "payment",
            "received_on",
            "currency",
            "exchange_rate",
            _HOME,
            (_REMOVED,),
            amount="amount",
            export_permission="invoices.export",
            filters={"connection": "connection"},
        ),
        Source("quote", "created", "currency", amount="amount", filters={"owner": "owner", "company": "company"}),
        Source("product", "created", "currency", amount="unit_price", filters={"owner": "owner"}),
        Source("contact", "created", filters={"owner": "owner", "company": "company"}),
        Source("company", "created", filters={"owner": "owner"}),
        Source("task", "due", icon="checkbox", filters={"owner": "assignee"}),
        Source("activity", "occurred", icon="message", filters={"owner": "by"}),
        Source("workflow_run", "started", icon="bolt"),
    )
}


def sources_for(user: Any) -> list[Source]:
    """What ``user`` may build reports about."""
    return [source for source in SOURCES.values() if registry.may_use(source.name, user)]
