"""Drafts that somebody else has to approve: ask, approve, reject with a reason. What is asked for is a task of its own.

Who may not post makes the draft; who may approve creates the invoice from it, or sends it back.
"""

import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import Draft, emit_many, object_type_of
from core.models import Origin
from crm.models import Task, TaskKind
from crm.services import tasks
from invoices import queries
from invoices.drafts import DraftContent
from invoices.models import Approval, Invoice, InvoiceDraft
from invoices.services import create
from invoices.totals import plain

APPROVE, POST = "invoices.approve", "invoices.post"
REMIND_AFTER = datetime.timedelta(days=1)


class NotAsked(Exception):
    """The draft does not wait for approval (any more); the message says why."""


def waiting(user: Any) -> QuerySet[InvoiceDraft]:
    """The queue: drafts that wait for approval, the oldest first. Approvers see those of others."""
    rows = queries.drafts_visible_to(user).filter(approval=Approval.ASKED, invoice=None)
    if not user.has_perm(APPROVE):
        rows = rows.filter(owner=user)
    return rows.select_related("owner", "deal").order_by("asked_at", "pk")


def must_ask(user: Any) -> bool:
    """Whether invoices of this person need somebody's approval."""
    return not user.has_perm(POST)


@needs("invoices.create")
@transaction.atomic
def ask(draft: InvoiceDraft, *, by: Any) -> InvoiceDraft:
    """Hand a finished draft over. Emits ``draft.approval_asked``, once. Raises DraftProblems."""
    locked = InvoiceDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if locked.invoice_id is not None:
        raise NotAsked(_("The invoice of this draft was created already."))
    if locked.approval == Approval.ASKED:
        return locked
    read, _account = create.checked(DraftContent.from_json(locked.data))
    locked.approval, locked.asked_at = Approval.ASKED, timezone.now()
    locked.decided_at = locked.decided_by = None
    locked.decision = ""
    locked.save(update_fields=["approval", "asked_at", "decided_at", "decided_by", "decision"])
    _tell("draft.approval_asked", locked, by=by, total=plain(read.subtotal))
    customer = DraftContent.from_json(locked.data).customer.name
    title = _("Approve the invoice to %s") % customer
    # Approvers are reminded of what waits for a day.
    due_at = timezone.now() + REMIND_AFTER
    tasks.create(by=by, about=locked, key=_task_key(locked), kind=TaskKind.APPROVE, title=title[:300], due_at=due_at)
    return locked


@needs("invoices.approve")
@transaction.atomic
def approve(draft: InvoiceDraft, *, by: Any, seen: str = "") -> Invoice:
    """Create the invoice of a draft that waits. Raises PermissionDenied, NotAsked, and what creating raises.

    ``seen`` is the digest of what the approver looked at: content that changed since is not approved unseen.
    """
    locked = _decidable(draft, by)
    if seen and seen != create.digest_of(locked.data):
        raise NotAsked(_("The draft was changed meanwhile. Please look at it again."))
    invoice = create.create_invoice(locked, by=by)
    if locked.owner_id != getattr(by, "pk", None):
        # The invoice belongs to who made it, not to who let it through.
        Invoice.objects.filter(pk=invoice.pk).update(owner_id=locked.owner_id)
        invoice.owner_id = locked.owner_id
    _decide(locked, Approval.APPROVED, by=by)
    _tell("draft.approved", locked, by=by)
    return invoice


@needs("invoices.approve")
@transaction.atomic
def reject(draft: InvoiceDraft, reason: str, *, by: Any) -> InvoiceDraft:
    """Send a draft back to its owner. Emits ``draft.rejected``. Raises PermissionDenied, NotAsked, ValueError."""
    if not reason.strip():
        raise ValueError(_("Say what has to change."))
    locked = _decidable(draft, by)
    _decide(locked, Approval.REJECTED, by=by, reason=reason.strip())
    _tell("draft.rejected", locked, by=by, reason=reason.strip())
    return locked


@needs("invoices.create")
@transaction.atomic
def withdraw(draft: InvoiceDraft, *, by: Any) -> None:
    """Take a draft back out of the queue, to go on with it."""
    locked = InvoiceDraft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    asked = InvoiceDraft.objects.filter(pk=draft.pk, approval=Approval.ASKED, invoice=None)
    _close_task(locked, by=by)
    if asked.update(approval=Approval.NONE, asked_at=None):
        _tell("draft.approval_withdrawn", draft, by=by)


def _decidable(draft: InvoiceDraft, by: Any) -> InvoiceDraft:
    if not by.has_perm(APPROVE):
        raise PermissionDenied(_("Your role does not let you approve invoices."))
    locked = InvoiceDraft.objects.select_for_update(of=("self",)).select_related("deal").get(pk=draft.pk)
    if locked.invoice_id is not None:
        raise NotAsked(_("The invoice of this draft was created already."))
    if locked.approval != Approval.ASKED:
        raise NotAsked(_("This draft does not wait for approval any more."))
    return locked


def _decide(draft: InvoiceDraft, approval: Approval, *, by: Any, reason: str = "") -> None:
    draft.approval, draft.decided_at, draft.decided_by, draft.decision = approval, timezone.now(), by, reason
    draft.save(update_fields=["approval", "decided_at", "decided_by", "decision"])
    _close_task(draft, by=by)


def _task_key(draft: InvoiceDraft) -> str:
    """Each time of asking is a task of its own."""
    return f"approve:{draft.pk}:{draft.asked_at.isoformat() if draft.asked_at else ''}"


def _close_task(draft: InvoiceDraft, *, by: Any) -> None:
    tasks.complete(Task.objects.filter(key=_task_key(draft)), by=by)


def _tell(name: str, draft: InvoiceDraft, *, by: Any, **data: Any) -> None:
    content = DraftContent.from_json(draft.data)
    about = [("deal", draft.deal_id)] if draft.deal_id else []
    said = {
        "customer": content.customer.name,
        "currency": content.currency,
        "request_id": str(draft.request_id),
        **data,
    }
    drafts = [Draft(name, object_type_of(draft), draft.pk, about, said)]
    emit_many(drafts, by=by, origin=Origin.PERSON if by is not None else Origin.SYSTEM)
