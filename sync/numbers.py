"""Document numbers for companies that number their invoices themselves."""

from django.db.models import BigIntegerField, Max
from django.db.models.functions import Cast

from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN


def next_number(connection: Connection) -> str:
    """The number after the highest plain number in use, on documents and in the outbox. QuickBooks checks again."""
    used = MirrorObject.objects.filter(connection=connection, entity="Invoice", name__regex=r"^[0-9]{1,15}$")
    planned = Operation.objects.filter(connection=connection, entity="Invoice", state__in=OPEN)
    highest = used.aggregate(highest=Max(Cast("name", BigIntegerField())))["highest"]
    numbers = [highest or 1000]
    numbers += [
        int(number)
        for number in planned.values_list("intent__DocNumber", flat=True)
        if isinstance(number, str) and number.isdigit()
    ]
    return str(max(numbers) + 1)
