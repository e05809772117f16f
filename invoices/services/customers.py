"""What happens to invoices when the accounting system changes its customers."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Case, Value, When

from invoices.models import Invoice
from invoices.services.associations import InvoiceCompany, InvoiceContact


@transaction.atomic
def move(
    connection_id: int,
    winners: Mapping[str, str],
    *,
    companies: Mapping[int, int] | None = None,
    contacts: Mapping[int, int] | None = None,
) -> int:
    """Customers were merged: their invoices are the winners' from now on. ``winners`` are ids by the loser's id.

    ``companies`` and ``contacts`` are the winners' records by the losers'; they take their place on these invoices.
    Names and figures come with the invoices themselves. Returns how many invoices moved; a handful of statements.
    """
    if not winners:
        return 0
    rows = Invoice.objects.filter(connection_id=connection_id, customer_external_id__in=winners)
    _replace(rows, InvoiceCompany, "company_id", companies or {})
    _replace(rows, InvoiceContact, "contact_id", contacts or {})
    whens = [When(customer_external_id=loser, then=Value(winner)) for loser, winner in winners.items()]
    return rows.update(customer_external_id=Case(*whens))


def _replace(invoices: Any, through: Any, column: str, replaced: Mapping[int, int]) -> None:
    if not replaced:
        return
    rows = through.objects.filter(invoice__in=invoices, **{f"{column}__in": replaced})
    held = list(rows.values_list("pk", "invoice_id", column))
    through.objects.bulk_create(
        (through(**{"invoice_id": invoice, column: replaced[record]}) for _pk, invoice, record in held),
        ignore_conflicts=True,
    )
    through.objects.filter(pk__in=[pk for pk, _invoice, _record in held]).delete()
