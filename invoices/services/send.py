"""Have QuickBooks send invoices by e-mail. The wish is a row first; `sync` carries it over, and never twice."""

import datetime
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import Draft, emit_many
from core.models import Event, Origin
from invoices.enums import SendState
from invoices.models import Invoice, InvoiceSend
from invoices.ports import accounting
from invoices.reading import valid_emails
from invoices.services.associations import about_of
from invoices.services.changes import event_data
from invoices.status import status_of

LONGEST_RECIPIENT, LONGEST_COPIES = 100, 200  # Intuit: BillEmail.Address, BillEmailCc and BillEmailBcc


@dataclass(frozen=True)
class Addresses:
    """Whom an invoice goes to; several addresses with commas between them."""

    recipient: str
    cc: str = ""
    bcc: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of asking for one invoice of many: the e-mail on its way, or why there is none."""

    invoice_id: int
    number: str
    send: InvoiceSend | None = None
    refusal: str = ""


class NotSendable(Exception):
    """The invoice can't be sent now; the message says why."""


class InDoubt(NotSendable):
    """An earlier e-mail may have arrived. Sending again has to be asked for with that in mind."""


class BadAddress(ValueError):
    """An address that can't be; the message says which. ``field`` is its name in ``Addresses``."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def refusal(invoice: Invoice, *, despite_doubt: bool = False) -> str:
    """Why an invoice can't be sent now, in words; empty when it can."""
    return _refusals([invoice], despite_doubt=despite_doubt).get(invoice.pk, "")


@needs("invoices.send")
@transaction.atomic
def send(
    invoice: Invoice, addresses: Addresses, *, request_id: uuid.UUID, by: Any, despite_doubt: bool = False
) -> InvoiceSend:
    """The e-mail, on its way to QuickBooks; the same ``request_id`` again gives the same one.

    Emits ``invoice.send_requested``. Raises NotSendable, InDoubt, or BadAddress with a sentence.
    """
    if made := InvoiceSend.objects.filter(request_id=request_id).first():
        return made
    locked = Invoice.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    row = locked.get(pk=invoice.pk)
    if made := InvoiceSend.objects.filter(request_id=request_id).first():
        return made  # a second click that waited for the first one
    check(addresses)
    if why := _refusals([row], despite_doubt=despite_doubt).get(row.pk):
        raise InDoubt(why) if not despite_doubt and _doubted([row.pk]) else NotSendable(why)
    return _ask([(row, addresses)], by=by, request_ids={row.pk: request_id})[0]


@needs("invoices.send")
@transaction.atomic
def send_many(invoice_ids: Iterable[int], *, by: Any) -> list[Outcome]:
    """Send many invoices, each to its own addresses, in a constant number of statements; one outcome for each.

    What can't be sent is told with its reason and stops no other. Nothing in doubt is sent again from here.
    """
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    invoices = list(rows.filter(pk__in=list(invoice_ids)).order_by("pk"))
    refused = dict(_refusals(invoices))
    wanted: list[tuple[Invoice, Addresses]] = []
    for invoice in invoices:
        addresses = Addresses(invoice.recipient, invoice.cc, invoice.bcc)
        try:
            check(addresses)
        except BadAddress as bad:
            refused.setdefault(invoice.pk, str(bad))
        if invoice.pk not in refused:
            wanted.append((invoice, addresses))
    asked = {row.invoice_id: row for row in _ask(wanted, by=by)}
    return [
        Outcome(invoice.pk, str(invoice), asked.get(invoice.pk), refused.get(invoice.pk, "")) for invoice in invoices
    ]


def check(addresses: Addresses) -> None:
    """Raises BadAddress."""
    if not addresses.recipient.strip():
        raise BadAddress(_("There is no e-mail address to send it to."), "recipient")
    for name in ("recipient", "cc", "bcc"):
        text = getattr(addresses, name).strip()
        if not valid_emails(text):
            raise BadAddress(_("“%s” is not an e-mail address.") % text, name)
        longest = LONGEST_RECIPIENT if name == "recipient" else LONGEST_COPIES
        if len(text) > longest:
            raise BadAddress(_("QuickBooks takes at most %d characters of addresses here.") % longest, name)


def _ask(
    wanted: Sequence[tuple[Invoice, Addresses]], *, by: Any, request_ids: Mapping[int, uuid.UUID] | None = None
) -> list[InvoiceSend]:
    ids = request_ids or {}
    rows = InvoiceSend.objects.bulk_create(
        InvoiceSend(
            invoice=invoice,
            request_id=ids.get(invoice.pk) or uuid.uuid4(),
            recipient=addresses.recipient.strip(),
            cc=addresses.cc.strip(),
            bcc=addresses.bcc.strip(),
            asked_by=by,
        )
        for invoice, addresses in wanted
    )
    Invoice.objects.filter(pk__in=[invoice.pk for invoice, _addresses in wanted], tracked=False).update(tracked=True)
    _tell("invoice.send_requested", rows, by=by)
    return rows


