"""Bills as QuickBooks has them: set-based, silent when nothing changed."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from core.events import Draft, emit_many
from core.models import Origin
from invoices.models import Bill
from invoices.synced import SyncedBill
from invoices.totals import plain, stored_money

COLUMNS = (
    *("number", "vendor_external_id", "vendor_name", "issued_on", "due_on", "currency", "total", "balance", "note"),
    "remote_updated_at",
)
# What a reader would call a change of the bill.
TOLD = ("number", "vendor_name", "issued_on", "due_on", "currency", "total", "balance")


@transaction.atomic
def apply_bills(connection_id: int, rows: Sequence[SyncedBill], *, quiet: bool) -> None:
    """Bring the bills of one company to the state of ``rows``; older rows are skipped."""
    newest = {row.external_id: row for row in rows}
    found = Bill.objects.filter(connection_id=connection_id, external_id__in=list(newest)).defer("search")
    stored = {bill.external_id: bill for bill in found.select_for_update().order_by("pk")}
    created: list[Bill] = []
    changed: list[Bill] = []
    stories: list[tuple[Bill, str, dict[str, Any]]] = []
    for row in newest.values():
        bill, values = stored.get(row.external_id), _columns(row)
        if bill is None:
            bill = Bill(connection_id=connection_id, external_id=row.external_id, **values)
            created.append(bill)
            stories.append((bill, "created", {}))
        elif not _older(bill, row):
            different = {name: (getattr(bill, name), new) for name, new in values.items()}
            different = {name: pair for name, pair in different.items() if pair[0] != pair[1]}
            if different or bill.removed_at is not None:
                changed.append(bill)
                if story := _story(bill, different):
                    stories.append((bill, *story))
                for name, new in values.items():
                    setattr(bill, name, new)
                bill.removed_at = None
    Bill.objects.bulk_create(created)
    Bill.objects.bulk_create(
        changed, update_conflicts=True, unique_fields=["id"], update_fields=[*COLUMNS, "removed_at"]
    )
    if not quiet:
        _tell(stories)


@transaction.atomic
def remove(connection_id: int, external_ids: Sequence[str], *, quiet: bool) -> None:
    """Note that QuickBooks deleted bills. Rows stay, with their history."""
    rows = Bill.objects.filter(connection_id=connection_id, external_id__in=list(external_ids), removed_at=None)
    gone = list(rows.select_for_update().defer("search").order_by("pk"))
    Bill.objects.filter(pk__in=[bill.pk for bill in gone]).update(removed_at=timezone.now())
    if not quiet:
        _tell([(bill, "removed", {}) for bill in gone])


def _columns(row: SyncedBill) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in COLUMNS}
    return values | {"total": stored_money(row.total), "balance": stored_money(row.balance)}


def _older(bill: Bill, row: SyncedBill) -> bool:
    if bill.remote_updated_at is None or row.remote_updated_at is None:
        return False
    if bill.removed_at is not None:
        return row.remote_updated_at <= bill.remote_updated_at
    return row.remote_updated_at < bill.remote_updated_at


def _story(bill: Bill, different: dict[str, tuple[Any, Any]]) -> tuple[str, dict[str, Any]] | None:
    """What to tell about a changed bill. Must be asked before its columns are overwritten."""
    if bill.removed_at is not None:
        return "created", {}
    before, after = different.get("balance", (bill.balance, bill.balance))
    if before > 0 >= after:
        return "paid", {}
    changes = {name: [_text(old), _text(new)] for name, (old, new) in different.items() if name in TOLD}
    return ("changed", {"changes": changes}) if changes else None


def _tell(stories: Sequence[tuple[Bill, str, dict[str, Any]]]) -> None:
    emit_many(
        [Draft(f"bill.{name}", "bill", bill.pk, [], {**event_data(bill), **data}) for bill, name, data in stories],
        origin=Origin.SYNC,
    )


def event_data(bill: Bill) -> dict[str, Any]:
    """What every event about a bill carries."""
    return {
        "number": bill.number,
        "vendor": bill.vendor_name,
        "currency": bill.currency,
        "total": plain(bill.total),
        "balance": plain(bill.balance),
        "due_on": bill.due_on.isoformat() if bill.due_on else None,
    }


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else plain(value) if hasattr(value, "quantize") else str(value)
