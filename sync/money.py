"""What payments and credit documents ask of QuickBooks: accounts, customers, marks, another try."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.utils.translation import gettext as _

from invoices.enums import SyncState
from invoices.models import CreditDocument, Estimate, Payment
from invoices.ports import DepositAccount, SyncMark
from qbo_connector.enums import ConnectionStatus
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome, SyncObject
from sync.mapping.credit import ENTITY_OF
from sync.mapping.reading import text
from sync.models import Link
from sync.policies import policy_of
from sync.publish import credits, estimates, payments
from sync.publish.invoice_changes import one_way

# Into these payments may be deposited; others are refused (Intuit, "Payment": DepositToAccountRef).
_DEPOSITABLE = ("Bank", "Other Current Asset")
_STATES = {
    Outcome.IN_SYNC: SyncState.IN_SYNC,
    Outcome.EXCLUDED: SyncState.EXCLUDED,
    Outcome.CONFLICT: SyncState.CONFLICT,
    Outcome.FAILING: SyncState.FAILED,
    Outcome.BROKEN: SyncState.FAILED,
}


def deposit_accounts(connection_id: int) -> list[DepositAccount]:
    """Bank accounts and the one for undeposited funds, which is first: QuickBooks' default."""
    rows = read.objects(connection_id, "Account").filter(active=True, kind__in=_DEPOSITABLE).order_by("name", "id")
    found = []
    for each in read.with_payloads(rows):
        undeposited = text(each.payload, "AccountSubType") == "UndepositedFunds"
        if each.row.kind == "Bank" or undeposited:
            name = text(each.payload, "FullyQualifiedName") or each.row.name
            found.append(DepositAccount(each.row.qbo_id, name, each.row.currency, default=undeposited))
    return sorted(found, key=lambda account: not account.default)


def customers_of(object_type: str, pk: int) -> list[tuple[int, str]]:
    """The customers that a contact or company is linked to; a company's sub-customers too. At most two statements."""
    links = Link.objects.filter(entity="Customer", object_type=object_type, object_id=pk).exclude(qbo_id="")
    found = list(links.order_by("pk").values_list("connection_id", "qbo_id"))
    if not found or object_type != "company":
        return found
    children = MirrorObject.objects.filter(
        connection__in={connection_id for connection_id, _id in found},
        entity="Customer",
        parent_id__in=[qbo_id for _connection, qbo_id in found],
    )
    rows = children.values_list("connection_id", "qbo_id", "parent_id")
    return found + [(connection, qbo_id) for connection, qbo_id, parent in rows if (connection, parent) in found]


def writing_refusal(connection_id: int) -> str:
    """Why nothing that is done here could reach the company, in words; empty when it can."""
    connection = Connection.objects.get(pk=connection_id)
    if connection.status == ConnectionStatus.DISCONNECTED:
        return _("“%s” is disconnected.") % connection
    if one_way(policy_of(connection, SyncObject.INVOICE)):
        return _("Invoices and payments flow from QuickBooks to the CRM only (sync settings). Do this in QuickBooks.")
    return ""


def marks(object_type: str, ids: Sequence[int]) -> Mapping[int, SyncMark]:
    """Sync state of payments, or of credit documents of one kind, in two queries."""
    if not ids:
        return {}
    entity = {"payment": "Payment", "estimate": "Estimate"}.get(object_type) or ENTITY_OF[_kind(object_type)]
    model: Any = {"payment": Payment, "estimate": Estimate}.get(object_type, CreditDocument)
    under_way = Operation.objects.filter(
        connection=OuterRef("connection"),
        subject=Concat(Value(f"{object_type}:"), Cast(OuterRef("pk"), CharField())),
        state__in=OPEN,
    )
    told = under_way.values(told=JSONObject(problem="problem", detail="problem_detail"))
    records = model.objects.filter(pk__in=ids).select_related("connection").annotate(under_way=Subquery(told[:1]))
    records = records if model is Estimate else records.defer("search")
    links = {
        link.object_id: link for link in Link.objects.filter(entity=entity, object_type=object_type, object_id__in=ids)
    }
    return {record.pk: _mark(record, entity, links.get(record.pk)) for record in records}


def _kind(object_type: str) -> Any:
    return next(kind for kind in ENTITY_OF if str(kind) == object_type)


def _mark(record: Any, entity: str, link: Link | None) -> SyncMark:
    """``record.under_way`` is what the outbox is doing for it, or None."""
    url, since = web_url(record, entity), record.remote_updated_at or record.created_at
    connection = record.connection
    if record.under_way is not None or (not record.external_id and (link is None or link.outcome == Outcome.PENDING)):
        if not connection.active:
            reason = _("“%(name)s” is not connected: %(status)s. It is sent as soon as it is.") % {
                "name": connection, "status": connection.get_status_display().lower(),
            }  # fmt: skip
            return SyncMark(SyncState.WAITING, reason=reason, since=since, web_url=url)
        if record.under_way is not None and record.under_way["problem"]:
            problem, detail = record.under_way["problem"], record.under_way["detail"]
            return SyncMark(SyncState.WAITING, reason=problem, detail=detail, since=since, web_url=url)
        if link is not None and link.reason:
            return SyncMark(SyncState.WAITING, reason=link.reason, since=since, web_url=url)
        on_its_way = _("It is on its way to QuickBooks.")
        return SyncMark(SyncState.CREATING if not record.external_id else SyncState.WAITING, reason=on_its_way)
    if link is None:
        return SyncMark(SyncState.IN_SYNC if record.external_id else SyncState.NONE, since=since, web_url=url)
    state = _STATES.get(Outcome(link.outcome), SyncState.WAITING)
    return SyncMark(state, reason=link.reason, detail=link.detail, since=link.changed_at, web_url=url)


def web_url(record: Any, entity: str) -> str:
    """The document's page in QuickBooks, beside that of invoices; empty where it has none."""
    page: str = settings.QBO_INVOICE_PAGE
    if not record.external_id or record.removed_at is not None:
        return ""
    kind = _PAGES.get(entity, "")
    if "/app/invoice" in page:
        page = page.replace("/app/invoice", f"/app/{kind}")
    elif "/invoices/" in page and entity == "Payment":
        page = page.replace("/invoices/", "/payments/")
    else:
        return ""
    return page.format(id=record.external_id, realm=record.connection.realm_id)


# The last part of the addresses of QuickBooks' own pages.
_PAGES = {
    "Payment": "recvpayment",
    "CreditMemo": "creditmemo",
    "Estimate": "estimate",
    "RefundReceipt": "refundreceipt",
    "SalesReceipt": "salesreceipt",
}


def retry(object_type: str, pk: int) -> bool:
    """A new attempt after a refusal; planned in the caller's transaction."""
    if object_type == "payment":
        return payments.publish(pk, again=True) is not None
    if object_type == estimates.KIND:
        return estimates.publish(pk, again=True) is not None
    return object_type in credits.KINDS and credits.publish(pk, again=True) is not None
