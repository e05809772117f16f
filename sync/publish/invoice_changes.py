"""Plan what a person changed about an invoice that QuickBooks has: edits, voiding, deleting.

An edit is merged with what the mirror holds each time it is planned, and sent with the SyncToken of that state: if
QuickBooks has moved on meanwhile, it refuses (5010), the object is read again, and the merge is made anew.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import emit
from core.models import Origin
from invoices import editing
from invoices.enums import Ending, LineKind, SendState, TaxMode
from invoices.models import Invoice, InvoiceEdit, InvoiceLine, InvoiceSend
from invoices.tax import TaxCodeRates
from qbo_connector.enums import ConnectionStatus, OperationState, Verb
from qbo_connector.mirror import read
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, fold, plan
from sync import conflicts, mapping_status, sent_lines, tax_rates
from sync.enums import Direction, Exclusion, Generation, Outcome, RecordType, SyncObject
from sync.invoice_merge import MergedInvoice, base_after_sending, merge_invoice
from sync.invoice_properties import NOTHING, sides_of
from sync.mapping.invoice import from_invoice
from sync.mapping.invoice_change import change_payload
from sync.models import ConnectionSettings, Link
from sync.policies import READ_ONLY, Policy, policy_of
from sync.publish import sends
from sync.publish.subjects import subject_of
from sync.publish.texts import storable
from sync.publish.turns import in_turn
from sync.reconcile.names import names_for

MOST_TRIES = 3
STALE = "5010"


def refusal(invoice: Invoice) -> str:
    """Why a change of this invoice made here could not reach QuickBooks, in words; empty when it can."""
    if invoice.connection.status == ConnectionStatus.DISCONNECTED:
        return _("“%s” is disconnected.") % invoice.connection
    if one_way(policy_of(invoice.connection, SyncObject.INVOICE)):
        return _("Invoices flow from QuickBooks to the CRM only (sync settings). Change this one in QuickBooks.")
    link = Link.objects.filter(entity="Invoice", object_type="invoice", object_id=invoice.pk).first()
    if link is not None and link.exclusion == Exclusion.UNLINKED:
        return _("This invoice was let go: the sync no longer touches it. Change it in QuickBooks.")
    if link is not None and link.outcome == Outcome.CONFLICT:
        return _("Both sides changed this invoice. Decide about the conflict first.")
    return ""


def one_way(policy: Policy) -> bool:
    """Whether invoices flow from QuickBooks to the CRM only."""
    return policy.settings.direction == Direction.IN or policy.generation == Generation.SIMPLE


@transaction.atomic
def plan_change(invoice_id: int, *, again: bool = False) -> Operation | None:
    """Plan what QuickBooks lacks of the invoice's edit; None when nothing is to be sent (now).

    Repeating is free: an operation that was never leased is folded, one that is under way is waited for. After a
    refusal nothing is planned until the edit or QuickBooks' side changes, or ``again`` asks for it.
    """
    invoice = _locked(invoice_id)
    edit = InvoiceEdit.objects.filter(invoice_id=invoice_id).first()
    if invoice is None or edit is None:
        return None
    mirrored = _mirrored(invoice)
    if mirrored is None or _unsettled(invoice):
        return None
    policy = policy_of(invoice.connection, SyncObject.INVOICE)
    if one_way(policy):
        return _give_up(invoice, mirrored)
    return _plan_merged(invoice, policy, mirrored, merged_of(invoice, edit, policy, mirrored), again=again)


def merged_of(invoice: Invoice, edit: InvoiceEdit, policy: Policy, mirrored: Mirrored) -> MergedInvoice:
    """The edit merged with the mirror's state."""
    names = names_for(invoice.connection, [mirrored])
    row = from_invoice(mirrored.payload, names, invoice_id=invoice.pk, tracked=False)
    stored = list(InvoiceLine.objects.filter(invoice=invoice))
    custom = sides_of(policy, {invoice.pk: mirrored.payload}).get(invoice.pk, NOTHING)
    return merge_invoice(policy, edit, invoice, stored, row, custom)


