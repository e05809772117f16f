"""Words of a dry run of documents: what their fields are called, their lines as text, what is sent or was refused."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.plain import plain
from invoices.enums import LineKind
from invoices.models import EstimateLine, InvoiceLine
from invoices.services.changes import line_columns
from invoices.synced import SyncedInvoiceLine
from qbo_connector.mirror.read import Mirrored
from sync.dry_run_report import QUICKBOOKS, Change, FieldChange, Run
from sync.enums import Outcome, RecordType
from sync.mapping.reading import BadPayload
from sync.models import Link

LINES = "lines"
LABELS = {
    "customer_name": gettext_lazy("Customer"),
    "terms_name": gettext_lazy("Terms"),
    "amount": gettext_lazy("Amount"),
    "received_on": gettext_lazy("Received on"),
    "unapplied": gettext_lazy("Not applied"),
    "method_name": gettext_lazy("Paid by"),
    "reference": gettext_lazy("Reference"),
    "note": gettext_lazy("Note"),
    "voided": gettext_lazy("Voided"),
    "cc": gettext_lazy("Copy to"),
    "bcc": gettext_lazy("Blind copy to"),
    "class_external_id": gettext_lazy("Class"),
    "location_external_id": gettext_lazy("Location"),
    "discount": gettext_lazy("Discount"),
    "tax_after_discount": gettext_lazy("Tax after the discount"),
    "shipping_total": gettext_lazy("Shipping"),
    "shipping_tax_code_external_id": gettext_lazy("Tax code of shipping"),
    "deposit": gettext_lazy("Deposit"),
    "status": gettext_lazy("Status"),
    "expires_on": gettext_lazy("Expires on"),
    "remaining": gettext_lazy("Unused"),
    "account_name": gettext_lazy("Account"),
    LINES: gettext_lazy("Lines"),
}


def change(name: str, before: Any, after: Any) -> FieldChange:
    """A field that no mapping carries."""
    return FieldChange(name, str(LABELS[name]), plain(before), plain(after))


def lines_as_text(lines: Sequence[InvoiceLine | EstimateLine | SyncedInvoiceLine]) -> str:
    """All lines of an invoice, one below the other."""
    return "\n".join(
        _line(line_columns(line) if isinstance(line, SyncedInvoiceLine) else {**vars(line), "kind": line.kind})
        for line in lines
        if line.kind != LineKind.MEMBER
    )


def typed_line(line: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """A line in the notation of ``invoices.editing``."""
    return _line({**line, "item_name": names.get(line.get("item_external_id") or "", "")})


def _line(values: Mapping[str, Any]) -> str:
    """“2 × Rock Fountain at 275 = 550”."""
    name = values.get("item_name") or values.get("description") or _("(no name)")
    quantity, price = plain(values.get("quantity")), plain(values.get("unit_price"))
    counted = f"{quantity} × {name}" if quantity is not None else str(name)
    priced = _("%(what)s at %(price)s") % {"what": counted, "price": price} if price is not None else counted
    return f"{priced} = {plain(values.get('amount'))}" if values.get("kind") != LineKind.TEXT else str(name)


def labelled(run: Run, name: str, value: Any, before: Any = None) -> FieldChange:
    """A field under the name that readers know it by."""
    known = run.labels[RecordType.INVOICE].get(name)
    label = LABELS.get(name) or (known.label if known else name)
    return FieldChange(name, str(label), plain(before), plain(value))


def failing_of(run: Run, object_type: str, ids: Collection[int]) -> dict[int, str]:
    """Why QuickBooks refused some records: they are not sent again before a person asks for it."""
    rows = Link.objects.filter(
        connection=run.policy.connection, object_type=object_type, object_id__in=ids, outcome=Outcome.FAILING
    )
    return dict(rows.values_list("object_id", "reason"))


def sent_or_refused(
    run: Run, about: dict[str, Any], fields: tuple[FieldChange, ...], failing: Mapping[int, str]
) -> None:
    """What was made here is created in QuickBooks, unless that refused it before."""
    if about["record_id"] in failing:
        run.report.add(Change(QUICKBOOKS, "stay_out", reason=failing[about["record_id"]], **about))
    else:
        run.report.add(Change(QUICKBOOKS, "create", fields=fields, **about))


def readable(rows: Sequence[Mirrored], reader: Callable[[Mirrored], Any]) -> Iterator[tuple[Mirrored, Any]]:
    """Rows that can be read; the others are parked when they are really applied."""
    for each in rows:
        try:
            yield each, reader(each)
        except BadPayload:
            continue
