"""The list of invoices: its columns, filters, views and what can be done with many at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.conditions import Field, fields
from core.segments.actions import segment_actions
from core.tables import (
    Action,
    BuiltIn,
    Chip,
    Column,
    Outcome,
    Refused,
    Table,
    Total,
    add_table,
    assign_owner,
    owner_editor,
    person_column,
    set_property,
    templated,
)
from crm.forms.fields import RecordField
from crm.models import Deal
from crm.queries import deals, people
from invoices import queries
from invoices.enums import InvoiceStatus, SyncState
from invoices.models import Invoice
from invoices.ports import accounting
from invoices.services import moves, owners, reminders, send
from qbo_connector.models import Connection

L = gettext_lazy
FILTERS = fields(
    Field("status", L("Status"), "choice", "status", tuple(InvoiceStatus.choices)),
    Field("due_on", L("Due date"), "date", "due_on"),
    Field("issued_on", L("Invoice date"), "date", "issued_on"),
    Field("company", L("QuickBooks company"), "record", "connection_id"),
    Field("owner", L("Owner"), "record", "owner_id"),
    Field("deal_owner", L("Deal owner"), "record", "deal__owner_id"),
    Field("deal", L("Deal"), "record", "deal_id"),
    Field("total", L("Amount"), "number", "total"),
    Field("balance", L("Balance"), "number", "balance"),
    Field("currency", L("Currency"), "choice", "currency"),
)


def status_value(invoice: Invoice) -> Any:
    """The status in words, for exports."""
    return _("Deleted in QuickBooks") if invoice.removed_at else InvoiceStatus(invoice.status).label


def _marks(invoices: Sequence[Invoice]) -> Mapping[int, Any]:
    """The sync states that say more than that all is well."""
    marks = accounting().sync_marks([invoice.pk for invoice in invoices])
    return {pk: mark for pk, mark in marks.items() if mark.state not in (SyncState.IN_SYNC, SyncState.NONE)}


def _status_text(_mark: Any, invoice: Invoice) -> str:
    return str(status_value(invoice))


def _number(invoice: Invoice) -> str:
    return invoice.number or _("No number yet")


def _deal_page(invoice: Invoice) -> str:
    return reverse("crm:deal-detail", args=[invoice.deal_id]) if invoice.deal_id else ""


def _company(invoice: Invoice) -> str:
    return str(invoice.connection)


def _choice(name: str) -> Any:
    def words(invoice: Invoice) -> str:
        return str(getattr(invoice, f"get_{name}_display")())

    return words


def _text(name: str, label: Any, **more: Any) -> Column:
    return Column(name, label, default=False, **more)


def _money(name: str, label: Any) -> Column:
    return Column(name, label, "money", default=False)


COLUMNS = (
    Column("number", L("Number"), value=_number, needs=("number",), sort="number"),
    Column("customer_name", L("Customer"), sort="customer_name"),
    Column(
        "status", L("Status"), load=_marks, show=templated("invoices/_status_cell.html", "mark"), plain=_status_text,
        plain_loads=False, needs=("status", "removed_at"),
    ),
    Column("total", L("Amount"), "money", sort="total"),
    Column("balance", L("Balance"), "money", sort="balance"),
    Column("issued_on", L("Issued"), "date", sort="issued_on"),
    Column("due_on", L("Due"), "date", sort="due_on"),
    Column("deal", L("Deal"), path="deal__name", link=_deal_page),
    person_column("owner", L("Owner"), edit="owner"),
    _text(
        "company", L("QuickBooks company"), value=_company, needs=("connection__company_name", "connection__realm_id")
    ),
    _text("recipient", L("Recipient")),
    _text("currency", L("Currency")),
    _money("subtotal", L("Subtotal")),
    _money("discount_total", L("Discount")),
    _money("shipping_total", L("Shipping")),
    _money("tax_total", L("Tax")),
    _money("deposit", L("Deposit")),
    Column("exchange_rate", L("Exchange rate"), "number", default=False),
    _text("terms_name", L("Terms")),
    _text("class_name", L("Class")),
    _text("location_name", L("Location")),
    Column("message", L("Message"), "long", default=False),
    Column("private_note", L("Private note"), "long", default=False),
    Column("emailed_at", L("Sent by e-mail"), "datetime", default=False),
    _text("origin", L("Made in"), value=_choice("origin"), needs=("origin",)),
    _text("source", L("Made from"), value=_choice("source"), needs=("source",)),
    _text("quote", L("Quote"), path="quote__title"),
    person_column("deal_owner", L("Deal owner"), path="deal__owner", default=False),
    person_column("created_by", L("Created by"), default=False),
    Column("created_at", L("Created"), "datetime", default=False),
    Column("updated_at", L("Last change"), "datetime", default=False),
    Column("remote_updated_at", L("Last change in QuickBooks"), "datetime", default=False),
    _text("external_id", L("QuickBooks id")),
)  # fmt: skip


def companies(_user: Any) -> QuerySet[Any]:
    """The QuickBooks companies."""
    label = Case(When(company_name="", then="realm_id"), default="company_name")
    return Connection.objects.annotate(label=label, place=Value(0))


def _deals(user: Any) -> QuerySet[Any]:
    return deals.visible_to(user).annotate(label=F("name"), place=Value(0))


CHIPS = (
    Chip("status", L("Status"), choices=InvoiceStatus.choices),
    Chip("due_on", L("Due"), "date"),
    Chip("issued_on", L("Issued"), "date"),
    Chip("total", L("Amount"), "number"),
    Chip("company", L("Company"), options=companies, at_least=2),
    Chip("owner", L("Owner"), options=people.owners),
    Chip("deal_owner", L("Deal owner"), options=people.owners),
    Chip("deal", L("Deal"), options=_deals, chosen_only=True),
)
PAID_THIS_MONTH = {
    "all": [
        {"field": "status", "op": "in", "value": ["paid"]},
        {
            "some": "payments",
            "where": {"field": "payment.received_on", "op": "relative", "value": {"period": "this_month"}},
        },
    ]
}
VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("waiting", L("Waiting to be sent"), "status=waiting"),
    BuiltIn("overdue", L("Overdue"), "status=overdue"),
    BuiltIn("partial", L("Partial payment"), "status=partial"),
    BuiltIn("paid-this-month", L("Paid this month"), where=PAID_THIS_MONTH),
    BuiltIn("sync-failed", L("Sync failed"), "sync=failed"),
    BuiltIn("mine", L("Mine"), where={"field": "owner", "op": "me"}, tab=False),
    BuiltIn("sent", L("Sent to customer"), "status=sent", tab=False),
    BuiltIn("paid", L("Paid in full"), "status=paid", tab=False),
    BuiltIn("voided", L("Voided"), "status=voided", tab=False),
)


def _fitted(rows: QuerySet[Invoice], query: QueryDict) -> QuerySet[Invoice]:
    # What QuickBooks deleted has no status any more, only the last one that it had.
    return rows.filter(removed_at=None) if query.get("status") else rows


def _change(invoice: Invoice, values: Mapping[str, Any], *, by: Any) -> Invoice:
    return owners.assign(invoice, values["owner"], by=by)


def _send(invoices: Sequence[Invoice], _choice: Mapping[str, Any], by: Any) -> Outcome:
    outcome = Outcome()
    for each in send.send_many([invoice.pk for invoice in invoices], by=by):
        if each.refusal:
            outcome.refused[each.invoice_id] = each.refusal
        else:
            outcome.done[each.invoice_id] = None
    return outcome


def _sent(count: int) -> str:
    return ngettext("%d invoice is on its way to its customer.", "%d invoices are on their way.", count) % count


def _remind(invoices: Sequence[Invoice], _choice: Mapping[str, Any], by: Any) -> Outcome:
    # Once a day for each invoice: a slice that a worker left half done sends nothing twice.
    key = f"list:{timezone.localdate().isoformat()}"
    refused = reminders.remind_many([invoice.pk for invoice in invoices], by=by, key=key)
    outcome = Outcome(refused=dict(refused))
    outcome.done.update({invoice.pk: None for invoice in invoices if invoice.pk not in refused})
    return outcome


def _reminded(count: int) -> str:
    return ngettext("%d reminder is on its way.", "%d reminders are on their way.", count) % count


def _sure_to_remind(_count: str) -> str:
    return _("Each customer gets an e-mail with the invoice's PDF. Paid invoices and paused customers are left out.")


def _sure(_count: str) -> str:
    return _("QuickBooks sends each invoice by e-mail to the address on it. That can't be taken back.")


class DealForm(forms.Form):
    """The deal that the invoices count for."""

    deal = RecordField("crm:deal-choices", label=L("Deal"), placeholder=L("Find a deal"))
    move = forms.BooleanField(label=L("Also invoices that are on another deal"), required=False)

    def __init__(self, data: Any = None, *, user: Any, object_type: str) -> None:
        super().__init__(data)
        field: Any = self.fields["deal"]
        field.find = lambda: deals.visible_to(user).filter(archived_at=None)

    def chosen(self) -> dict[str, Any]:
        """The deal's id, and whether to move."""
        return {"deal": self.cleaned_data["deal"].pk, "move": self.cleaned_data["move"]}