def conflict_of(link: Link, edit: InvoiceEdit, merged: MergedInvoice, mirrored: Mirrored) -> conflicts.Found:
    """What the queue has to know of a merge."""
    changed_there = mirrored.row.remote_updated_at
    return conflicts.Found(link, merged.clashes, edit.edited_at, edit.edited_by_id, changed_there)


def _plan_merged(
    invoice: Invoice, policy: Policy, mirrored: Mirrored, merged: MergedInvoice, *, again: bool
) -> Operation | None:
    link = _link(invoice, mirrored)
    conflicts.record([conflict_of(link, invoice.edit, merged, mirrored)])
    open_operation = _open(invoice)
    if not merged.sends:
        if open_operation is not None:
            fold(open_operation, None)
        if merged.settled:
            InvoiceEdit.objects.filter(invoice=invoice).delete()
            _as_in_quickbooks(mirrored)
            _say(link, Outcome.IN_SYNC)
        return None
    if policy.read_only:
        _say(link, Outcome.PENDING, reason=str(READ_ONLY))
        return None
    context: dict[str, Any] = {
        "edited_at": invoice.edit.edited_at.isoformat(),
        "token": mirrored.row.sync_token,
        **sent_lines.notes(merged.lines),
    }
    context["tries"] = _next_try(invoice, context, again=again)
    if not context["tries"]:
        return None
    mappings = policy.mappings.get(RecordType.INVOICE, ())
    payload, problems = change_payload(mirrored.payload, merged.head, merged.lines, mappings, _tax_codes(invoice))
    mapping_status.note(mappings, Direction.OUT, {invoice.pk: problems})
    payload, _lost = storable(payload, in_us=invoice.connection.in_us)
    if not merged.clashes:
        _say(link, Outcome.PENDING, reason=" ".join(problems.values()))
    if open_operation is not None:
        # One that is under way is frozen; settling it looks here again.
        fold(open_operation, payload, context)
        return open_operation
    return plan(
        invoice.connection,
        entity="Invoice",
        verb=Verb.UPDATE,
        subject=subject_of("invoice", invoice.pk),
        intent=payload,
        request_id=uuid.uuid4().hex,
        context=context,
    )


def _tax_codes(invoice: Invoice) -> Mapping[str, TaxCodeRates] | None:
    """What is needed to take tax out of prices that include it."""
    return tax_rates.codes(invoice.connection) if invoice.tax_mode == TaxMode.INCLUSIVE else None


def _give_up(invoice: Invoice, mirrored: Mirrored) -> Operation | None:
    """The settings let nothing out any more: the invoice becomes what QuickBooks says, which its timeline tells."""
    open_operation = _open(invoice)
    if open_operation is not None and not fold(open_operation, None):
        return open_operation  # settling it looks here again
    link = _link(invoice, mirrored)
    conflicts.record([conflicts.Found(link, ())])
    InvoiceEdit.objects.filter(invoice=invoice).delete()
    _as_in_quickbooks(mirrored)
    _say(link, Outcome.IN_SYNC)
    return None


def _as_in_quickbooks(mirrored: Mirrored) -> None:
    """Have reconcile bring the invoice to what QuickBooks has: what was not sent must not stay here unseen."""
    MirrorObject.objects.filter(pk=mirrored.row.pk).update(unread=True)
    emit("mirror.changed", mirrored.row.connection, origin=Origin.SYNC)


