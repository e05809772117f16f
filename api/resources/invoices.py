"""Invoices: read them, follow what QuickBooks makes of them, send and void them."""

import uuid
from typing import Any

from django.http import HttpResponse

from accounts.access import require
from api import invoice_edits
from api.described import Answer, Call, Operation
from api.dispatch import same_version
from api.form_fields import PROPERTIES, PROPERTY_VALUES, refused
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.printing import printed
from api.problems import Problem, conflict, missing, unfit_at
from api.resources.invoice_view import INVOICES, SEES, SYNC, TAG, VIEW, etag, marked
from api.schemas import AMOUNT, ID, MOMENT, named, nullable, record, text
from api.scopes import INVOICES_READ, INVOICES_WRITE
from core.properties import BadValues
from crm.queries import deals
from invoices import queries
from invoices.enums import Ending, InvoiceStatus, SendState, SyncState
from invoices.models import InvoiceEdit, InvoiceSend
from invoices.ports import AccountingUnavailable, SyncMark, accounting
from invoices.services import edit, endings, moves, properties
from invoices.services import send as sending


def _sends_visible_to(user: Any) -> Any:
    return InvoiceSend.objects.filter(invoice__in=queries.visible_to(user).order_by().values("pk"))


SENDS = Listed(
    "invoice-send",
    "invoice-sends",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("invoice", ID, "invoice_id"),
            Shown("state", {"type": "string", "enum": list(SendState.values)}),
            Shown("recipient", {"type": "string"}),
            Shown("cc", {"type": "string"}),
            Shown("bcc", {"type": "string"}),
            Shown("asked_at", MOMENT),
            Shown("sent_at", nullable(MOMENT)),
            Shown("problem", {"type": "string", "description": "Why it was not sent, in plain words."}),
            Shown("detail", {"type": "string", "description": "QuickBooks' own words."}),
            Shown("bounce", {"type": "string", "description": "Why it did not arrive."}),
        ],
        needs=("id",),
        sorts=("-id", "id"),
    ),
    _sends_visible_to,
    INVOICES_READ,
    SEES,
    filters={"invoice": Filter(ID, "invoice_id", "Only e-mails of this invoice.")},
)
STATUS = named(
    "InvoiceProgress",
    record(
        {
            "invoice": ID,
            "done": {"type": "boolean", "description": "Nothing is under way any more: it went well, or failed."},
            "sync": SYNC,
            "status": {"type": "string", "enum": list(InvoiceStatus.values)},
            "number": {"type": "string"},
            "external_id": {"type": "string"},
            "ending": {"type": "string", "enum": list(Ending.values)},
            "total": AMOUNT,
            "balance": AMOUNT,
        },
        "invoice",
        "done",
        "sync",
    ),
)
UNDER_WAY = (SyncState.CREATING, SyncState.WAITING)


def location_of(invoice: Any) -> str:
    """Where what becomes of an invoice can be followed."""
    return f"/api/v1/invoices/{invoice.pk}/status"


def status(call: Call) -> Answer:
    """How far QuickBooks is with what was asked of an invoice."""
    row = INVOICES.found(call)
    mark = accounting().sync_marks([row.pk]).get(row.pk) or SyncMark(SyncState.NONE)
    # QuickBooks may have answered while what it answered is not written down here yet.
    unsettled = bool(row.ending) or (row.tracked and not row.external_id and row.removed_at is None)
    # A change that no worker has looked at yet; one that can't go there any more is not waited for.
    unsettled = unsettled or (InvoiceEdit.objects.filter(invoice=row).exists() and not edit.refusal(row))
    waiting = mark.state in UNDER_WAY or (unsettled and mark.state != SyncState.FAILED)
    told = {name: printed(row, name) for name in ("status", "number", "external_id", "ending", "total", "balance")}
    return Answer({"invoice": row.pk, "done": not waiting, "sync": marked(mark), **told})


def pdf(call: Call) -> Answer:
    """QuickBooks' PDF."""
    row = INVOICES.visible(call).select_related("connection").filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    if not row.external_id or row.removed_at is not None:
        raise conflict("QuickBooks does not have this invoice.", "not-in-quickbooks")
    try:
        content = accounting().pdf(row)
    except AccountingUnavailable as error:
        raise Problem(503, str(error), "unavailable") from error
    return Answer(raw=HttpResponse(content, content_type="application/pdf"))


def send(call: Call) -> Answer:
    """Have QuickBooks send an invoice by e-mail."""
    require(call.user, "invoices.send")
    row = INVOICES.found(call)
    given = {name: call.body.get(name, getattr(row, name)) for name in ("recipient", "cc", "bcc")}
    try:
        asked = sending.send(
            row,
            sending.Addresses(**given),
            request_id=uuid.uuid4(),
            by=call.user,
            despite_doubt=call.body.get("despite_doubt", False),
        )
    except sending.BadAddress as error:
        raise unfit_at(f"/{error.field}", error) from error
    except sending.InDoubt as error:
        raise conflict(error, "in-doubt") from error
    except sending.NotSendable as error:
        raise conflict(error, "not-sendable") from error
    return SENDS.answer(call, asked, 202)


