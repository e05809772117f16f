"""Plan the creation and the updates of estimates in QuickBooks, and take note of what became of them.

What QuickBooks lacks follows from the rows: a status that the quote has and the estimate has not, and lines of a newer
version. So planning twice plans once, and a sweep finds what was lost.
"""

import zoneinfo
from typing import Any, cast

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from core.events import emit
from core.models import Origin
from crm.enums import QuoteStatus
from crm.services.quotes import related
from invoices.enums import EstimateStatus, TaxMode
from invoices.models import Estimate, EstimateLine, Invoice, InvoiceLine
from invoices.services.estimates import event_data, wanted_status
from qbo_connector.enums import Cause, OperationState, Verb
from qbo_connector.mirror import read, schedule
from qbo_connector.models import Connection, Operation
from qbo_connector.outbox.plan import OPEN, plan
from sync.enums import Outcome, SyncObject
from sync.mapping.estimate import answered, to_estimate
from sync.mapping.invoice import marker
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish import refusals
from sync.publish.invoice_changes import STALE, one_way
from sync.publish.invoices import attempt_id
from sync.publish.parties import customer_for, item_for, reference
from sync.publish.subjects import subject_of
from sync.publish.texts import storable
from sync.publish.turns import in_turn
from sync.tax_rates import codes as tax_codes

KIND = "estimate"
MOST_TRIES = 3


@transaction.atomic
def publish(estimate_id: int, *, again: bool = False) -> Operation | None:
    """Plan what QuickBooks lacks of the estimate; None when nothing is to be sent (now).

    After a refusal nothing is planned until ``again`` asks for it, or the quote changes.
    """
    rows = Estimate.objects.select_for_update(of=("self",)).select_related("connection", "quote__deal__company")
    estimate = rows.defer("quote__search").filter(pk=estimate_id, removed_at=None).first()
    if estimate is None:
        return None
    attempts = list(
        Operation.objects.filter(connection=estimate.connection, subject=subject_of(KIND, estimate.pk)).order_by("pk")
    )
    if any(attempt.state in OPEN or _unsettled(attempt) for attempt in attempts):
        return None
    return _update(estimate, attempts, again=again) if estimate.external_id else _create(estimate, attempts, again)


def _create(estimate: Estimate, attempts: list[Operation], again: bool) -> Operation | None:  # noqa: FBT001 -- as asked
    if estimate.request_id is None or any(a.state == OperationState.DONE for a in attempts) or (attempts and not again):
        return None
    if not _may_write(estimate):
        return None
    connection = estimate.connection
    # One plan of a company at a time: two would create the same customer.
    Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    Estimate.objects.filter(pk=estimate.pk).update(lines_waiting=False)
    return plan(
        connection,
        entity="Estimate",
        subject=subject_of(KIND, estimate.pk),
        request_id=attempt_id(estimate.request_id, len(attempts)),
        marker=marker(cast(Invoice, estimate)),
        **_payload(estimate, attempt=len(attempts)),
    )


def _update(estimate: Estimate, attempts: list[Operation], *, again: bool) -> Operation | None:
    status = wanted_status(estimate)
    if not estimate.lines_waiting and status == estimate.status:
        return None
    found = read.with_payloads(read.objects(estimate.connection_id, "Estimate").filter(qbo_id=estimate.external_id))
    if not found or not _may_write(estimate):
        return None
    context = {"status": str(status), "lines": estimate.lines_waiting, "quote": estimate.quote_id}
    context["token"] = str(found[0].row.sync_token)
    refused = attempts[-1] if attempts and attempts[-1].state == OperationState.REFUSED else None
    if refused is not None and not again and refused.context == context:
        return None
    planned: dict[str, Any] = {"intent": {}, "depends_on": None}
    if estimate.lines_waiting:
        planned = _payload(estimate, attempt=len(attempts))
        # What is changed from here on is another change; a refusal puts this one back.
        Estimate.objects.filter(pk=estimate.pk).update(lines_waiting=False)
    quote, here = estimate.quote, zoneinfo.ZoneInfo(estimate.connection.time_zone)
    on = timezone.localdate(quote.answered_at, here).isoformat() if quote.answered_at else ""
    planned["intent"] = {
        **planned["intent"],
        "Id": estimate.external_id,
        "SyncToken": str(found[0].row.sync_token),
        "sparse": True,
        "CustomerRef": {"value": found[0].row.party_id},
        "TxnStatus": str(status),
        **(answered(quote.answered_name, on) if status == EstimateStatus.ACCEPTED else {}),
    }
    planned["intent"].pop("PrivateNote", None)
    request_id = f"{KIND}-{estimate.pk}-{len(attempts)}-{found[0].row.sync_token}"
    return plan(
        estimate.connection,
        entity="Estimate",
        verb=Verb.UPDATE,
        subject=subject_of(KIND, estimate.pk),
        request_id=request_id,
        context=context,
        **planned,
    )


def _payload(estimate: Estimate, *, attempt: int) -> dict[str, Any]:
    """What the estimate is, and the creations that it waits for."""
    connection, lines = estimate.connection, list(estimate.lines.all())
    needed: list[Operation] = []
    customer: Any = estimate.customer_external_id
    if estimate.new_customer and not customer:
        customer = reference(customer_for(cast(Invoice, estimate), attempt=attempt), needed)
    items = {line.pk: _item(connection, estimate, line, needed, attempt=attempt) for line in lines}
    payload = to_estimate(
        estimate,
        lines,
        customer=customer,
        items=items,
        in_us=connection.in_us,
        multicurrency=connection.multicurrency,
        status=wanted_status(estimate),
        number=estimate.quote.number[:21] if connection.custom_numbers and not estimate.external_id else "",
        home_currency=connection.home_currency,
        codes=tax_codes(connection) if estimate.tax_mode == TaxMode.INCLUSIVE else None,
    )
    intent = storable(payload, in_us=connection.in_us)[0]
    return {"intent": intent, "depends_on": max(needed, key=lambda operation: operation.pk, default=None)}