@transaction.atomic
def plan_ending(invoice_id: int, *, again: bool = False) -> Operation | None:
    """Plan the voiding or deleting that somebody asked for; None when there is none, or it waits."""
    invoice = _locked(invoice_id)
    if invoice is None or not invoice.ending:
        return None
    for send_id in InvoiceSend.objects.filter(invoice=invoice, state=SendState.WAITING).values_list("pk", flat=True):
        sends.call_off(send_id)
    mirrored = _mirrored(invoice)
    # One that is done and not noted yet must not be done a second time.
    if mirrored is None or _unsettled(invoice):
        return None
    link = _link(invoice, mirrored)
    if policy_of(invoice.connection, SyncObject.INVOICE).read_only:
        if link.reason != str(READ_ONLY):
            _as_in_quickbooks(mirrored)
        _say(link, Outcome.PENDING, reason=str(READ_ONLY))
        return None
    open_operation = _open(invoice)
    if open_operation is not None:
        if open_operation.verb == invoice.ending:
            return open_operation
        if not fold(open_operation, None):
            return open_operation  # what is under way has to be known first; settling it looks here again
    context: dict[str, Any] = {"ending": str(invoice.ending), "token": mirrored.row.sync_token}
    context["tries"] = _next_try(invoice, context, again=again)
    if not context["tries"]:
        return None
    _say(link, Outcome.PENDING)
    # An edit that was not sent is given up with the invoice; if QuickBooks refuses the ending, nothing of it is left.
    _as_in_quickbooks(mirrored)
    return plan(
        invoice.connection,
        entity="Invoice",
        verb=str(invoice.ending),
        subject=subject_of("invoice", invoice.pk),
        intent={"Id": invoice.external_id, "SyncToken": str(mirrored.row.sync_token)},
        request_id=uuid.uuid4().hex,
        context=context,
    )


def plan_wish(invoice_id: int, *, again: bool = False) -> Operation | None:
    """Plan what is wished of an invoice: its ending, else its edit."""
    return plan_ending(invoice_id, again=again) or plan_change(invoice_id, again=again)


def settled(operation: Operation) -> bool:
    """Take note of the outcome of an update, void or delete, and go on with what was asked for meanwhile.

    Whether more is on its way: then its link tells so, and nothing has to be said about this operation.
    """
    # From here on it counts as noted: what is planned below builds on it.
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    pk = int(operation.subject.partition(":")[2])
    if operation.state == OperationState.DONE:
        if operation.verb == Verb.UPDATE:
            _sent(operation, pk)
        else:
            Invoice.objects.filter(pk=pk, ending=operation.verb).update(ending=Ending.NONE, updated_at=timezone.now())
        # What is left of an edit waits for a person or for the end of read-only mode, and its link says so.
        return plan_wish(pk) is not None or InvoiceEdit.objects.filter(invoice_id=pk).exists()
    return operation.fault_code == STALE and plan_wish(pk) is not None


def _sent(operation: Operation, pk: int) -> None:
    """QuickBooks took the edit: it is settled, unless somebody edited again; then what was sent is the new base."""
    invoice = _locked(pk)  # first, as everybody who edits does
    edit = InvoiceEdit.objects.select_for_update(of=("self",)).filter(invoice_id=pk).first()
    mirrored = _mirrored(invoice) if invoice is not None else None
    if edit is None or mirrored is None:
        return
    row = from_invoice(mirrored.payload, names_for(operation.connection, [mirrored]), invoice_id=pk, tracked=False)
    # Also where the edit is over: whoever edits next must not take these lines for new ones.
    found = sent_lines.find(
        operation.context,
        [line["id"] for line in edit.base["lines"]],
        [editing.line_of(line) for line in row.lines if line.kind != LineKind.MEMBER],
    )
    for line_pk, line_id in found.ids.items():
        InvoiceLine.objects.filter(pk=line_pk, external_id="").update(external_id=line_id)
    # QuickBooks made something else of these: its lines count, and what is nobody's here comes in as a new one.
    InvoiceLine.objects.filter(pk__in=found.lost, external_id="").delete()
    open_conflicts = conflicts.open_fields(operation.connection, "invoice", pk)
    if edit.edited_at.isoformat() == operation.context.get("edited_at") and not open_conflicts:
        edit.delete()
        return
    edit.base = base_after_sending(edit.base, row, open_conflicts, unknown=found.strange)
    edit.save(update_fields=["base"])


