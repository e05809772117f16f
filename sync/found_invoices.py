"""Invoices of QuickBooks to add to a record: searched in the mirror, and brought into the CRM when they are chosen."""

from collections.abc import Mapping, Sequence

from django.db.models import Q, QuerySet

from core.money import NotAnAmount
from core.search import matching
from crm.models import Deal
from invoices.models import Invoice
from invoices.ports import FoundInvoice, FoundInvoices, InvoiceSearch
from invoices.reading import number
from invoices.services import from_sync
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject
from sync import seen_customers
from sync.clock import today
from sync.mapping.invoice import from_invoice
from sync.mapping.reading import BadPayload
from sync.models import Link
from sync.reconcile.batch import new_link, save_links
from sync.reconcile.names import names_for

MOST_CUSTOMERS = 200
LARGEST = 10**14


def find(connection_id: int, wanted: InvoiceSearch, *, limit: int) -> FoundInvoices:
    """A page of a company's living invoices, the newest arrivals first, in a constant number of statements."""
    rows = seen_customers.invoices(read.objects(connection_id, "Invoice"), connection_id, wanted.seen_by)
    rows = _by_words(rows, connection_id, wanted.words)
    if wanted.record is not None:
        rows = rows.filter(party_id__in=_customers_of(connection_id, *wanted.record))
    if wanted.issued_from is not None:
        rows = rows.filter(txn_on__gte=wanted.issued_from)
    if wanted.issued_to is not None:
        rows = rows.filter(txn_on__lte=wanted.issued_to)
    if wanted.external_ids:
        rows = rows.filter(qbo_id__in=wanted.external_ids)
    if wanted.after:
        rows = rows.filter(pk__lt=wanted.after)
    found = list(rows.order_by("-pk")[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    return FoundInvoices(_choices(connection_id, found), found[-1].pk if more else 0)


def _by_words(rows: QuerySet[MirrorObject], connection_id: int, words: str) -> QuerySet[MirrorObject]:
    """By number, customer, or an amount: ``362.07`` finds a total or a balance of just that."""
    query = matching(words)
    if query is None:
        return rows
    customers = read.objects(connection_id, "Customer").filter(search=query)
    named = list(customers.order_by("pk").values_list("qbo_id", flat=True)[:MOST_CUSTOMERS])
    meant = Q(search=query) | Q(party_id__in=named)
    try:
        amount = number(words)
    except (NotAnAmount, ValueError):
        return rows.filter(meant)
    return rows.filter(meant | Q(total=amount) | Q(balance=amount)) if abs(amount) < LARGEST else rows.filter(meant)


def _customers_of(connection_id: int, object_type: str, pk: int) -> list[str]:
    """The customers linked to a record; to a deal's company and contacts."""
    meant = {(object_type, pk)}
    if object_type == "deal":
        deal = Deal.objects.filter(pk=pk).only("company_id").first()
        meant = {("company", deal.company_id)} if deal is not None and deal.company_id else set()
        meant |= {("contact", contact) for contact in deal.contacts.values_list("pk", flat=True)} if deal else set()
    wanted = Q(pk__in=[])
    for kind, record in meant:
        wanted |= Q(object_type=kind, object_id=record)
    links = Link.objects.filter(wanted, connection_id=connection_id, entity="Customer").exclude(qbo_id="")
    customers = set(links.values_list("qbo_id", flat=True))
    below = read.objects(connection_id, "Customer").filter(parent_id__in=customers)
    return sorted(customers | set(below.values_list("qbo_id", flat=True)))


def _choices(connection_id: int, found: Sequence[MirrorObject]) -> list[FoundInvoice]:
    parties = {row.party_id for row in found}
    customers = read.objects(connection_id, "Customer").filter(qbo_id__in=parties)
    names = dict(customers.values_list("qbo_id", "name"))
    home = Connection.objects.values_list("home_currency", flat=True).get(pk=connection_id)
    here = {
        invoice.external_id: invoice
        for invoice in Invoice.objects.filter(
            connection_id=connection_id, external_id__in=[row.qbo_id for row in found]
        )
        .select_related("deal")
        .only("external_id", "status", "deal__name")
    }
    choices = []
    for row in found:
        invoice = here.get(row.qbo_id)
        choices.append(
            FoundInvoice(
                external_id=row.qbo_id,
                number=row.name,
                customer_name=names.get(row.party_id, ""),
                issued_on=row.txn_on,
                total=row.total,
                balance=row.balance,
                currency=row.currency or home,
                invoice_id=invoice.pk if invoice else None,
                deal_id=invoice.deal_id if invoice else None,
                deal_name=str(invoice.deal) if invoice and invoice.deal else "",
            )
        )
    return choices


def track(connection_id: int, external_ids: Sequence[str]) -> Mapping[str, int]:
    """Have invoices of the mirror in the CRM, and kept up to date from now on; their ids here, by external id."""
    connection = Connection.objects.get(pk=connection_id)
    here = dict(
        Invoice.objects.filter(connection=connection, external_id__in=external_ids).values_list("external_id", "pk")
    )
    missing = [qbo_id for qbo_id in external_ids if qbo_id not in here]
    if not missing:
        return here
    living = read.with_payloads(read.objects(connection_id, "Invoice").filter(qbo_id__in=missing).order_by("pk"))
    names = names_for(connection, living)
    rows = []
    for found in living:
        try:
            rows.append((found, from_invoice(found.payload, names, invoice_id=None, tracked=True)))
        except BadPayload:
            continue  # it is parked already, with its reason
    result = from_sync.apply_invoices(connection_id, [row for _found, row in rows], today=today(connection), quiet=True)
    save_links(
        [
            new_link(connection, found, "invoice", result.ids[row.external_id], matched_by="invoice")
            for found, row in rows
            if row.external_id in result.ids
        ]
    )
    return here | dict(result.ids)
