"""Take note of what became of a planned write: link the record, or say on it why QuickBooks refused."""

from collections.abc import Sequence
from typing import Any

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from invoices.models import Invoice, PaymentApplication
from qbo_connector.enums import OperationState, Verb
from qbo_connector.models import Operation
from sync.enums import Outcome
from sync.models import Link
from sync.models.links import CREATED_HERE
from sync.publish import attachments, credits, estimates, invoice_changes, payments, refusals, sends, settled
from sync.reconcile import run

log = structlog.get_logger(__name__)


def settle_all(operation_ids: Sequence[int]) -> list[Operation]:
    """Settle operations: companies, contacts and products in bulk, others one by one. Those that there were.

    One that fails is logged and stops no other.
    """
    found = Operation.objects.filter(pk__in=operation_ids, settled_at=None, finished_at__isnull=False)
    of_company: dict[int, list[int]] = {}
    for operation in found.defer("body", "intent"):
        if settled.record_of(operation) is not None:
            of_company.setdefault(operation.connection_id, []).append(operation.pk)
    done: list[Operation] = []
    singly = [pk for pk in operation_ids if not any(pk in pks for pks in of_company.values())]
    for pks in of_company.values():
        try:
            done += _settle_records(pks)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("settle.failed", operations=pks)
            singly += pks
    for pk in singly:
        try:
            operation_settled = settle(pk)
        except SoftTimeLimitExceeded:
            raise
        except Exception:
            log.exception("settle.failed", operations=[pk])
        else:
            done += [operation_settled] if operation_settled is not None else []
    return done


@transaction.atomic
def _settle_records(operation_ids: Sequence[int]) -> list[Operation]:
    operations = list(
        Operation.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(pk__in=operation_ids, settled_at=None, finished_at__isnull=False)
        .order_by("pk")
    )
    if operations:
        settled.take_note(operations[0].connection, operations)
        Operation.objects.filter(pk__in=[operation.pk for operation in operations]).update(settled_at=timezone.now())
    return operations


@transaction.atomic
def settle(operation_id: int) -> Operation | None:
    """Bring the outcome of an operation to its record, once. Returns the operation when there was something to do."""
    operation = (
        Operation.objects.select_for_update(of=("self",))
        .select_related("connection")
        .filter(pk=operation_id, settled_at=None, finished_at__isnull=False)
        .first()
    )
    if operation is None:
        return None
    object_type, _colon, pk = operation.subject.partition(":")
    if object_type == "invoice" and operation.verb != "create" and invoice_changes.settled(operation):
        pass  # planned anew, on top of what QuickBooks has now
    elif object_type == "file":
        attachments.settled(operation)
    elif object_type == "payment":
        _settle_payment(operation)
    elif object_type == estimates.KIND:
        estimates.settled(operation)
    elif object_type in credits.KINDS:
        credits.settled(operation)
    elif sends.is_send(operation):
        sends.settled(operation)
    elif settled.record_of(operation) is not None:
        settled.take_note(operation.connection, [operation])
    elif object_type == "invoice" and operation.verb == Verb.DELETE and operation.state == OperationState.DONE:
        pass  # reconcile tells what became of it, and may have done so already
    elif object_type == "invoice" and pk.isdigit():
        if operation.state == OperationState.DONE:
            _link(operation, object_type, int(pk))
            attachments.publish_of_invoice(int(pk))
        else:
            _tell_refusal(operation, object_type, int(pk))
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    return operation


def _settle_payment(operation: Operation) -> None:
    """Note a payment's outcome; what it pays counts at once, before QuickBooks' own balances are read."""
    run.lock(operation.connection)  # first, as reconcile does: it holds payments and invoices only after that
    payments.settled(operation)
    if operation.state == OperationState.DONE:
        if operation.context.get("uses"):
            # What it pays now is in QuickBooks' answer.
            run.look_again(operation.connection, "Payment", [operation.qbo_id])
        paid = PaymentApplication.objects.filter(payment=int(operation.subject.partition(":")[2]))
        run.look_again(operation.connection, "Invoice", paid.values_list("invoice_external_id", flat=True))


def _link(operation: Operation, object_type: str, pk: int) -> None:
    now = timezone.now()
    twin = Link.objects.filter(
        connection=operation.connection, entity=operation.entity, object_type=object_type, qbo_id=operation.qbo_id
    )
    if twin.exclude(object_id=pk).exists():
        # The object was linked to another record meanwhile; that stays, nothing is linked twice.
        log.warning("settle.linked_elsewhere", operation=operation.pk)
        return
    values: dict[str, Any] = {"outcome": Outcome.IN_SYNC, "reason": "", "detail": "", "qbo_id": operation.qbo_id}
    Link.objects.update_or_create(
        connection=operation.connection,
        entity=operation.entity,
        object_type=object_type,
        object_id=pk,
        defaults={**values, "changed_at": now, "synced_at": now, "matched_by": CREATED_HERE},
    )


def _tell_refusal(operation: Operation, object_type: str, pk: int) -> None:
    if operation.verb == "create" and Invoice.objects.filter(pk=pk).exclude(external_id="").exists():
        return  # QuickBooks has it after all
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    Link.objects.update_or_create(
        connection=operation.connection,
        entity=operation.entity,
        object_type=object_type,
        object_id=pk,
        defaults={
            "outcome": Outcome.FAILING if told.again else told.outcome,
            "reason": operation.problem if told.again else told.reason,
            "detail": operation.problem_detail,
            "remedy": told.remedy,
            "changed_at": timezone.now(),
        },
    )
    invoice = Invoice.objects.defer("search").select_related("deal").filter(pk=pk).first()
    if invoice is not None:
        about = [*([invoice.deal] if invoice.deal else []), *invoice.contacts.all(), *invoice.companies.all()]
        emit(
            "invoice.refused",
            invoice,
            origin=Origin.SYNC,
            about=about,
            reason=operation.problem if told.again else told.reason,
            detail=operation.problem_detail,
        )


def unsettled(*, limit: int = 200) -> list[int]:
    """Finished operations that nobody took note of yet."""
    rows = Operation.objects.filter(settled_at=None, finished_at__isnull=False).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])