def _to_deal(invoice: Invoice, choice: Mapping[str, Any], by: Any) -> Any:
    deal = deals.visible_to(by).filter(pk=choice["deal"], archived_at=None).first()
    if deal is None:
        raise Refused(_("This deal is gone."))
    former = invoice.deal_id
    if former == deal.pk:
        return None
    try:
        moves.link_to_deal(invoice, deal, by=by, move=bool(choice.get("move")))
    except moves.OnAnotherDeal as other:
        raise Refused(_("It is on the deal “%s” already.") % other.deal) from other
    return {"from": former, "to": deal.pk}


def _to_deal_undone(invoice: Invoice, before: Any, by: Any) -> None:
    if invoice.deal_id != before["to"]:
        raise Refused(_("It has been changed since."))
    former = Deal.objects.filter(pk=before["from"]).first() if before["from"] else None
    if former is None:
        moves.unlink(invoice, by=by)
    else:
        moves.link_to_deal(invoice, former, by=by, move=True)


def _on_deal(count: int) -> str:
    return ngettext("%d invoice is on the deal.", "%d invoices are on the deal.", count) % count


TABLE = Table(
    "invoice",
    L("Invoices"),
    "invoices:invoice-list",
    "invoices:invoice-detail",
    queries.visible_to,
    COLUMNS,
    FILTERS,
    "-issued_on",
    chips=CHIPS,
    views=VIEWS,
    actions=(
        Action(
            "send", L("Send"), "send", _sent, "invoices.send", many=_send, confirm=_sure, tone="danger"
        ),
        Action("remind", L("Remind"), "bell", _reminded, "invoices.send", many=_remind, confirm=_sure_to_remind),
        assign_owner("invoices.create"),
        Action(
            "deal", L("Add to a deal"), "target", _on_deal, "invoices.create", each=_to_deal, ask=DealForm,
            undo=_to_deal_undone,
        ),
        set_property("invoices.create"),
        *segment_actions("crm.edit"),
    ),
    totals=(Total("total", L("Total")), Total("balance", L("Balance"))),
    totalled=Q(removed_at=None),
    permission="invoices.view",
    export_permission="invoices.export",
    search=queries.found_by,
    search_hint=L("Number, customer or amount"),
    fitted=_fitted,
    template="invoices/invoice_list.html",
    icon="file-invoice",
    change=_change,
    editor=owner_editor,
    edit_permission="invoices.create",
)  # fmt: skip


def register() -> None:
    """Tell core about the list."""
    add_table(TABLE)
