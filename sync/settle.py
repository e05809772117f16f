"""Take note of what became of a planned write: link the record, or say on it why QuickBooks refused."""

from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from core.events import emit
from core.models import Origin
from invoices.models import Invoice
from qbo_connector.enums import OperationState
from qbo_connector.models import Operation
from sync.enums import Outcome
from sync.models import Link
from sync.publish import invoice_changes

log = structlog.get_logger(__name__)
_LINKED = {"invoice": "Invoice", "company": "Customer", "contact": "Customer", "product": "Item"}


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
    elif object_type in _LINKED and pk.isdigit():
        if operation.state == OperationState.DONE:
            _link(operation, object_type, int(pk))
        else:
            _tell_refusal(operation, object_type, int(pk))
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    return operation


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
        defaults={**values, "changed_at": now, "synced_at": now, "matched_by": "created here"},
    )


def _tell_refusal(operation: Operation, object_type: str, pk: int) -> None:
    creates = operation.verb == "create"
    if object_type != "invoice" or (creates and Invoice.objects.filter(pk=pk).exclude(external_id="").exists()):
        return  # the invoice that needed it is held, and tells; or QuickBooks has it after all
    Link.objects.update_or_create(
        connection=operation.connection,
        entity=operation.entity,
        object_type=object_type,
        object_id=pk,
        defaults={
            "outcome": Outcome.FAILING,
            "reason": operation.problem,
            "detail": operation.problem_detail,
            "changed_at": timezone.now(),
        },
    )
    invoice = Invoice.objects.defer("search").select_related("deal").filter(pk=pk).first()
    if invoice is not None:
        about = [invoice.deal] if invoice.deal else []
        emit(
            "invoice.refused",
            invoice,
            origin=Origin.SYNC,
            about=about,
            reason=operation.problem,
            detail=operation.problem_detail,
        )


def unsettled(*, limit: int = 200) -> list[int]:
    """Finished operations that nobody took note of yet."""
    rows = Operation.objects.filter(settled_at=None, finished_at__isnull=False).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])
