"""Bills of vendors as a kind of record: list, conditions, timeline. They are read-only: QuickBooks has them."""

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.visibility import sight
from core.conditions import ConditionObject, Field, fields
from core.conditions.registry import add_fields, add_object
from core.models import Event
from core.registry import EventKind, ObjectType, add_event_kinds, add_object_type
from core.segments import offer
from core.tables import BuiltIn, Chip, Column, Table, Total, add_table
from crm import task_hosts
from invoices.fields import company_options
from invoices.models import Bill
from invoices.money_sentences import changes_of
from invoices.payment_queries import found_by
from invoices.sentences import money_of
from invoices.tables import companies

L = gettext_lazy
SEES = "invoices.view"
OPEN = {"field": "balance", "op": ">", "value": "0"}


def visible_to(user: Any) -> QuerySet[Bill]:
    """Bills that ``user`` may see: nobody owns them, so only who sees all records or those of nobody."""
    held = sight(user)
    seen = user.has_perm(SEES) and (held is None or held.unassigned)
    return Bill.objects.defer("search") if seen else Bill.objects.none()


def state_of(bill: Bill) -> str:
    """How a bill stands, in words."""
    if bill.removed_at is not None:
        return str(_("Deleted in QuickBooks"))
    if bill.paid:
        return str(_("Paid"))
    return str(_("Partly paid") if bill.balance < bill.total else _("Open"))


TABLE = Table(
    "bill",
    L("Bills"),
    "invoices:bill-list",
    "invoices:bill-detail",
    visible_to,
    [
        Column(
            "vendor_name",
            L("Vendor"),
            value=lambda bill: bill.vendor_name or str(bill),
            sort="vendor_name",
            needs=("vendor_name", "number"),
        ),
        Column("number", L("Number")),
        Column("state", L("Status"), value=state_of, needs=("removed_at", "balance", "total")),
        Column("total", L("Amount"), "money"),
        Column("balance", L("To pay"), "money"),
        Column("due_on", L("Due"), "date", sort="due_on"),
        Column("issued_on", L("Date"), "date", sort="issued_on"),
        Column(
            "company",
            L("QuickBooks company"),
            value=lambda bill: str(bill.connection),
            needs=("connection__company_name", "connection__realm_id"),
            default=False,
        ),
        Column("currency", L("Currency"), default=False),
        Column("note", L("Memo"), "long", default=False),
        Column("external_id", L("QuickBooks id"), default=False),
    ],
    fields(
        Field("due_on", L("Due"), "date", "due_on"),
        Field("balance", L("To pay"), "number", "balance"),
        Field("total", L("Amount"), "number", "total"),
        Field("company", L("QuickBooks company"), "record", "connection_id"),
        Field("currency", L("Currency"), "choice", "currency"),
    ),
    "-due_on",
    chips=(
        Chip("due_on", L("Due"), "date"),
        Chip("balance", L("To pay"), "number"),
        Chip("company", L("Company"), options=companies, at_least=2),
    ),
    views=(BuiltIn("all", L("All")), BuiltIn("open", L("To pay"), where=OPEN)),
    totals=(Total("total", L("Total")), Total("balance", L("To pay"))),
    totalled=Q(removed_at=None),
    permission=SEES,
    export_permission="invoices.export",
    archive=False,
    search=lambda text: found_by(text, "total"),
    search_hint=L("Vendor, number or amount"),
    template="invoices/payments/payment_list.html",
    icon="receipt",
)


def _conditions() -> None:
    about, amounts, dates = L("About"), L("Amounts"), L("Dates")
    add_object(ConditionObject("bill", L("Bills"), Bill, visible_to, SEES, Q(removed_at=None)))
    add_fields(
        "bill",
        Field("vendor_name", L("Vendor"), "text", "vendor_name", group=about),
        Field("number", L("Number"), "text", "number", group=about),
        Field("total", L("Amount"), "money", "total", group=amounts),
        Field("balance", L("To pay"), "money", "balance", group=amounts),
        Field("currency", L("Currency"), "text", "currency", group=amounts),
        Field("due_on", L("Due"), "date", "due_on", group=dates),
        Field("issued_on", L("Date"), "date", "issued_on", group=dates),
        Field("note", L("Memo"), "text", "note", group=about),
        Field("connection", L("QuickBooks company"), "record", "connection_id", options=company_options, group=about),
        Field("created", L("Created"), "datetime", "created_at", group=dates),
    )
    offer("bill")


def _said(event: Event) -> dict[str, str]:
    due = parse_date(str(event.data.get("due_on") or ""))
    vendor, number = event.data.get("vendor") or _("a vendor"), event.data.get("number")
    return {
        "bill": _("Bill %(number)s of %(vendor)s") % {"number": number, "vendor": vendor}
        if number
        else _("Bill of %s") % vendor,
        "amount": money_of(event, "total"),
        "due": date_format(due, "DATE_FORMAT") if due else "",
    }


def _created(event: Event) -> str:
    said = _said(event)
    words = _("%(bill)s over %(amount)s, due on %(due)s") if said["due"] else _("%(bill)s over %(amount)s")
    return str(words % said)


KINDS = (
    EventKind("bill.created", "payment", "receipt", _created),
    EventKind("bill.paid", "payment", "circle-check", lambda event: str(_("%(bill)s was paid") % _said(event))),
    EventKind(
        "bill.changed",
        "payment",
        "receipt",
        lambda event: str(_("%(bill)s was changed in QuickBooks") % _said(event)) + changes_of(event),
    ),
    EventKind(
        "bill.removed", "payment", "trash", lambda event: str(_("%(bill)s was deleted in QuickBooks") % _said(event))
    ),
)


def register() -> None:
    """Tell core about the list, the record type, what conditions can say, tasks, segments and the timeline."""
    add_object_type(ObjectType("bill", L("Bill"), L("Bills"), "invoices:bill-detail", "receipt"))
    _conditions()
    add_table(TABLE)
    add_event_kinds(*KINDS)
    task_hosts.offer("bill", permission=SEES)
