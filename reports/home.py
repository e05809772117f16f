"""What dashboards and ready reports add to the home page and to the registries."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.handing_over import Belonging, belongings
from accounts.visibility import sees_all
from core import registry
from core.event_words import acted
from invoices import queries
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from reports.models import Dashboard
from reports.ready import registry as ready
from reports.shown import cell_text

SEES, COLLECTS, CONFIGURES = "invoices.view", "invoices.record_payment", "sync.configure"
SHOWN = 6
ACTS = {
    "created": _("made the dashboard %s"),
    "changed": _("changed the dashboard %s"),
    "deleted": _("deleted the dashboard %s"),
}


@dataclass(frozen=True)
class Figure:
    """A line of a card: what it is, how much, and the records behind it."""

    label: Any
    text: str
    href: str = ""


def aging(user: Any) -> Sequence[Figure]:
    """What is owed, by age."""
    result = ready.run("receivables-aging", user, {"by": "owner"})
    if result.total is None:
        return []
    return [
        Figure(
            column.label,
            cell_text(cell, column),
            result.total.drills.get(column.key) or (result.total.drill if column.key == "total" else "") or "",
        )
        for column, cell in zip(result.columns[1:], result.total.cells[1:], strict=True)
    ]


def overdue(user: Any) -> Sequence[Figure]:
    """What is overdue, by owner: the most first."""
    result = ready.run("overdue-by-owner", user, {})
    column = result.columns[2]
    return [Figure(row.cells[0], cell_text(row.cells[2], column), row.drill or "") for row in result.rows[:SHOWN]]


def reads(user: Any) -> Sequence[Figure]:
    """Reads of this month, by what they were for."""
    result = ready.run("reads-used", user, {"period": "this_month"})
    if result.total is None:
        return []
    found = zip(result.columns[1:], result.total.cells[1:], strict=True)
    return [Figure(column.label, cell_text(cell, column)) for column, cell in found]


def unpaid(user: Any) -> Sequence[Invoice]:
    """The unpaid invoices that a person looks after, or whose deal is theirs: the longest due first."""
    mine = queries.visible_to(user).filter(Q(owner=user) | Q(deal__owner=user), removed_at=None, balance__gt=0)
    found = mine.filter(
        status__in=[InvoiceStatus.WAITING, InvoiceStatus.SENT, InvoiceStatus.PARTIAL, InvoiceStatus.OVERDUE]
    )
    return list(found.order_by("due_on", "pk")[:SHOWN])


def register() -> None:
    """Tell core about the cards, and about dashboards."""
    registry.home_cards += [
        registry.HomeCard("my-unpaid-invoices", _("My unpaid invoices"), "reports:home-unpaid", 22, SEES),
        registry.HomeCard(
            "reads-used", _("Reads this month"), "reports:home-reads", 81, CONFIGURES, CONFIGURES, shown=sees_all
        ),
        registry.HomeCard(
            "receivables-aging", _("Receivables aging"), "reports:home-aging", 82, COLLECTS, COLLECTS, shown=sees_all
        ),
        registry.HomeCard(
            "overdue-by-owner", _("Overdue by owner"), "reports:home-overdue", 83, COLLECTS, COLLECTS, shown=sees_all
        ),
    ]
    registry.add_object_type(
        registry.ObjectType("dashboard", _("Dashboard"), _("Dashboards"), "reports:dashboard", "layout-dashboard")
    )
    registry.add_event_kinds(
        *(
            registry.EventKind(f"dashboard.{act}", "report", "layout-dashboard", acted(words, "title"))
            for act, words in ACTS.items()
        )
    )
    belongings.append(Belonging(_("Dashboards"), _owned, _give))


def _owned(person: int) -> Any:
    return Dashboard.objects.filter(owner_id=person)


def _give(dashboard: Dashboard, to: Any, by: Any) -> None:
    Dashboard.objects.filter(pk=dashboard.pk).update(owner=to)
