"""Plan the e-mails of invoices that somebody asked for, and take note of their outcome.

QuickBooks knows no request id for sending, so each row of ``InvoiceSend`` has one operation and never a second one:
what is refused or in doubt is told, and a person asks again. Copies (cc, bcc) are part of the document there; where
they differ, an update goes before the e-mail.
"""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices.enums import Ending, SendState
from invoices.models import Invoice, InvoiceEdit, InvoiceSend
from invoices.services import send as sending
from qbo_connector.enums import ConnectionStatus, OperationState, Verb
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, cancel, plan
from sync.enums import Exclusion, Outcome, SyncObject
from sync.mapping.reading import moment, text
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish import refusals as telling
from sync.publish.subjects import subject_of
from sync.publish.turns import in_turn

KIND, COPIES = "invoice-send", "invoice-copies"
MOST_TRIES = 3
STALE = "5010"


def refusals(invoices: Sequence[Invoice]) -> Mapping[int, str]:
    """Why QuickBooks can't send these invoices now, by id: three statements and one for each company."""
    connections = {
        row.pk: _of_company(row)
        for row in Connection.objects.filter(pk__in={invoice.connection_id for invoice in invoices})
    }
    edited = set(InvoiceEdit.objects.filter(invoice__in=invoices).values_list("pk", flat=True))
    links = Link.objects.filter(
        entity="Invoice", object_type="invoice", object_id__in=[invoice.pk for invoice in invoices]
    )
    by_invoice = {link.object_id: link for link in links}
    found = {
        invoice.pk: connections.get(invoice.connection_id, "") or _of_link(by_invoice.get(invoice.pk), edited)
        for invoice in invoices
    }
    return {pk: words for pk, words in found.items() if words}


def _of_company(connection: Connection) -> str:
    if connection.status == ConnectionStatus.DISCONNECTED:
        return _("“%s” is disconnected.") % connection
    if not connection.active:
        return _("“%(name)s” is not connected: %(status)s.") % {
            "name": connection, "status": connection.get_status_display().lower(),
        }  # fmt: skip
    if policy_of(connection, SyncObject.INVOICE).read_only:
        return str(READ_ONLY)
    return ""


def _of_link(link: Link | None, edited: set[int]) -> str:
    """An invoice whose change has not reached QuickBooks would go out as it was before the change."""
    if link is None:
        return ""
    if link.exclusion == Exclusion.UNLINKED:
        return _("This invoice was let go: the sync no longer touches it. Send it from QuickBooks.")
    if link.outcome == Outcome.CONFLICT:
        return _("Both sides changed this invoice. Decide about the conflict first.")
    if link.outcome == Outcome.FAILING and link.object_id in edited:
        return _("QuickBooks refused a change made here, so it would send the invoice without it. Mend that first.")
    return ""


@transaction.atomic
def publish(send_id: int) -> Operation | None:
    """Plan an e-mail once. None: nothing to plan (now); one that waits for a change of its invoice is swept again."""
    row = InvoiceSend.objects.select_for_update(of=("self",)).filter(pk=send_id, state=SendState.WAITING).first()
    if row is None or Operation.objects.filter(subject=subject_of(KIND, row.pk)).exists():
        return None
    invoice = Invoice.objects.select_related("connection").defer("search").get(pk=row.invoice_id)
    # It may have been voided, or let go, since the e-mail was asked for.
    if words := sending.own_refusal(invoice) or refusals([invoice]).get(invoice.pk):
        sending.note_not_sent(row.pk, problem=words)
        return None
    mirrored = _mirrored(invoice)
    if mirrored is None or _waits(invoice, row):
        return None
    if _copies(mirrored.payload) != (addresses_of(row.cc), addresses_of(row.bcc)):
        return _plan_copies(row, invoice, mirrored)
    return plan(
        invoice.connection,
        entity="Invoice",
        verb=Verb.SEND_EMAIL,
        subject=subject_of(KIND, row.pk),
        intent={"Id": invoice.external_id, "SyncToken": str(mirrored.row.sync_token), "sendTo": row.recipient},
        request_id=row.request_id.hex,
    )


def _plan_copies(row: InvoiceSend, invoice: Invoice, mirrored: Mirrored) -> Operation | None:
    """The document's copies are brought to what was asked; the e-mail follows when that has settled."""
    tries = Operation.objects.filter(subject=subject_of(COPIES, row.pk)).count()
    if tries >= MOST_TRIES:
        sending.note_not_sent(row.pk, problem=_("It is being changed in QuickBooks all the time. Send it again later."))
        return None
    intent: dict[str, Any] = {
        "Id": invoice.external_id,
        "SyncToken": str(mirrored.row.sync_token),
        "sparse": True,
        "CustomerRef": dict(mirrored.payload["CustomerRef"]),
        "BillEmailCc": {"Address": row.cc},
        "BillEmailBcc": {"Address": row.bcc},
    }
    return plan(
        invoice.connection,
        entity="Invoice",
        verb=Verb.UPDATE,
        subject=subject_of(COPIES, row.pk),
        intent=intent,
        request_id=uuid.uuid4().hex,
    )


