"""Plan the upload of invoices' files to QuickBooks, and note its outcome. A file has one link: to its Attachable."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Exists, IntegerField, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import emit
from core.models import Event, Origin, Sharing, StoredFile
from invoices.models import Invoice
from qbo_connector.enums import OperationState, Verb
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, cancel, plan
from sync.enums import Outcome, SyncObject
from sync.models import Link
from sync.policies import READ_ONLY, policy_of
from sync.publish.invoices import attempt_id
from sync.publish.subjects import subject_of
from sync.publish.turns import in_turn

ENTITY, KIND = "Attachable", "file"
TONES = {Outcome.IN_SYNC: "success", Outcome.FAILING: "danger", Outcome.BROKEN: "danger"}


@transaction.atomic
def publish(file_id: int, *, again: bool = False) -> Operation | None:
    """Plan the upload of a file once its invoice is in QuickBooks; ``again`` plans a new attempt after a refusal."""
    file = StoredFile.objects.select_for_update(of=("self",)).filter(pk=file_id, object_type="invoice").first()
    if file is None or file.sharing == Sharing.HERE:
        return None
    invoice = Invoice.objects.defer("search").select_related("connection").filter(pk=file.object_id).first()
    if invoice is None or not invoice.external_id or invoice.removed_at is not None:
        return None
    attempts = list(Operation.objects.filter(connection=invoice.connection, subject=subject_of(KIND, file.pk)))
    if any(attempt.state in (*OPEN, OperationState.DONE) for attempt in attempts) or (attempts and not again):
        return None
    read_only = policy_of(invoice.connection, SyncObject.INVOICE).read_only
    _link(invoice.connection_id, file.pk, outcome=Outcome.PENDING, reason=str(READ_ONLY) if read_only else "")
    if read_only:
        return None
    reference = {"EntityRef": {"type": "Invoice", "value": invoice.external_id}}
    metadata = {
        "AttachableRef": [{**reference, "IncludeOnSend": file.sharing == Sharing.EMAIL}],
        "FileName": file.name,
        "ContentType": file.content_type,
    }
    return plan(
        invoice.connection,
        entity=ENTITY,
        subject=subject_of(KIND, file.pk),
        verb=Verb.UPLOAD,
        intent={"file": str(file.key), "metadata": metadata},
        request_id=attempt_id(file.key, len(attempts)),
    )


def publish_of_invoice(invoice_id: int) -> None:
    """Plan the files of an invoice that QuickBooks has now."""
    for file_id in StoredFile.objects.filter(object_type="invoice", object_id=invoice_id).values_list("pk", flat=True):
        publish(file_id)


@transaction.atomic
def withdraw(event_ids: Sequence[int]) -> None:
    """Files were removed here: what was not sent is cancelled, what QuickBooks has is deleted there as well."""
    for file_id in Event.objects.filter(pk__in=event_ids, object_type=KIND).values_list("object_id", flat=True):
        for link in (
            Link.objects.select_for_update(of=("self",))
            .select_related("connection")
            .filter(entity=ENTITY, object_type=KIND, object_id=file_id)
        ):
            cancel(link.connection, [subject_of(KIND, file_id)])
            stored = MirrorObject.objects.filter(connection=link.connection, entity=ENTITY, qbo_id=link.qbo_id).first()
            if link.qbo_id and stored is not None:
                # In read-only mode too: the outbox holds it until something may be written.
                plan(
                    link.connection,
                    entity=ENTITY,
                    subject=subject_of(KIND, file_id),
                    verb=Verb.DELETE,
                    intent={"Id": link.qbo_id, "SyncToken": str(stored.sync_token)},
                    request_id=f"file-{file_id}-away",
                    urgent=False,
                )
            link.delete()


def settled(operation: Operation) -> None:
    """Note what became of an upload: its Attachable on the link, or the reason of the refusal."""
    pk = int(operation.subject.partition(":")[2])
    if operation.verb != Verb.UPLOAD:
        return
    file = StoredFile.objects.filter(pk=pk).first()
    now = timezone.now()
    if operation.state == OperationState.DONE:
        values = {"qbo_id": operation.qbo_id, "outcome": Outcome.IN_SYNC, "reason": "", "detail": "", "synced_at": now}
        _link(operation.connection_id, pk, **values)
        if file is None:
            # Removed here while it was being sent.
            removed = Event.objects.filter(name="file.removed", object_type=KIND, object_id=pk)
            transaction.on_commit(lambda: withdraw(list(removed.values_list("pk", flat=True))))
        return
    if file is None:
        Link.objects.filter(entity=ENTITY, object_type=KIND, object_id=pk).delete()
        return
    _link(
        operation.connection_id,
        pk,
        outcome=Outcome.FAILING,
        reason=operation.problem,
        detail=operation.problem_detail,
    )
    invoice = Invoice.objects.defer("search").select_related("deal").filter(pk=file.object_id).first()
    if invoice is not None:
        about = [invoice.deal] if invoice.deal else []
        said = {"file": file.name, "reason": operation.problem, "detail": operation.problem_detail}
        emit("invoice.file_refused", invoice, origin=Origin.SYNC, about=about, **said)


def unplanned(*, limit: int = 200) -> list[int]:
    """Files of invoices in QuickBooks that nobody has planned yet: what a crash or a lost message left."""
    there = Invoice.objects.filter(pk=OuterRef("object_id"), removed_at=None).exclude(external_id="")
    linked = Link.objects.filter(entity=ENTITY, object_type=KIND, object_id=Cast(OuterRef("pk"), IntegerField()))
    waiting = linked.exclude(outcome=Outcome.PENDING, reason=str(READ_ONLY))
    rows = StoredFile.objects.filter(Exists(there), ~Exists(waiting), object_type="invoice")
    return in_turn("files", rows.exclude(sharing=Sharing.HERE), limit=limit)


def marks_of(file_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
    """How files stand in QuickBooks, by id, as (tone of the pill, words)."""
    links = Link.objects.filter(entity=ENTITY, object_type=KIND, object_id__in=list(file_ids))
    return {link.object_id: (TONES.get(Outcome(link.outcome), "info"), _words(link)) for link in links}


def _words(link: Link) -> str:
    if link.outcome == Outcome.IN_SYNC:
        return _("In QuickBooks")
    if link.outcome == Outcome.FAILING:
        return _("Not in QuickBooks: %s") % link.reason
    return link.reason or _("On its way to QuickBooks")


def _link(connection_id: int, file_id: int, **values: Any) -> None:
    Link.objects.update_or_create(
        connection_id=connection_id,
        entity=ENTITY,
        object_type=KIND,
        object_id=file_id,
        defaults={**values, "changed_at": timezone.now()},
    )
