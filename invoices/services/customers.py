"""What happens to invoices when the accounting system changes its customers."""

from collections.abc import Mapping

from django.db.models import Case, Value, When

from invoices.models import Invoice


def move(connection_id: int, winners: Mapping[str, str]) -> int:
    """Customers were merged: their invoices are the winners' from now on. ``winners`` are ids by the loser's id.

    Their names and figures come with the invoices themselves. Returns how many invoices moved.
    """
    if not winners:
        return 0
    whens = [When(customer_external_id=loser, then=Value(winner)) for loser, winner in winners.items()]
    rows = Invoice.objects.filter(connection_id=connection_id, customer_external_id__in=winners)
    return rows.update(customer_external_id=Case(*whens))