def addresses_of(typed: str) -> frozenset[str]:
    """The addresses in a field; order, spaces, capitals and the kind of comma make no difference."""
    return frozenset(part.strip().casefold() for part in typed.replace(";", ",").split(",") if part.strip())


def _copies(payload: Mapping[str, Any]) -> tuple[frozenset[str], frozenset[str]]:
    return addresses_of(text(payload, "BillEmailCc", "Address")), addresses_of(text(payload, "BillEmailBcc", "Address"))


def _mirrored(invoice: Invoice) -> Mirrored | None:
    rows = MirrorObject.objects.filter(
        connection=invoice.connection_id, entity="Invoice", qbo_id=invoice.external_id, deleted=False
    )
    return next(iter(read.with_payloads(rows)), None)


def _waits(invoice: Invoice, row: InvoiceSend) -> bool:
    """Whether a change of the invoice is under way: the customer gets what the person saw who sent it."""
    subjects = [subject_of("invoice", invoice.pk), subject_of(COPIES, row.pk)]
    operations = Operation.objects.filter(connection=invoice.connection, subject__in=subjects)
    open_or_unsettled = operations.filter(state__in=OPEN) | operations.filter(
        finished_at__isnull=False, settled_at=None
    )
    return open_or_unsettled.exists() or InvoiceEdit.objects.filter(invoice=invoice).exists()


def is_send(operation: Operation) -> bool:
    """Whether an operation is an e-mail or what has to go before it."""
    return operation.subject.partition(":")[0] in (KIND, COPIES)


def settled(operation: Operation) -> None:
    """Note what became of an e-mail, or go on to it when the copies are written."""
    kind, _colon, pk = operation.subject.partition(":")
    if kind == COPIES:
        _copies_settled(operation, int(pk))
    elif operation.state == OperationState.DONE:
        sending.note_sent(int(pk), at=_delivered_at(operation))
    elif operation.state == OperationState.HELD:
        sending.note_not_sent(int(pk), problem=operation.problem, detail=operation.problem_detail, doubtful=True)
    else:
        told = telling.explain(operation, telling.facts_of(operation.connection, [operation]))
        sending.note_not_sent(int(pk), problem=told.reason or operation.problem, detail=operation.problem_detail)


def _copies_settled(operation: Operation, send_id: int) -> None:
    operation.settled_at = timezone.now()  # what is planned below builds on it
    operation.save(update_fields=["settled_at"])
    if operation.state == OperationState.DONE or operation.fault_code == STALE:
        publish(send_id)
        return
    told = telling.explain(operation, telling.facts_of(operation.connection, [operation]))
    sending.note_not_sent(send_id, problem=told.reason or operation.problem, detail=operation.problem_detail)


def _delivered_at(operation: Operation) -> Any:
    """When QuickBooks says that it was sent; when it answered, where it does not say."""
    rows = MirrorObject.objects.filter(connection=operation.connection, entity="Invoice", qbo_id=operation.qbo_id)
    found = next(iter(read.with_payloads(rows)), None)
    told = moment(found.payload, "DeliveryInfo", "DeliveryTime") if found else None
    return told or operation.finished_at or timezone.now()


@transaction.atomic
def call_off(send_id: int) -> bool:
    """Cancel an e-mail whose invoice was voided, deleted or let go since; False when it is just being sent."""
    rows = InvoiceSend.objects.select_for_update(of=("self",)).select_related("invoice__connection")
    row = rows.defer("invoice__search").filter(pk=send_id, state=SendState.WAITING).first()
    words = sending.own_refusal(row.invoice) if row is not None else ""
    if row is None or not words:
        return False
    subjects = [subject_of(KIND, row.pk), subject_of(COPIES, row.pk)]
    cancel(row.invoice.connection, subjects)
    # One that is under way may arrive: its outcome counts, and is noted when it is known.
    under_way = Operation.objects.filter(connection=row.invoice.connection, subject=subjects[0])
    if under_way.exclude(state=OperationState.CANCELLED).exists():
        return False
    sending.note_not_sent(row.pk, problem=words)
    return True


def pointless() -> list[int]:
    """E-mails that wait although their invoice was voided or deleted, or is about to be."""
    over = ~Q(invoice__ending=Ending.NONE) | Q(invoice__voided=True) | Q(invoice__removed_at__isnull=False)
    rows = InvoiceSend.objects.filter(over, state=SendState.WAITING)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:200])


def unplanned(*, limit: int = 200) -> list[int]:
    """E-mails that were asked for and that nothing carries: what a crash left, or what waited for a change."""
    subjects = [Concat(Value(f"{kind}:"), Cast(OuterRef("pk"), CharField())) for kind in (KIND, COPIES)]
    under_way = [Operation.objects.filter(subject=subjects[0]), Operation.objects.filter(subject=subjects[1])]
    rows = InvoiceSend.objects.filter(state=SendState.WAITING)
    rows = rows.filter(~Exists(under_way[0]), ~Exists(under_way[1].filter(state__in=OPEN)))
    return in_turn("sends", rows, limit=limit)
