"""The lists of payments, credit memos, refunds and sales receipts: columns, filters and views."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import registry
from core.conditions import ConditionObject, Field, fields
from core.conditions.fields import Relation
from core.conditions.registry import add_fields, add_object, add_relation
from core.properties import PropertyObject
from core.properties import add_object as add_property_object
from core.registry import MenuEntry, ObjectType, RecordCard, add_object_type
from core.tables import BuiltIn, Chip, Column, Table, Total, add_table, person_column, templated
from invoices import payment_queries, queries
from invoices.enums import CreditKind, SyncState
from invoices.models import CreditDocument, Payment
from invoices.payment_states import credit_state, payment_state
from invoices.ports import accounting
from invoices.services import properties
from invoices.tables import companies

L = gettext_lazy
SEES = "invoices.view"
CREDIT_LABELS: dict[CreditKind, tuple[Any, Any, str]] = {
    CreditKind.CREDIT_MEMO: (L("Credit memo"), L("Credit memos"), "receipt-refund"),
    CreditKind.REFUND: (L("Refund"), L("Refunds"), "receipt-refund"),
    CreditKind.SALES_RECEIPT: (L("Sales receipt"), L("Sales receipts"), "receipt"),
}


def _marks(object_type: str, records: Sequence[Any]) -> Mapping[int, Any]:
    """The sync states that say more than that all is well."""
    marks = accounting().document_marks(object_type, [record.pk for record in records])
    return {pk: mark for pk, mark in marks.items() if mark.state not in (SyncState.IN_SYNC, SyncState.NONE)}


def _payment_name(payment: Payment) -> str:
    return payment.customer_name or str(payment)


def _company(record: Any) -> str:
    return str(record.connection)


def _number(document: CreditDocument) -> str:
    return document.number or _("No number yet")


def _text(name: str, label: Any, *, default: bool = False, **more: Any) -> Column:
    return Column(name, label, default=default, **more)


def _state_column(object_type: str, words: Any, *needs: str) -> Column:
    return Column(
        "state",
        L("Status"),
        load=partial(_marks, object_type),
        show=templated("invoices/payments/_state_cell.html", "mark"),
        plain=lambda _mark, record: words(record),
        needs=(*needs, "external_id", "removed_at", "voided"),
    )


COMPANY = _text(
    "company", L("QuickBooks company"), value=_company, needs=("connection__company_name", "connection__realm_id")
)
PAYMENT_COLUMNS = (
    Column(
        "customer_name", L("Customer"), value=_payment_name, needs=("customer_name", "reference"), sort="customer_name"
    ),
    _state_column("payment", payment_state, "unapplied", "amount", "ending"),
    Column("amount", L("Amount"), "money", sort="amount"),
    Column("unapplied", L("Not applied"), "money"),
    Column("received_on", L("Received"), "date", sort="received_on"),
    _text("method_name", L("Method"), default=True),
    _text("reference", L("Reference"), default=True),
    _text("deposit_account_name", L("Deposited to"), default=True),
    Column("deposited", L("In a bank deposit"), "checkbox", default=False),
    COMPANY,
    _text("currency", L("Currency")),
    Column("exchange_rate", L("Exchange rate"), "number", default=False),
    Column("note", L("Memo"), "long", default=False),
    person_column("created_by", L("Recorded by"), default=False),
    Column("created_at", L("Created"), "datetime", default=False),
    _text("external_id", L("QuickBooks id")),
)
PAYMENT_FILTERS = fields(
    Field("received_on", L("Received"), "date", "received_on"),
    Field("amount", L("Amount"), "number", "amount"),
    Field("unapplied", L("Not applied"), "number", "unapplied"),
    Field("company", L("QuickBooks company"), "record", "connection_id"),
    Field("currency", L("Currency"), "choice", "currency"),
)
PAYMENT_CHIPS = (
    Chip("received_on", L("Received"), "date"),
    Chip("amount", L("Amount"), "number"),
    Chip("company", L("Company"), options=companies, at_least=2),
)
PAYMENT_VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("unapplied", L("Not applied"), where={"field": "unapplied", "op": ">", "value": "0"}),
    BuiltIn(
        "this-month",
        L("This month"),
        where={"field": "received_on", "op": "relative", "value": {"period": "this_month"}},
    ),
    BuiltIn("sync-failed", L("Sync failed"), "sync=failed"),
)
PAYMENTS = Table(
    "payment",
    L("Payments"),
    "invoices:payment-list",
    "invoices:payment-detail",
    queries.payments_visible_to,
    PAYMENT_COLUMNS,
    PAYMENT_FILTERS,
    "-received_on",
    chips=PAYMENT_CHIPS,
    views=PAYMENT_VIEWS,
    totals=(Total("amount", L("Received")), Total("unapplied", L("Not applied"))),
    totalled=Q(removed_at=None),
    permission=SEES,
    export_permission="invoices.export",
    archive=False,
    search=payment_queries.payment_found_by,
    search_hint=L("Customer, reference or amount"),
    template="invoices/payments/payment_list.html",
    icon="cash",
)
CREDIT_FILTERS = fields(
    Field("issued_on", L("Date"), "date", "issued_on"),
    Field("total", L("Amount"), "number", "total"),
    Field("company", L("QuickBooks company"), "record", "connection_id"),
    Field("currency", L("Currency"), "choice", "currency"),
)


def rows_of(kind: CreditKind, user: Any) -> QuerySet[CreditDocument]:
    """The documents of one kind that ``user`` may see."""
    return payment_queries.credits_visible_to(user).filter(kind=kind)


def credit_table(kind: CreditKind) -> Table:
    """The list of one kind of document."""
    memo = kind == CreditKind.CREDIT_MEMO
    columns = [
        Column("number", L("Number"), value=_number, needs=("number",)),
        Column("customer_name", L("Customer")),
        _state_column(str(kind), credit_state, "remaining", "total", "kind", "request_id", "remote_updated_at"),
        Column("total", L("Amount"), "money"),
        *([Column("remaining", L("Unused"), "money")] if memo else []),
        Column("issued_on", L("Date"), "date", sort="issued_on"),
        *([] if memo else [_text("account_name", L("Account"), default=True), _text("method_name", L("Method"))]),
        _text("reference", L("Reference")),
        Column("tax_total", L("Tax"), "money", default=False),
        COMPANY,
        _text("currency", L("Currency")),
        Column("note", L("Memo"), "long", default=False),
        person_column("created_by", L("Created by"), default=False),
        Column("created_at", L("Created"), "datetime", default=False),
        _text("external_id", L("QuickBooks id")),
    ]
    unused = BuiltIn("unused", L("Unused"), where={"field": "remaining", "op": ">", "value": "0"})
    return Table(
        str(kind),
        CREDIT_LABELS[kind][1],
        f"invoices:{kind}-list",
        "invoices:credit-detail",
        partial(rows_of, kind),
        columns,
        CREDIT_FILTERS,
        "-issued_on",
        chips=(
            Chip("issued_on", L("Date"), "date"),
            Chip("total", L("Amount"), "number"),
            Chip("company", L("Company"), options=companies, at_least=2),
        ),
        views=(BuiltIn("all", L("All")), *([unused] if memo else [])),
        totals=(Total("total", L("Total")), *([Total("remaining", L("Unused"))] if memo else [])),
        totalled=Q(removed_at=None),
        permission=SEES,
        export_permission="invoices.export",
        archive=False,
        search=payment_queries.credit_found_by,
        search_hint=L("Number, customer or amount"),
        template="invoices/payments/payment_list.html",
        icon=CREDIT_LABELS[kind][2],
    )


def _conditions(kind: CreditKind) -> None:
    """What conditions can say about documents of a kind."""
    about, amounts, dates = L("About"), L("Amounts"), L("Dates and people")
    add_object(
        ConditionObject(
            str(kind),
            CREDIT_LABELS[kind][1],
            CreditDocument,
            partial(rows_of, kind),
            SEES,
            Q(removed_at=None, kind=kind),
        )
    )
    add_fields(
        str(kind),
        Field("number", L("Number"), "text", "number", group=about),
        Field("customer_name", L("Customer"), "text", "customer_name", group=about),
        Field("total", L("Amount"), "money", "total", group=amounts),
        *([Field("remaining", L("Unused"), "money", "remaining", group=amounts)] if kind == "creditmemo" else []),
        Field("currency", L("Currency"), "text", "currency", group=amounts),
        Field("issued_on", L("Date"), "date", "issued_on", group=dates),
        Field("reference", L("Reference"), "text", "reference", group=about),
        Field("account", L("Account"), "text", "account_name", group=about),
        Field("note", L("Memo"), "text", "note", group=about),
        Field("voided", L("Voided"), "checkbox", "voided", group=about),
        Field("created", L("Created"), "datetime", "created_at", group=dates),
    )
    add_relation(str(kind), Relation("invoice", L("Invoice"), "invoice", "invoice", False))


def register() -> None:
    """Tell core about the lists, record types, search, menu and cards."""
    add_object_type(ObjectType("payment", L("Payment"), L("Payments"), "invoices:payment-detail", "cash"))
    add_table(PAYMENTS)
    registry.menu.append(
        MenuEntry(
            title=L("Payments"), url_name="invoices:payment-list", icon="cash", order=62, permission=SEES, shortcut="y"
        )
    )
    for order, (kind, (label, plural, icon)) in enumerate(CREDIT_LABELS.items()):
        add_object_type(ObjectType(str(kind), label, plural, "invoices:credit-detail", icon))
        _conditions(kind)
        add_property_object(
            PropertyObject(
                str(kind),
                label,
                plural,
                CreditDocument,
                partial(rows_of, kind),
                properties.change_credit,
                "invoices.create",
                order=72 + order,
                page="invoices:credit-detail",
                listing=f"invoices:{kind}-list",
            )
        )
        add_table(credit_table(kind))
    for object_type in ("deal", "contact", "company"):
        registry.record_cards.append(
            RecordCard(
                object_type,
                "money",
                L("Payments and credits"),
                f"invoices:{object_type}-money-card",
                order=16,
                permission=SEES,
            )
        )
