"""Document numbers for companies that number their documents themselves.

QuickBooks numbers invoices, credit memos and receipts in one sequence, estimates in another: a number that another
document of the sequence has is refused (6140). The next number continues the document that was made last.
"""

import re
from collections.abc import Collection, Sequence

from django.db.models import QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Upper
from django.utils.translation import gettext as _

from invoices.models import Invoice
from invoices.ports import NumberUse
from qbo_connector.mirror import read
from qbo_connector.models import Connection, MirrorObject, Operation
from qbo_connector.outbox.plan import OPEN

# The sales documents that share one sequence; estimates have one of their own.
NUMBERED_TOGETHER = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")
LONGEST = 21
FIRST = "1001"
_RECENT = 50
_AT_ONCE = 100
_DIGITS = re.compile(r"(\d+)(\D*)$", re.ASCII)


def next_number(connection: Connection, entity: str = "Invoice", *, but: Collection[str] = ()) -> str:
    """The next number that no document has, here, in the mirror or in the outbox. QuickBooks checks again.

    ``but`` are numbers that QuickBooks refused: a document has them that is not mirrored yet.
    """
    refused = {number.upper() for number in but}
    number = following(_last(connection, entity))
    while True:
        wanted = [number]
        while len(wanted) < _AT_ONCE:
            wanted.append(following(wanted[-1]))
        used = _used(connection, entity, wanted) | refused
        free = next((each for each in wanted if each.upper() not in used), "")
        if free:
            return free
        number = following(wanted[-1])


def following(number: str) -> str:
    """The number after this one: its last digits count on, letters and leading zeros stay. INV-0099 -> INV-0100."""
    if not number:
        return FIRST
    found = _DIGITS.search(number)
    if found is None:
        return f"{number[: LONGEST - 2]}-1"
    counted = str(int(found[1]) + 1).zfill(len(found[1]))
    result = number[: found.start()] + counted + found[2]
    # A number that grows out of what QuickBooks takes goes on with its digits alone.
    return result if len(result) <= LONGEST else counted[-LONGEST:]


def taken(
    connection: Connection, number: str, *, invoice_id: int | None = None, entity: str = "Invoice"
) -> NumberUse | None:
    """The document other than the named invoice that has this number, in words. Case makes no difference."""
    wanted = number.strip().upper()
    if not wanted:
        return None
    own = Invoice.objects.filter(pk=invoice_id).values_list("external_id", flat=True).first() if invoice_id else ""
    for kind, qbo_id, name in _mirrored(connection, entity, [wanted]).values_list("entity", "qbo_id", "name"):
        if not (kind == "Invoice" and qbo_id == own):
            return NumberUse(name, _document(kind) % name)
    if entity not in NUMBERED_TOGETHER:
        return None
    row = _waiting(connection, [wanted]).exclude(pk=invoice_id or 0).values_list("number", "customer_name").first()
    if row is None:
        return None
    words = _("the invoice %(number)s for %(customer)s, which is on its way to QuickBooks")
    return NumberUse(row[0], words % {"number": row[0], "customer": row[1]})


def _document(entity: str) -> str:
    return {
        "Invoice": _("the invoice %s"),
        "CreditMemo": _("the credit memo %s"),
        "SalesReceipt": _("the sales receipt %s"),
        "RefundReceipt": _("the refund receipt %s"),
        "Estimate": _("the estimate %s"),
    }[entity]


def _last(connection: Connection, entity: str) -> str:
    """The number of the document that was made last; QuickBooks counts its ids upwards."""
    if entity == "Invoice":
        waiting = Invoice.objects.filter(connection=connection, external_id="", removed_at=None).exclude(number="")
        if number := waiting.order_by("-pk").values_list("number", flat=True).first():
            return number
    rows = read.objects(connection.pk, entity).exclude(name="").order_by("-pk")
    recent = list(rows.values_list("qbo_id", "name")[:_RECENT])
    return max(recent, key=lambda row: (len(row[0]), row[0]), default=("", ""))[1]


def _used(connection: Connection, entity: str, wanted: Sequence[str]) -> set[str]:
    """Those of the numbers that are used, in capitals."""
    capitals = [number.upper() for number in wanted]
    used = {name.upper() for name in _mirrored(connection, entity, capitals).values_list("name", flat=True)}
    if entity in NUMBERED_TOGETHER:
        used |= {number.upper() for number in _waiting(connection, capitals).values_list("number", flat=True)}
    planned = Operation.objects.filter(connection=connection, entity__in=_together(entity), state__in=OPEN)
    planned = planned.annotate(asked=Upper(KeyTextTransform("DocNumber", "intent"))).filter(asked__in=capitals)
    return used | set(planned.values_list("asked", flat=True))


def _together(entity: str) -> tuple[str, ...]:
    return NUMBERED_TOGETHER if entity in NUMBERED_TOGETHER else (entity,)


def _mirrored(connection: Connection, entity: str, capitals: Sequence[str]) -> QuerySet[MirrorObject]:
    rows = MirrorObject.objects.filter(connection=connection, entity__in=_together(entity), deleted=False)
    return rows.annotate(key=Upper("name")).filter(key__in=capitals).order_by("pk")


def _waiting(connection: Connection, capitals: Sequence[str]) -> QuerySet[Invoice]:
    """Invoices made here that QuickBooks does not have yet; refused ones keep their number until it is changed."""
    rows = Invoice.objects.filter(connection=connection, external_id="", removed_at=None)
    return rows.annotate(key=Upper("number")).filter(key__in=capitals).order_by("pk")
