"""Plan the creation in QuickBooks of payments that were recorded in the CRM, and take note of its outcome."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from invoices.models import Payment
from invoices.services.payment_endings import tell
from qbo_connector.enums import Cause, OperationState, Verb
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.plan import OPEN, cancel, plan
from sync.enums import Outcome, SyncObject
from sync.mapping.payment import marker, to_payment
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish import payment_changes, refusals
from sync.publish.invoices import attempt_id
from sync.publish.subjects import subject_of
from sync.publish.turns import in_turn


@transaction.atomic
def publish(payment_id: int, *, again: bool = False) -> Operation | None:
    """Plan the payment's creation once; ``again`` plans a new attempt after a refusal. None: nothing to plan (now).

    Of one that QuickBooks has, what is wished of it is planned (``payment_changes``).
    """
    if Payment.objects.filter(pk=payment_id).exclude(external_id="").exists():
        return payment_changes.plan_wish(payment_id, again=again)
    payment = Payment.objects.select_for_update(of=("self",)).select_related("connection").filter(pk=payment_id).first()
    if payment is None or payment.external_id or payment.request_id is None or payment.removed_at is not None:
        return None
    attempts = list(Operation.objects.filter(connection=payment.connection, subject=subject_of("payment", payment.pk)))
    if any(attempt.state in (*OPEN, OperationState.DONE) for attempt in attempts) or (attempts and not again):
        return None
    read_only = policy_of(payment.connection, SyncObject.INVOICE).read_only
    _link(payment, outcome=Outcome.PENDING, reason=str(READ_ONLY) if read_only else "", detail="")
    if read_only:
        return None
    return plan(
        payment.connection,
        entity="Payment",
        subject=subject_of("payment", payment.pk),
        intent=to_payment(
            payment,
            list(payment.applications.order_by("pk")),
            list(payment.credit_applications.order_by("pk")),
            multicurrency=payment.connection.multicurrency,
        ),
        request_id=attempt_id(payment.request_id, len(attempts)),
        marker=marker(payment),
    )


def give_up(payment: Payment) -> str:
    """Cancel what was planned for a payment; why that is too late, in words, or empty when nothing will be sent."""
    subject = subject_of("payment", payment.pk)
    cancel(payment.connection, [subject])
    attempts = Operation.objects.filter(connection=payment.connection, subject=subject)
    if attempts.filter(state__in=OPEN).exists():
        return _("It is just being sent to QuickBooks. Wait for the answer.")
    if attempts.filter(state=OperationState.DONE).exists():
        return _("QuickBooks has this payment already.")
    Link.objects.filter(connection=payment.connection, object_type="payment", object_id=payment.pk).delete()
    return ""


def settled(operation: Operation) -> None:
    """Note what became of a payment's creation: QuickBooks' id on it, or the reason of the refusal on its link."""
    if operation.verb != Verb.CREATE:
        payment_changes.settled(operation)
        return
    pk = int(operation.subject.partition(":")[2])
    payment = Payment.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if payment is None:
        return
    if operation.state == OperationState.DONE:
        Payment.objects.filter(pk=pk, external_id="").update(external_id=operation.qbo_id)
        # The invoices that it pays changed with it; QuickBooks' answer does not hold them.
        schedule.request_pull([operation.connection_id], cause=Cause.VERIFY, reference=False)
        _link(payment, qbo_id=operation.qbo_id, outcome=Outcome.IN_SYNC, reason="", detail="", synced_at=timezone.now())
        return
    if payment.external_id:
        return
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    reason = operation.problem if told.again else told.reason
    _link(payment, outcome=Outcome.FAILING, reason=reason, detail=operation.problem_detail, remedy=told.remedy)
    tell("payment.refused", payment, by=None, reason=reason, detail=operation.problem_detail)


def adopt(connection: Connection, marked: dict[Any, str]) -> None:
    """Give payments that we made their QuickBooks id, by request id, where a pull saw them before the answer came."""
    ours = Payment.objects.filter(connection=connection, request_id__in=marked, external_id="")
    taken = set(
        Payment.objects.filter(connection=connection, external_id__in=marked.values()).values_list(
            "external_id", flat=True
        )
    )
    for payment in ours.select_for_update().order_by("pk"):
        qbo_id = marked[payment.request_id]
        if qbo_id not in taken:
            Payment.objects.filter(pk=payment.pk).update(external_id=qbo_id)


def unplanned(*, limit: int = 200) -> list[int]:
    """Payments recorded here that nobody has planned yet: what a crash or a lost message left."""
    linked = Link.objects.filter(entity="Payment", object_type="payment", object_id=OuterRef("pk")).exclude(
        outcome=Outcome.PENDING, reason=str(READ_ONLY)
    )
    rows = Payment.objects.filter(~Exists(linked), external_id="", request_id__isnull=False, removed_at=None)
    return in_turn("payments", rows, limit=limit)


def _link(payment: Payment, **values: Any) -> None:
    Link.objects.update_or_create(
        connection_id=payment.connection_id,
        entity="Payment",
        object_type="payment",
        object_id=payment.pk,
        defaults={**values, "changed_at": timezone.now()},
    )