def _item(
    connection: Connection, estimate: Estimate, line: EstimateLine, needed: list[Operation], *, attempt: int
) -> Any:
    if not line.new_item or line.item_external_id:
        return line.item_external_id
    found = item_for(connection, cast(Invoice, estimate), cast(InvoiceLine, line), attempt=attempt)
    return reference(found, needed)


def _may_write(estimate: Estimate) -> bool:
    policy = policy_of(estimate.connection, SyncObject.INVOICE)
    if estimate.external_id and one_way(policy):
        return False
    _link(estimate, outcome=Outcome.PENDING, reason=str(READ_ONLY) if policy.read_only else "", detail="", remedy={})
    return not policy.read_only


def _unsettled(operation: Operation) -> bool:
    return operation.finished_at is not None and operation.settled_at is None


def settled(operation: Operation) -> None:
    """Note what became of an estimate's creation or update, and go on with what changed meanwhile."""
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    pk = int(operation.subject.partition(":")[2])
    rows = Estimate.objects.select_for_update(of=("self",)).select_related("quote").defer("quote__search")
    estimate = rows.filter(pk=pk).first()
    if estimate is None:
        return
    if operation.state != OperationState.DONE and operation.context.get("lines"):
        Estimate.objects.filter(pk=pk).update(lines_waiting=True)
    if operation.state == OperationState.DONE:
        _done(estimate, operation)
        publish(pk)
    elif operation.fault_code == STALE and _tries(operation) < MOST_TRIES:
        # Somebody changed it there. What is read next is taken over first; the rest goes out on top of it.
        schedule.request_pull([operation.connection_id], cause=Cause.VERIFY, reference=False)
    elif operation.verb == Verb.UPDATE or not estimate.external_id:
        _refused(estimate, operation)


def _done(estimate: Estimate, operation: Operation) -> None:
    values: dict[str, Any] = {"external_id": operation.qbo_id}
    if operation.verb == Verb.UPDATE:
        values["status"] = operation.context["status"]
    else:
        values["status"] = EstimateStatus(str(operation.intent.get("TxnStatus", EstimateStatus.PENDING)))
    Estimate.objects.filter(pk=estimate.pk).update(**values)
    estimate.external_id = operation.qbo_id
    _link(estimate, outcome=Outcome.IN_SYNC, reason="", detail="", remedy={}, synced_at=timezone.now())
    if operation.verb == Verb.CREATE:
        quote = estimate.quote
        emit("estimate.created", estimate, origin=Origin.SYNC, about=[quote, *related(quote)], **event_data(estimate))


def _refused(estimate: Estimate, operation: Operation) -> None:
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    reason = operation.problem if told.again else told.reason
    _link(estimate, outcome=Outcome.FAILING, reason=reason, detail=operation.problem_detail, remedy=told.remedy)
    said = {**event_data(estimate), "reason": reason, "detail": operation.problem_detail}
    quote = estimate.quote
    emit("estimate.refused", estimate, origin=Origin.SYNC, about=[quote, *related(quote)], **said)


def _tries(operation: Operation) -> int:
    stale = Operation.objects.filter(connection=operation.connection, subject=operation.subject, fault_code=STALE)
    return stale.filter(context__status=operation.context.get("status")).count()


def adopt(connection: Connection, marked: dict[Any, str]) -> None:
    """Give estimates that we made their QuickBooks id, where a pull saw them before the answer came."""
    rows = Estimate.objects.filter(connection=connection)
    taken = set(rows.filter(external_id__in=list(marked.values())).values_list("external_id", flat=True))
    for estimate in rows.filter(request_id__in=list(marked), external_id="").select_for_update().order_by("pk"):
        qbo_id = marked[estimate.request_id]
        if qbo_id not in taken:
            Estimate.objects.filter(pk=estimate.pk).update(external_id=qbo_id)


def unplanned(*, limit: int = 200) -> list[int]:
    """Estimates of which QuickBooks lacks something that no operation carries: what a crash or a lost message left."""
    subject = Concat(Value(f"{KIND}:"), Cast(OuterRef("pk"), CharField()))
    under_way = Operation.objects.filter(connection=OuterRef("connection"), subject=subject, state__in=OPEN)
    waits = Link.objects.filter(object_type=KIND, object_id=OuterRef("pk"), outcome=Outcome.FAILING)
    answers = Q(pk=None)
    for ours, theirs in (
        (QuoteStatus.ACCEPTED, EstimateStatus.ACCEPTED),
        (QuoteStatus.DECLINED, EstimateStatus.REJECTED),
    ):
        answers |= Q(quote__status=ours) & ~Q(status__in=[theirs, EstimateStatus.CLOSED])
    rows = Estimate.objects.filter(Q(external_id="", request_id__isnull=False) | Q(lines_waiting=True) | answers)
    rows = rows.filter(~Exists(under_way), ~Exists(waits), removed_at=None)
    return in_turn("estimates", rows, limit=limit)


def _link(estimate: Estimate, **values: Any) -> None:
    Link.objects.update_or_create(
        connection_id=estimate.connection_id,
        entity="Estimate",
        object_type=KIND,
        object_id=estimate.pk,
        defaults={"qbo_id": estimate.external_id, **values, "changed_at": timezone.now()},
    )
