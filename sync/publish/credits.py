"""Plan the creation in QuickBooks of credit memos and sales receipts made in the CRM, and take note of its outcome."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import Draft, emit_many
from core.models import Origin
from invoices.enums import CreditKind
from invoices.models import CreditDocument
from invoices.services.credits_from_sync import event_data, places_of
from qbo_connector.enums import OperationState, Verb
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN, cancel, plan
from sync import tax_rates
from sync.enums import Outcome, SyncObject
from sync.mapping.credit import marker, to_credit_memo
from sync.models import Link
from sync.numbers import next_number
from sync.policies import READ_ONLY, policy_of
from sync.publish import credit_endings, refusals, sales_receipts
from sync.publish.credit_links import entity_of, link
from sync.publish.invoices import attempt_id
from sync.publish.subjects import subject_of
from sync.publish.texts import storable
from sync.publish.turns import in_turn

KIND = str(CreditKind.CREDIT_MEMO)
# The kinds that are made here.
KINDS = (KIND, str(CreditKind.SALES_RECEIPT))
# What the invoice says about its tax and dimensions; the credit memo says the same.
_AS_ON_THE_INVOICE = ("GlobalTaxCalculation", "ApplyTaxAfterDiscount", "ClassRef", "DepartmentRef", "ShipAddr")


@transaction.atomic
def publish(document_id: int, *, again: bool = False) -> Operation | None:
    """Plan the document's creation once; ``again`` plans a new attempt after a refusal. None: nothing to plan.

    Of one that QuickBooks has, its end is planned where that is wished (``credit_endings``).
    """
    rows = CreditDocument.objects.select_for_update(of=("self",)).select_related("connection", "invoice", "deal")
    rows = rows.defer("search", "invoice__search", "deal__search")
    document = rows.filter(pk=document_id, kind__in=KINDS, removed_at=None).first()
    if document is not None and document.external_id:
        return credit_endings.plan_ending(document, again=again)
    if document is None or document.request_id is None:
        return None
    connection = document.connection
    attempts = list(Operation.objects.filter(connection=connection, subject=subject_of(document.kind, document.pk)))
    if any(attempt.state in (*OPEN, OperationState.DONE) for attempt in attempts) or (attempts and not again):
        return None
    read_only = policy_of(connection, SyncObject.INVOICE).read_only
    link(document, outcome=Outcome.PENDING, reason=str(READ_ONLY) if read_only else "", detail="", remedy={})
    if read_only:
        return None
    # One plan of a company at a time: two would find the same next number, or create the same customer.
    Connection.objects.select_for_update(no_key=True).get(pk=connection.pk)
    number = next_number(connection) if connection.custom_numbers else ""
    if document.kind == CreditKind.SALES_RECEIPT:
        payload, depends_on = sales_receipts.payload_of(document, number=number, attempt=len(attempts))
    else:
        payload, depends_on = _memo(document, number=number), None
    return plan(
        connection,
        entity=entity_of(document),
        subject=subject_of(document.kind, document.pk),
        intent=storable(payload, in_us=connection.in_us)[0],
        request_id=attempt_id(document.request_id, len(attempts)),
        marker=marker(document),
        depends_on=depends_on,
    )


def _memo(document: CreditDocument, *, number: str) -> dict[str, Any]:
    tax, connection = _as_on_the_invoice(document), document.connection
    return to_credit_memo(
        document,
        multicurrency=connection.multicurrency,
        tax=tax,
        codes=tax_rates.codes(connection) if tax.get("GlobalTaxCalculation") == "TaxInclusive" else None,
        number=number,
    )


def _as_on_the_invoice(document: CreditDocument) -> Mapping[str, Any]:
    """Members of the mirrored invoice that the credit memo shares, so that the same tax is given back."""
    if document.invoice is None:
        return {}
    rows = MirrorObject.objects.filter(
        connection=document.connection_id, entity="Invoice", qbo_id=document.invoice.external_id
    )
    payload = next((found.payload for found in read.with_payloads(rows)), {})
    shared = {name: payload[name] for name in _AS_ON_THE_INVOICE if payload.get(name) is not None}
    if "ShipAddr" in shared:
        shared["ShipAddr"] = {k: v for k, v in shared["ShipAddr"].items() if k not in ("Id", "Lat", "Long")}
    code = (payload.get("TxnTaxDetail") or {}).get("TxnTaxCodeRef")
    if code:
        shared["TxnTaxDetail"] = {"TxnTaxCodeRef": {"value": code["value"]}}
    return shared


def settled(operation: Operation) -> None:
    """Note what became of a document's creation, or of its end."""
    pk = int(operation.subject.partition(":")[2])
    document = CreditDocument.objects.select_for_update(of=("self",)).filter(pk=pk).defer("search").first()
    if document is None:
        return
    if operation.verb != Verb.CREATE:
        credit_endings.settled(operation, document)
        return
    if operation.state == OperationState.DONE:
        CreditDocument.objects.filter(pk=pk, external_id="").update(external_id=operation.qbo_id)
        document.external_id = operation.qbo_id
        link(document, outcome=Outcome.IN_SYNC, reason="", detail="", remedy={}, synced_at=timezone.now())
        return
    if document.external_id:
        return
    told = refusals.explain(operation, refusals.facts_of(operation.connection, [operation]))
    reason = operation.problem if told.again else told.reason
    link(document, outcome=Outcome.FAILING, reason=reason, detail=operation.problem_detail, remedy=told.remedy)
    data = {**event_data(document), "reason": reason, "detail": operation.problem_detail}
    about = places_of([document])[document.pk]
    emit_many([Draft(f"{document.kind}.refused", str(document.kind), document.pk, about, data)], origin=Origin.SYNC)


def give_up(document: CreditDocument) -> str:
    """Cancel what was planned for a document; why that is too late, in words, or empty."""
    if document.external_id:
        return credit_endings.give_up(document)
    subject = subject_of(document.kind, document.pk)
    cancel(document.connection, [subject])
    attempts = Operation.objects.filter(connection=document.connection, subject=subject)
    if attempts.filter(state__in=OPEN).exists():
        return _("It is just being sent to QuickBooks. Wait for the answer.")
    if attempts.filter(state=OperationState.DONE).exists():
        return _("QuickBooks has this document already.")
    Link.objects.filter(connection=document.connection, object_type=document.kind, object_id=document.pk).delete()
    return ""


def adopt(connection: Connection, kind: CreditKind, marked: Mapping[Any, str]) -> None:
    """Give documents that we made their QuickBooks id, where a pull saw them before the answer came."""
    rows = CreditDocument.objects.filter(connection=connection, kind=kind)
    taken = set(rows.filter(external_id__in=list(marked.values())).values_list("external_id", flat=True))
    ours = rows.filter(request_id__in=list(marked), external_id="").defer("search")
    for document in ours.select_for_update(of=("self",)).order_by("pk"):
        qbo_id = marked[document.request_id]
        if qbo_id not in taken:
            CreditDocument.objects.filter(pk=document.pk).update(external_id=qbo_id)


def unplanned(*, limit: int = 200) -> list[int]:
    """Credit memos and sales receipts nobody has planned, new or to be ended: what a crash or a lost message left."""
    linked = Link.objects.filter(object_type=OuterRef("kind"), object_id=OuterRef("pk")).exclude(
        outcome=Outcome.PENDING, reason=str(READ_ONLY)
    )
    rows = CreditDocument.objects.filter(
        ~Exists(linked), kind__in=KINDS, external_id="", request_id__isnull=False, removed_at=None
    )
    return [*in_turn("credit-memos", rows, limit=limit), *credit_endings.unplanned(limit=limit)]