def _next_try(invoice: Invoice, context: dict[str, Any], *, again: bool) -> int:
    """Which try of this wish comes next; 0: none, until somebody asks or something changes.

    Refused as older than QuickBooks' state, a wish is tried three times, however often that state changes.
    """
    rows = Operation.objects.filter(connection=invoice.connection, subject=subject_of("invoice", invoice.pk))
    last = rows.order_by("-pk").first()
    if again or last is None or any(last.context.get(name) != context.get(name) for name in ("edited_at", "ending")):
        return 1
    tries = int(last.context.get("tries", 1))
    if last.state in OPEN:
        return tries
    if last.state not in (OperationState.REFUSED, OperationState.HELD):
        return 1
    if last.fault_code == STALE:
        return tries + 1 if tries < MOST_TRIES else 0
    return 0 if last.context.get("token") == context["token"] else 1


def _locked(invoice_id: int) -> Invoice | None:
    rows = Invoice.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    return rows.filter(pk=invoice_id, removed_at=None).exclude(external_id="").first()


def _mirrored(invoice: Invoice) -> Mirrored | None:
    rows = MirrorObject.objects.filter(
        connection=invoice.connection_id, entity="Invoice", qbo_id=invoice.external_id, deleted=False
    )
    return next(iter(read.with_payloads(rows)), None)


def _open(invoice: Invoice) -> Operation | None:
    return Operation.objects.filter(
        connection=invoice.connection, subject=subject_of("invoice", invoice.pk), state__in=OPEN
    ).first()


def _unsettled(invoice: Invoice) -> bool:
    """Whether an answer waits to be noted: only then it is known which lines QuickBooks has already."""
    rows = Operation.objects.filter(
        connection=invoice.connection, subject=subject_of("invoice", invoice.pk), settled_at=None
    )
    return rows.filter(finished_at__isnull=False).exists()


def _link(invoice: Invoice, mirrored: Mirrored) -> Link:
    link, _created = Link.objects.get_or_create(
        connection=invoice.connection,
        entity="Invoice",
        object_type="invoice",
        object_id=invoice.pk,
        defaults={"qbo_id": mirrored.row.qbo_id, "matched_by": "invoice", "outcome": Outcome.IN_SYNC},
    )
    return link


def _say(link: Link, outcome: Outcome, reason: str = "") -> None:
    if (link.outcome, link.reason) != (outcome, reason):
        link.outcome, link.reason, link.detail, link.changed_at = outcome, reason, "", timezone.now()
        link.save(update_fields=["outcome", "reason", "detail", "changed_at"])


def unplanned_changes(*, limit: int = 200) -> list[int]:
    """Invoices with an edit or an ending that no operation carries yet: what a crash or a lost message left."""
    subject = Concat(Value("invoice:"), Cast(OuterRef("pk"), CharField()))
    under_way = Operation.objects.filter(connection=OuterRef("connection"), subject=subject, state__in=OPEN)
    waits = Link.objects.filter(
        entity="Invoice",
        object_type="invoice",
        object_id=OuterRef("pk"),
        outcome__in=[Outcome.FAILING, Outcome.CONFLICT, Outcome.BROKEN],
    )
    rows = Invoice.objects.filter(Q(edit__isnull=False) | ~Q(ending=Ending.NONE), removed_at=None)
    rows = rows.filter(~Exists(under_way), ~Exists(waits)).exclude(external_id="")
    return in_turn("invoice-changes", rows.exclude(Exists(_told_to_wait("invoice"))), limit=limit)


def _told_to_wait(object_type: str) -> QuerySet[Link]:
    """Links of records that wait for the end of read-only mode, and say so."""
    read_only = ConnectionSettings.objects.filter(connection=OuterRef("connection"), read_only=True)
    return Link.objects.filter(
        Exists(read_only),
        object_type=object_type,
        object_id=OuterRef("pk"),
        outcome=Outcome.PENDING,
        reason=str(READ_ONLY),
    )
