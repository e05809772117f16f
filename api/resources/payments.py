"""Payments: read, record and void them. QuickBooks gets them, then balances change."""

import datetime
import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from accounts.access import require
from api.described import Answer, Call, Operation
from api.form_fields import PROPERTIES
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.printing import plain
from api.problems import Mistake, conflict, missing, unfit, unfit_at
from api.resources.invoice_view import NAMES, SEES, SYNC, marked
from api.schemas import AMOUNT, DAY, ID, MOMENT, array, named, nullable, record, text
from api.scopes import INVOICES_READ, INVOICES_WRITE
from invoices import queries
from invoices.enums import Ending
from invoices.ports import accounting
from invoices.services import payment_endings, payments
from invoices.services.payments import LONGEST_REFERENCE, Received

TAG = "Payments"
MORE_THAN_ZERO = {**AMOUNT, "pattern": r"^[0-9]{1,11}(\.[0-9]{1,10})?$"}
PART = record({"invoice": nullable(ID), "amount": AMOUNT}, "invoice", "amount")


def _parts_of(user: Any, rows: Sequence[Any]) -> Mapping[int, Any]:
    """What each payment pays of invoices that ``user`` may see."""
    found: dict[int, list[Any]] = {row.pk: [] for row in rows}
    parts = queries.parts_visible_to(user).filter(payment__in=found).order_by("payment_id", "pk")
    for payment, invoice, amount in parts.values_list("payment_id", "invoice_id", "amount"):
        found[payment].append({"invoice": invoice, "amount": plain(amount)})
    return found


def _sync_of(rows: Sequence[Any]) -> Mapping[int, Any]:
    marks = accounting().document_marks("payment", [row.pk for row in rows])
    return {row.pk: marked(marks.get(row.pk)) for row in rows}


PAYMENTS = Listed(
    "payment",
    "payments",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("connection", ID, "connection_id"),
            Shown("external_id", {"type": "string", "description": "QuickBooks' id, empty until it has one."}),
            Shown("sync", SYNC, load=_sync_of),
            Shown("customer", NAMES, "customer_external_id"),
            Shown("customer_name", {"type": "string"}),
            Shown("received_on", nullable(DAY)),
            Shown("amount", AMOUNT),
            Shown("unapplied", {**AMOUNT, "description": "What pays no invoice yet."}),
            Shown("currency", text(3)),
            Shown("exchange_rate", AMOUNT),
            Shown("method", NAMES, "method_external_id"),
            Shown("method_name", {"type": "string"}),
            Shown("reference", {"type": "string"}),
            Shown("note", {"type": "string"}),
            Shown("deposit_account", NAMES, "deposit_account_external_id"),
            Shown("invoices", array(PART), load_for=_parts_of),
            Shown("ending", {"type": "string", "enum": list(Ending.values)}),
            Shown("voided", {"type": "boolean"}),
            Shown("removed_at", nullable(MOMENT)),
            Shown(PROPERTIES, {"type": "object", "description": "Custom properties by id."}),
            Shown("created_at", MOMENT),
        ],
        needs=("id",),
        sorts=("-id", "id", "-received_on", "-amount"),
    ),
    lambda user: queries.payments_visible_to(user).defer("search"),
    INVOICES_READ,
    SEES,
    "payment",
    {"connection": Filter(ID, "connection_id", "Only those of this QuickBooks company.")},
)
NEW = named(
    "NewPayment",
    record(
        {
            "amount": MORE_THAN_ZERO,
            "received_on": DAY,
            "invoices": array(
                record({"invoice": ID, "amount": MORE_THAN_ZERO}, "invoice", "amount"), minItems=1, maxItems=100
            ),
            "method": {**text(40), "description": "The id of a payment method of the QuickBooks company."},
            "reference": text(LONGEST_REFERENCE),
            "note": text(3900),
            "deposit_account": {**text(40), "description": "The id of an account; without it, as QuickBooks proposes."},
            "exchange_rate": MORE_THAN_ZERO,
        },
        "amount",
        "received_on",
        "invoices",
    ),
)


def record_payment(call: Call) -> Answer:
    """Record money that came in. What no invoice gets stays as the customer's credit."""
    require(call.user, "invoices.record_payment")
    received = _received(call)
    try:
        made = payments.record(received, request_id=uuid.uuid4(), by=call.user)
    except payments.BadPayment as error:
        raise unfit_at("", error) from error
    return PAYMENTS.answer(call, PAYMENTS.found(call, made.pk), 202)


def _received(call: Call) -> Received:
    body = call.body
    ids = [each["invoice"] for each in body["invoices"]]
    known = queries.visible_to(call.user).in_bulk(ids)
    if unknown := [place for place, pk in enumerate(ids) if pk not in known]:
        raise unfit(*(Mistake("There is no such invoice.", f"/invoices/{place}/invoice") for place in unknown))
    connection = known[ids[0]].connection_id
    methods = {each.external_id: each.name for each in accounting().payment_methods(connection)}
    accounts = {each.external_id: each.name for each in accounting().deposit_accounts(connection)}
    for name, offered in (("method", methods), ("deposit_account", accounts)):
        if body.get(name) and body[name] not in offered:
            raise unfit_at(f"/{name}", "The QuickBooks company of the invoices has none with this id.")
    method, account = body.get("method", ""), body.get("deposit_account", "")
    return Received(
        amount=Decimal(body["amount"]),
        received_on=datetime.date.fromisoformat(body["received_on"]),
        parts=[(known[each["invoice"]], Decimal(each["amount"])) for each in body["invoices"]],
        method_external_id=method,
        method_name=methods.get(method, ""),
        reference=body.get("reference", ""),
        note=body.get("note", ""),
        deposit_account_external_id=account,
        deposit_account_name=accounts.get(account, ""),
        exchange_rate=Decimal(body["exchange_rate"]) if "exchange_rate" in body else None,
    )


def void(call: Call) -> Answer:
    """Have QuickBooks void a payment: its invoices are open again."""
    require(call.user, "invoices.void")
    row = PAYMENTS.visible(call).filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    try:
        payment_endings.void(row, by=call.user)
    except payment_endings.NotPossible as error:
        raise conflict(error, "not-possible") from error
    return PAYMENTS.answer(call, PAYMENTS.found(call), 202)


def discard(call: Call) -> Answer:
    """Give up a payment that QuickBooks refused, or does not have yet."""
    require(call.user, "invoices.record_payment")
    try:
        payments.discard_payment(PAYMENTS.found(call), by=call.user)
    except payments.NotDiscardable as error:
        raise conflict(error, "not-discardable") from error
    return PAYMENTS.answer(call, PAYMENTS.found(call))


def operations() -> list[Operation]:
    """What can be done with payments."""
    own: dict[str, Any] = {"tag": TAG, "scope": INVOICES_WRITE, "params": PAYMENTS.view.params}
    follow = "Asynchronous: `Location` is the payment, whose `sync` says how far it is."
    return [
        *PAYMENTS.operations(),
        Operation("POST", "payments", "record-payment", summary="Record a payment", run=record_payment,
                  answers={202: PAYMENTS.shown}, body=NEW, text=follow, **own),
        Operation("POST", "payments/{id}/void", "void-payment", summary="Have QuickBooks void a payment", run=void,
                  answers={202: PAYMENTS.shown}, text=follow, **own),
        Operation("POST", "payments/{id}/discard", "discard-payment",
                  summary="Give up a payment that QuickBooks does not have", run=discard,
                  answers={200: PAYMENTS.shown}, **own),
    ]  # fmt: skip
