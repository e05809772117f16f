"""The sync state of records, from their links and what the outbox is doing for them."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import CharField, OuterRef, Subquery, Value
from django.db.models.functions import Cast, Concat, JSONObject
from django.urls import reverse
from django.utils.translation import gettext as _

from invoices.enums import SyncState
from invoices.models import Invoice
from invoices.ports import SyncMark
from qbo_connector.models import Operation
from qbo_connector.outbox.plan import OPEN
from sync.enums import Outcome
from sync.models import Link

_STATES = {
    Outcome.IN_SYNC: SyncState.IN_SYNC,
    Outcome.EXCLUDED: SyncState.EXCLUDED,
    Outcome.CONFLICT: SyncState.CONFLICT,
    Outcome.FAILING: SyncState.FAILED,
    Outcome.BROKEN: SyncState.FAILED,
}


@dataclass(frozen=True)
class UnderWay:
    """A change that is on its way to QuickBooks: since when, and what stood in its way so far."""

    since: datetime.datetime
    problem: str
    detail: str


def invoice_marks(invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
    """The marks of many invoices in two queries."""
    operations = Operation.objects.filter(
        connection=OuterRef("connection"),
        subject=Concat(Value("invoice:"), Cast(OuterRef("pk"), CharField())),
        state__in=OPEN,
    )
    told = JSONObject(since="created_at", problem="problem", detail="problem_detail")
    invoices = Invoice.objects.filter(pk__in=invoice_ids).select_related("connection").defer("search")
    links = {
        link.object_id: link
        for link in Link.objects.filter(entity="Invoice", object_type="invoice", object_id__in=invoice_ids)
    }
    return {
        invoice.pk: _mark(invoice, links.get(invoice.pk), _under_way(invoice.under_way))
        for invoice in invoices.annotate(under_way=Subquery(operations.values(told=told)[:1]))
    }


def _under_way(found: Mapping[str, str] | None) -> UnderWay | None:
    if found is None:
        return None
    return UnderWay(datetime.datetime.fromisoformat(found["since"]), found["problem"], found["detail"])


def _mark(invoice: Invoice, link: Link | None, operation: UnderWay | None) -> SyncMark:
    url = web_url(invoice)
    if operation is not None or (not invoice.external_id and (link is None or link.outcome == Outcome.PENDING)):
        return _on_its_way(invoice, operation)
    if invoice.external_id and not invoice.connection.active and (link is None or link.outcome == Outcome.IN_SYNC):
        return _not_followed(invoice)
    if link is None:
        return SyncMark(
            SyncState.IN_SYNC if invoice.external_id else SyncState.NONE, since=invoice.synced_at, web_url=url
        )
    state = _STATES.get(Outcome(link.outcome), SyncState.WAITING)
    failed = state == SyncState.FAILED
    if state == SyncState.CONFLICT:
        return _in_conflict(invoice, link)
    return SyncMark(
        state,
        reason=link.reason,
        detail=link.detail,
        fix=_("Change it and send it again.") if failed and not invoice.external_id else "",
        since=invoice.synced_at or link.changed_at,
        web_url=url,
    )


def _in_conflict(invoice: Invoice, link: Link) -> SyncMark:
    return SyncMark(
        SyncState.CONFLICT,
        reason=link.reason,
        detail=link.detail,
        fix=_("Neither side is overwritten until somebody decides which value counts."),
        fix_url=f"{reverse('sync:conflicts')}?record=invoice:{invoice.pk}",
        since=link.changed_at,
        web_url=web_url(invoice),
    )


def _not_followed(invoice: Invoice) -> SyncMark:
    """Nothing is read of the company just now, so nobody can say whether this is still how QuickBooks has it."""
    return SyncMark(
        SyncState.WAITING,
        reason=_("“%(name)s” is not connected: %(status)s. These are the last figures that it gave.")
        % {"name": invoice.connection, "status": invoice.connection.get_status_display().lower()},
        fix_url=reverse("qbo_connector:connection-list"),
        since=invoice.synced_at,
        web_url=web_url(invoice),
    )


def _on_its_way(invoice: Invoice, operation: UnderWay | None) -> SyncMark:
    since = operation.since if operation else invoice.created_at
    if not invoice.connection.active:
        return SyncMark(
            SyncState.WAITING,
            reason=_("“%(name)s” is not connected: %(status)s. It is sent as soon as it is.")
            % {"name": invoice.connection, "status": invoice.connection.get_status_display().lower()},
            fix_url=reverse("qbo_connector:connection-list"),
            since=since,
        )
    if operation is not None and operation.problem:
        return SyncMark(SyncState.WAITING, reason=operation.problem, detail=operation.detail, since=since)
    if invoice.external_id:
        on_its_way = _("A change made here is on its way to QuickBooks.")
        return SyncMark(SyncState.WAITING, reason=on_its_way, since=since, web_url=web_url(invoice))
    return SyncMark(SyncState.CREATING, since=since)


def web_url(invoice: Invoice) -> str:
    """The invoice's page in QuickBooks."""
    if not invoice.external_id:
        return ""
    page: str = settings.QBO_INVOICE_PAGE
    return page.format(id=invoice.external_id, realm=invoice.connection.realm_id)


def promise(interval: datetime.timedelta) -> datetime.timedelta:
    """How old the data of a company may get before a pull is asked for: one interval, and some time to work."""
    return interval + datetime.timedelta(minutes=2)