def held(call: Call) -> Any:
    """The invoice of the address, locked, in the version that the caller has read. Raises Problem."""
    row = INVOICES.visible(call).select_for_update(of=("self",)).filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    same_version(call, etag(row))
    return row


def void(call: Call) -> Answer:
    """Have QuickBooks void an invoice."""
    require(call.user, "invoices.void")
    try:
        row = endings.void(held(call), by=call.user)
    except endings.NotPossible as error:
        raise conflict(error, "not-possible") from error
    return INVOICES.answer(call, row, 202, location=location_of(row))


def retry(call: Call) -> Answer:
    """Send what QuickBooks refused again, once its cause is mended."""
    require(call.user, "invoices.create")
    row = INVOICES.found(call)
    mark = accounting().sync_marks([row.pk]).get(row.pk)
    if mark is None or mark.state != SyncState.FAILED:
        raise conflict("Nothing of this invoice was refused.", "not-failed")
    accounting().retry(row, by=call.user)
    return INVOICES.answer(call, INVOICES.found(call), 202, location=location_of(row))


def change(call: Call) -> Answer:
    """Custom properties, the deal that an invoice counts for, and what the edit page changes in QuickBooks."""
    for_books = {name: value for name, value in call.body.items() if name in invoice_edits.SCHEMAS}
    if len(for_books) < len(call.body):
        require(call.user, "invoices.create")
    if for_books:
        require(call.user, "invoices.edit")
    row = held(call)
    if for_books:
        row = invoice_edits.apply(row, for_books, user=call.user)
    if "deal" in call.body:
        row = _moved(call, row)
    if PROPERTIES in call.body:
        try:
            row = properties.change_invoice(row, call.body[PROPERTIES], by=call.user)
        except BadValues as error:
            raise refused(error) from error
    found = INVOICES.found(call)
    if not for_books:
        return INVOICES.answer(call, found)
    return INVOICES.answer(call, found, 202, location=location_of(found))


def _moved(call: Call, row: Any) -> Any:
    wanted = call.body["deal"]
    if wanted is None:
        return moves.unlink(row, by=call.user)
    deal = deals.visible_to(call.user).filter(pk=wanted).first()
    if deal is None:
        raise unfit_at("/deal", "There is no such deal.")
    try:
        return moves.link_to_deal(row, deal, by=call.user, move=call.body.get("move", False))
    except moves.OnAnotherDeal as error:
        raise conflict("It counts for another deal. Say move to take it from there.", "on-another-deal") from error


def operations() -> list[Operation]:
    """What can be done with invoices that are there."""
    shown = INVOICES.shown
    address = text(200)
    sent = record(
        {
            "recipient": {"type": "string", "minLength": 1, "maxLength": 100},
            "cc": address,
            "bcc": address,
            "despite_doubt": {"type": "boolean", "description": "Also where an earlier e-mail may have arrived."},
        }
    )
    changed = record(
        {
            "deal": nullable(ID),
            "move": {"type": "boolean", "description": "Take it from the deal that it counts for now."},
            PROPERTIES: PROPERTY_VALUES,
            **invoice_edits.SCHEMAS,
        },
        minProperties=1,
    )
    one = "invoices/{id}"
    own: dict[str, Any] = {"tag": TAG, "scope": INVOICES_WRITE}
    return [
        *INVOICES.operations(),
        Operation("PATCH", one, "change-invoice", summary="Change an invoice", run=change,
                  answers={200: shown, 202: shown}, params=VIEW.params, body=changed, versioned=True,
                  shows_version=True, text="Custom properties and the deal change here (200). Everything else changes "
                  "what QuickBooks has, as on the edit page: 202, and `Location` says how far it is.", **own),
        Operation("GET", f"{one}/status", "read-invoice-status", TAG, "Follow what QuickBooks makes of an invoice",
                  INVOICES_READ, status, {200: STATUS}),
        Operation("GET", f"{one}/pdf", "read-invoice-pdf", TAG, "QuickBooks' PDF of an invoice", INVOICES_READ, pdf,
                  {200: {"type": "string", "contentMediaType": "application/pdf"}}, answer_type="application/pdf",
                  refuses=(409, 503)),
        Operation("POST", f"{one}/send", "send-invoice", summary="Have QuickBooks send an invoice by e-mail", run=send,
                  answers={202: SENDS.shown}, params=SENDS.view.params, body=sent,
                  text="Asynchronous: `Location` is the e-mail, whose `state` says what became of it.", **own),
        Operation("POST", f"{one}/void", "void-invoice", summary="Have QuickBooks void an invoice", run=void,
                  answers={202: shown}, params=VIEW.params, versioned=True, shows_version=True,
                  text="Asynchronous: `Location` says how far it is.", **own),
        Operation("POST", f"{one}/retry", "retry-invoice", summary="Send what QuickBooks refused again", run=retry,
                  answers={202: shown}, params=VIEW.params, shows_version=True,
                  text="Asynchronous: `Location` says how far it is.", **own),
        *SENDS.operations(),
    ]  # fmt: skip
