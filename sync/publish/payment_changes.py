"""Plan what a person wants of a payment that QuickBooks has: void it, delete it, use its unapplied part.

The operation is planned on the state in the mirror and carries its SyncToken: if QuickBooks has moved on meanwhile it
refuses (5010), the payment is read again, and it is planned anew.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices.enums import Ending
from invoices.models import CreditUse, Payment
from invoices.services.payment_endings import tell
from invoices.totals import plain
from qbo_connector import errors
from qbo_connector.enums import Cause, OperationState, Verb
from qbo_connector.mirror import read, schedule
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, cancel, fold, plan
from sync.enums import Outcome, SyncObject
from sync.mapping.payment import with_more
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish import refusals
from sync.publish.subjects import subject_of

MOST_TRIES = 3


@transaction.atomic
def plan_wish(payment_id: int, *, tries: int = 1, again: bool = False) -> Operation | None:
    """Plan what is wished of a payment: its ending, else what shall be used of it. None: nothing to plan (now).

    Repeating is free. After a refusal nothing is planned until somebody asks ``again``.
    """
    rows = Payment.objects.select_for_update(of=("self",)).select_related("connection").defer("search")
    payment = rows.filter(pk=payment_id, removed_at=None).exclude(external_id="").first()
    if payment is None:
        return None
    uses = _open_uses(payment, again=again)
    mirrored = _mirrored(payment)
    if mirrored is None or not (payment.ending or uses) or _unsettled(payment):
        return None
    if policy_of(payment.connection, SyncObject.INVOICE).read_only:
        link(payment, outcome=Outcome.PENDING, reason=str(READ_ONLY), detail="")
        return None
    verb = str(payment.ending) or str(Verb.UPDATE)
    operation = _open(payment)
    if operation is not None and (operation.verb == verb or not fold(operation, None)):
        return operation  # what is under way has to be known first; settling it looks here again
    if payment.ending and not again and _refused(payment):
        return None
    token = str(mirrored.row.sync_token)
    intent: dict[str, Any] = {"Id": payment.external_id, "SyncToken": token}
    if not payment.ending:
        payload: dict[str, Any] = dict(mirrored.payload)
        for use in uses:
            intent = with_more(payload, use.invoice.external_id, use.amount)
            payload = payload | {"Line": intent["Line"]}
        intent["SyncToken"] = token
    link(payment, outcome=Outcome.PENDING, reason="", detail="")
    return plan(
        payment.connection,
        entity="Payment",
        verb=verb,
        subject=subject_of("payment", payment.pk),
        intent=intent,
        request_id=uuid.uuid4().hex,
        context={"tries": tries, "token": token, "uses": [use.pk for use in uses] if not payment.ending else []},
    )


def settled(operation: Operation) -> None:
    """Take note of the outcome of an update, void or delete of a payment."""
    pk = int(operation.subject.partition(":")[2])
    # From here on it counts as noted: what is planned below builds on it.
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    payment = Payment.objects.select_for_update(of=("self",)).filter(pk=pk).defer("search").first()
    if payment is None:
        return
    uses = CreditUse.objects.filter(pk__in=operation.context.get("uses", []), done_at=None)
    if operation.state == OperationState.DONE:
        uses.update(done_at=timezone.now(), refused_at=None, problem="", problem_detail="")
        if payment.ending == operation.verb:
            Payment.objects.filter(pk=pk).update(ending=Ending.NONE, ending_by=None)
        # The invoices that it pays changed with it; QuickBooks' answer does not hold them.
        schedule.request_pull([operation.connection_id], cause=Cause.VERIFY, reference=False)
        link(payment, outcome=Outcome.IN_SYNC, reason="", detail="", synced_at=timezone.now())
        plan_wish(pk)
        return
    if operation.state == OperationState.CANCELLED:
        plan_wish(pk)
        return
    tries = int(operation.context.get("tries", 1))
    stale = errors.kind_of(operation.fault_code) is errors.Stale
    if stale and tries < MOST_TRIES and plan_wish(pk, tries=tries + 1) is not None:
        return
    _tell_refusal(operation, payment, list(uses.select_related("invoice")))


def _tell_refusal(operation: Operation, payment: Payment, uses: Sequence[CreditUse]) -> None:
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    reason = operation.problem if told.again else told.reason
    link(payment, outcome=Outcome.FAILING, reason=reason, detail=operation.problem_detail, remedy=told.remedy)
    CreditUse.objects.filter(pk__in=[use.pk for use in uses]).update(
        refused_at=timezone.now(), problem=reason, problem_detail=operation.problem_detail
    )
    said: dict[str, Any] = {"reason": reason, "detail": operation.problem_detail, "asked": operation.verb}
    if uses:
        said["invoices"] = [use.invoice.number for use in uses]
        said["used"] = plain(sum(use.amount for use in uses))
    tell("payment.change_refused", payment, by=None, **said)


def give_up_ending(payment: Payment) -> str:
    """Cancel what was planned to void or delete a payment; why that is too late, in words, or empty."""
    subject = subject_of("payment", payment.pk)
    cancel(payment.connection, [subject])
    if Operation.objects.filter(connection=payment.connection, subject=subject, state__in=OPEN).exists():
        return _("It is just being sent to QuickBooks. Wait for the answer.")
    forget_refusal(payment)
    return ""


def forget_refusal(payment: Payment) -> None:
    """A wish that was refused is given up: the payment is as QuickBooks has it."""
    if not CreditUse.objects.filter(payment=payment, done_at=None, refused_at__isnull=False).exists():
        link(payment, outcome=Outcome.IN_SYNC, reason="", detail="", remedy={})


def unplanned_changes(*, limit: int = 200) -> list[int]:
    """Payments with a wish that no operation carries yet: what a crash or a lost message left."""
    subject = Concat(Value("payment:"), Cast(OuterRef("pk"), CharField()))
    under_way = Operation.objects.filter(connection=OuterRef("connection"), subject=subject, state__in=OPEN)
    waits = Link.objects.filter(entity="Payment", object_type="payment", object_id=OuterRef("pk"))
    waits = waits.filter(Q(outcome=Outcome.FAILING) | Q(outcome=Outcome.PENDING, reason=str(READ_ONLY)))
    uses = CreditUse.objects.filter(payment=OuterRef("pk"), done_at=None, refused_at=None)
    rows = Payment.objects.filter(~Q(ending=Ending.NONE) | Exists(uses), removed_at=None).exclude(external_id="")
    rows = rows.filter(~Exists(under_way), ~Exists(waits))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _open_uses(payment: Payment, *, again: bool) -> list[CreditUse]:
    rows = CreditUse.objects.filter(payment=payment, done_at=None).select_related("invoice")
    if again:
        rows.update(refused_at=None, problem="", problem_detail="")
    return list(rows.filter(refused_at=None).order_by("pk"))


def _refused(payment: Payment) -> bool:
    rows = Link.objects.filter(entity="Payment", object_type="payment", object_id=payment.pk)
    return rows.filter(outcome=Outcome.FAILING).exists()


def _mirrored(payment: Payment) -> Mirrored | None:
    rows = MirrorObject.objects.filter(
        connection=payment.connection_id, entity="Payment", qbo_id=payment.external_id, deleted=False
    )
    return next(iter(read.with_payloads(rows)), None)


def _unsettled(payment: Payment) -> bool:
    """Whether an answer waits to be noted: what it did must not be done a second time."""
    rows = Operation.objects.filter(connection=payment.connection, subject=subject_of("payment", payment.pk))
    return rows.filter(settled_at=None, finished_at__isnull=False).exists()


def _open(payment: Payment) -> Operation | None:
    rows = Operation.objects.filter(connection=payment.connection, subject=subject_of("payment", payment.pk))
    return rows.filter(state__in=OPEN).first()


def link(payment: Payment, **values: Any) -> None:
    """What the sync says about a payment."""
    Link.objects.update_or_create(
        connection_id=payment.connection_id,
        entity="Payment",
        object_type="payment",
        object_id=payment.pk,
        defaults={"qbo_id": payment.external_id, **values, "changed_at": timezone.now()},
    )
