"""Which customers of QuickBooks a person may know of: those of nobody here, and those of records that they see."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Q, QuerySet

from accounts.visibility import sees_all, sight
from crm.queries import companies, contacts
from invoices import queries
from invoices.models import Invoice
from qbo_connector.models import MirrorObject
from sync.models import Link

PARTIES: Mapping[str, Callable[[Any], QuerySet[Any]]] = {
    "company": companies.visible_to,
    "contact": contacts.visible_to,
}


def hidden(connection_id: int, external_ids: Iterable[str], user: Any) -> frozenset[str]:
    """Those of some customers that are linked to companies or contacts, none of which ``user`` may see."""
    if sees_all(user):
        return frozenset()
    links = _links(connection_id).filter(qbo_id__in=list(external_ids))
    linked = set(links.values_list("qbo_id", flat=True))
    return frozenset(linked - set(links.filter(_of_seen(user)).values_list("qbo_id", flat=True)))


def invoices(rows: QuerySet[MirrorObject], connection_id: int, user: Any) -> QuerySet[MirrorObject]:
    """Mirrored invoices that ``user`` may know of.

    Those that they see here; and of those that are not here yet the ones of customers whose records they see, or (who
    sees records of nobody) of customers that are nobody's.
    """
    held = sight(user)
    if held is None:
        return rows
    here = Invoice.objects.filter(connection_id=connection_id).exclude(external_id="")
    seen = queries.visible_to(user).filter(connection_id=connection_id).exclude(external_id="")
    links = _links(connection_id)
    known = Q(party_id__in=links.filter(_of_seen(user)).values("qbo_id"))
    if held.unassigned:
        known |= ~Q(party_id__in=links.values("qbo_id"))
    new = known & ~Q(qbo_id__in=here.order_by().values("external_id"))
    return rows.filter(Q(qbo_id__in=seen.order_by().values("external_id")) | new)


def _links(connection_id: int) -> QuerySet[Link]:
    found = Link.objects.filter(connection_id=connection_id, entity="Customer", object_type__in=PARTIES)
    return found.exclude(qbo_id="").order_by()


def _of_seen(user: Any) -> Q:
    seen = Q()
    for name, visible_to in PARTIES.items():
        seen |= Q(object_type=name, object_id__in=visible_to(user).order_by().values("pk"))
    return seen
