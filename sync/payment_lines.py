"""How payments cross over: their fields, which no setting changes, and how they are doing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qbo_connector.models import Connection, MirrorObject, ParkedRecord
from sync.enums import Direction, Outcome
from sync.mapping_lines import ARROWS, Standing
from sync.models import Link

_BOTH, _IN = Direction.BOTH, Direction.IN
_FIELDS: tuple[tuple[str | Promise, str, Direction], ...] = (
    (gettext_lazy("Customer"), "CustomerRef", _BOTH),
    (gettext_lazy("Received on"), "TxnDate", _BOTH),
    (gettext_lazy("Amount"), "TotalAmt", _BOTH),
    (gettext_lazy("Invoices that it pays"), "Line.LinkedTxn", _BOTH),
    (gettext_lazy("Not applied yet"), "UnappliedAmt", _IN),
    (gettext_lazy("Payment method"), "PaymentMethodRef", _BOTH),
    (gettext_lazy("Reference"), "PaymentRefNum", _BOTH),
    (gettext_lazy("Note"), "PrivateNote", _BOTH),
    (gettext_lazy("Currency"), "CurrencyRef", _BOTH),
)


@dataclass(frozen=True)
class Line:
    """One field."""

    crm: str
    quickbooks: str
    arrow: str
    direction: str


@dataclass(frozen=True)
class Payments:
    """The fields of payments, and the state that they share."""

    lines: Sequence[Line]
    standing: Standing


def of(connection: Connection) -> Payments:
    """The table of a company, in five statements at most."""
    lines = [
        Line(str(crm), quickbooks, ARROWS[direction], str(direction.label)) for crm, quickbooks, direction in _FIELDS
    ]
    return Payments(lines, _standing(connection))


def _standing(connection: Connection) -> Standing:
    refused = Link.objects.filter(connection=connection, object_type="payment", outcome=Outcome.FAILING)
    unread = ParkedRecord.objects.filter(connection=connection, entity="Payment", resolved_at=None)
    count = refused.count() + unread.count()
    if count:
        worst = refused.order_by("-changed_at").values_list("changed_at", "reason").first()
        worst = worst or unread.order_by("-last_seen_at").values_list("first_seen_at", "reason").first()
        since, reason = worst or (None, "")
        return Standing("danger", "alert-circle", _("Failing since"), since, reason, count)
    rows = MirrorObject.objects.filter(connection=connection, entity="Payment", unread=False)
    synced_at = rows.aggregate(latest=Max("mirrored_at"))["latest"]
    if synced_at is None:
        return Standing("neutral", "clock", _("Not synced yet"))
    return Standing("success", "circle-check", _("Synced"), synced_at)