def _refusals(invoices: Sequence[Invoice], *, despite_doubt: bool = False) -> dict[int, str]:
    found = dict(accounting().send_refusals(invoices))
    waiting = set(
        InvoiceSend.objects.filter(invoice__in=invoices, state=SendState.WAITING).values_list("invoice_id", flat=True)
    )
    doubted = set() if despite_doubt else _doubted([invoice.pk for invoice in invoices])
    for invoice in invoices:
        if own := own_refusal(invoice):
            found[invoice.pk] = own
        elif invoice.pk in waiting:
            found[invoice.pk] = _("This invoice is just being sent.")
        elif invoice.pk in doubted:
            found.setdefault(
                invoice.pk, _("An earlier e-mail may have arrived. Check in QuickBooks, then send it again.")
            )
    return found


def own_refusal(invoice: Invoice) -> str:
    """What of the invoice itself forbids to send it, in words; asked again when the e-mail is planned."""
    if not invoice.external_id:
        return _("QuickBooks does not have this invoice yet.")
    if invoice.removed_at is not None:
        return _("This invoice was deleted in QuickBooks.")
    if invoice.voided:
        return _("A voided invoice is not sent.")
    if invoice.ending:
        return _("This invoice is just being voided or deleted.")
    return ""


def _doubted(invoice_ids: Sequence[int]) -> set[int]:
    """Invoices whose newest e-mail is in doubt."""
    newest = InvoiceSend.objects.filter(invoice__in=invoice_ids).order_by("invoice_id", "-pk").distinct("invoice_id")
    return {row.invoice_id for row in newest if row.state == SendState.DOUBTFUL}


@transaction.atomic
def note_sent(send_id: int, *, at: datetime.datetime) -> None:
    """QuickBooks sent it: the invoice is *Sent to customer*, unless money or time say more. Emits ``invoice.sent``."""
    row = InvoiceSend.objects.select_for_update().filter(pk=send_id).exclude(state=SendState.SENT).first()
    if row is None:
        return
    InvoiceSend.objects.filter(pk=row.pk).update(state=SendState.SENT, sent_at=at, problem="", detail="")
    invoice = Invoice.objects.select_for_update(of=("self",)).defer("search").get(pk=row.invoice_id)
    invoice.emailed, invoice.emailed_at = True, at
    # QuickBooks keeps who it went to; nobody edited that there.
    invoice.recipient, invoice.cc, invoice.bcc = row.recipient, row.cc, row.bcc
    invoice.status = status_of(
        total=invoice.total,
        balance=invoice.balance,
        due_on=invoice.due_on,
        emailed=True,
        voided=invoice.voided,
        today=accounting().today(invoice.connection_id),
    )
    invoice.updated_at = timezone.now()
    invoice.save(update_fields=["emailed", "emailed_at", "recipient", "cc", "bcc", "status", "updated_at"])
    # A pull may have seen it before this answer was noted, and told it.
    told = Event.objects.filter(
        name="invoice.sent", object_type="invoice", object_id=invoice.pk, occurred_at__gte=row.asked_at
    )
    if not told.exists():
        _tell("invoice.sent", [row])


@transaction.atomic
def note_not_sent(send_id: int, *, problem: str, detail: str = "", doubtful: bool = False) -> None:
    """QuickBooks refused it, or (``doubtful``) nobody can tell whether it was sent. Emits ``invoice.send_failed``."""
    state = SendState.DOUBTFUL if doubtful else SendState.FAILED
    changed = InvoiceSend.objects.filter(pk=send_id, state=SendState.WAITING).update(
        state=state, problem=problem, detail=detail
    )
    if changed:
        row = InvoiceSend.objects.select_related("invoice").defer("invoice__search").get(pk=send_id)
        _tell("invoice.send_failed", [row], reason=problem, doubtful=doubtful)


@transaction.atomic
def note_bounced(problems: Mapping[int, str]) -> None:
    """QuickBooks says of these invoices (by id) that their last e-mail did not arrive. Told once each."""
    newest = (
        InvoiceSend.objects.select_related("invoice")
        .defer("invoice__search")
        .filter(invoice__in=problems)
        .order_by("invoice_id", "-pk")
        .distinct("invoice_id")
    )
    for row in newest:
        words = problems[row.invoice_id][:200]
        if row.state != SendState.SENT or row.bounce == words:
            continue
        InvoiceSend.objects.filter(pk=row.pk).update(bounce=words)
        _tell("invoice.send_failed", [row], reason=words, bounced=True)


def _tell(name: str, rows: Sequence[InvoiceSend], *, by: Any = None, **more: Any) -> None:
    if not rows:
        return
    about = about_of({row.invoice_id: row.invoice.deal_id for row in rows})
    drafts = [
        Draft(
            name,
            "invoice",
            row.invoice_id,
            about[row.invoice_id],
            {**event_data(row.invoice), "recipient": row.recipient, "cc": row.cc, "send": row.pk, **more},
        )
        for row in rows
    ]
    emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYNC)
