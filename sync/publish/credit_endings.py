"""Plan that a credit memo or sales receipt is voided or deleted in QuickBooks, and take note of the outcome.

The operation carries the SyncToken of the mirror: if QuickBooks has moved on meanwhile it refuses (5010), and it is
planned anew on what is there by then.
"""

import uuid

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone
from django.utils.translation import gettext as _

from core.plain import plain
from invoices.enums import Ending
from invoices.models import CreditDocument
from invoices.services.credit_memos import tell
from qbo_connector import errors
from qbo_connector.enums import Cause, OperationState
from qbo_connector.mirror import schedule
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, cancel, plan
from sync.enums import Outcome, SyncObject
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish import refusals
from sync.publish.credit_links import entity_of, link
from sync.publish.subjects import subject_of

MOST_TRIES = 3


def plan_ending(document: CreditDocument, *, tries: int = 1, again: bool = False) -> Operation | None:
    """Plan what is wished of a locked document that QuickBooks has. None: nothing to plan (now).

    Repeating is free. After a refusal nothing is planned until somebody asks ``again``.
    """
    rows = MirrorObject.objects.filter(connection=document.connection_id, entity=entity_of(document), deleted=False)
    token = rows.filter(qbo_id=document.external_id).values_list("sync_token", flat=True).first()
    if not document.ending or token is None:
        return None
    operations = _operations(document)
    if operations.filter(Q(state__in=OPEN) | Q(settled_at=None, finished_at__isnull=False)).exists():
        return None
    if policy_of(document.connection, SyncObject.INVOICE).read_only:
        link(document, outcome=Outcome.PENDING, reason=str(READ_ONLY), detail="")
        return None
    if not again and tries == 1 and _refused(document):
        return None
    link(document, outcome=Outcome.PENDING, reason="", detail="", remedy={})
    return plan(
        document.connection,
        entity=entity_of(document),
        verb=str(document.ending),
        subject=subject_of(document.kind, document.pk),
        intent={"Id": document.external_id, "SyncToken": str(token)},
        request_id=uuid.uuid4().hex,
        context={"tries": tries},
    )


def settled(operation: Operation, document: CreditDocument) -> None:
    """Take note of the outcome for the locked ``document``."""
    # From here on it counts as noted: what is planned below builds on it.
    operation.settled_at = timezone.now()
    operation.save(update_fields=["settled_at"])
    if operation.state == OperationState.DONE:
        CreditDocument.objects.filter(pk=document.pk, ending=operation.verb).update(ending=Ending.NONE, ending_by=None)
        # What it was used for changed with it; QuickBooks' answer does not hold that.
        schedule.request_pull([operation.connection_id], cause=Cause.VERIFY, reference=False)
        link(document, outcome=Outcome.IN_SYNC, reason="", detail="", remedy={}, synced_at=timezone.now())
        return
    if operation.state == OperationState.CANCELLED:
        plan_ending(document)
        return
    tries = int(operation.context.get("tries", 1))
    stale = errors.kind_of(operation.fault_code) is errors.Stale
    if stale and tries < MOST_TRIES and plan_ending(document, tries=tries + 1) is not None:
        return
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    reason = operation.problem if told.again else told.reason
    link(document, outcome=Outcome.FAILING, reason=reason, detail=operation.problem_detail, remedy=told.remedy)
    said = {"reason": reason, "detail": operation.problem_detail, "asked": operation.verb}
    tell(f"{document.kind}.change_refused", document, by=None, total=plain(document.total), **said)


def give_up(document: CreditDocument) -> str:
    """Cancel what was planned; why that is too late, in words, or empty."""
    cancel(document.connection, [subject_of(document.kind, document.pk)])
    if _operations(document).filter(state__in=OPEN).exists():
        return _("It is just being sent to QuickBooks. Wait for the answer.")
    link(document, outcome=Outcome.IN_SYNC, reason="", detail="", remedy={})
    return ""


def unplanned(*, limit: int = 200) -> list[int]:
    """Documents with a wish that no operation carries yet: what a crash or a lost message left."""
    subject = Concat(OuterRef("kind"), Value(":"), Cast(OuterRef("pk"), CharField()))
    under_way = Operation.objects.filter(connection=OuterRef("connection"), subject=subject, state__in=OPEN)
    waits = Link.objects.filter(object_type=OuterRef("kind"), object_id=OuterRef("pk"))
    waits = waits.filter(Q(outcome=Outcome.FAILING) | Q(outcome=Outcome.PENDING, reason=str(READ_ONLY)))
    rows = CreditDocument.objects.exclude(ending=Ending.NONE).filter(removed_at=None).exclude(external_id="")
    rows = rows.filter(~Exists(under_way), ~Exists(waits))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _operations(document: CreditDocument) -> QuerySet[Operation]:
    subject = subject_of(document.kind, document.pk)
    return Operation.objects.filter(connection=document.connection_id, subject=subject)


def _refused(document: CreditDocument) -> bool:
    rows = Link.objects.filter(entity=entity_of(document), object_type=document.kind, object_id=document.pk)
    return rows.filter(outcome=Outcome.FAILING).exists()
