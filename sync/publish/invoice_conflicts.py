"""Carry out decisions about conflicts of invoices: they become the base of the next merge, which then has no clash."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from invoices.models import InvoiceEdit, InvoiceLine
from sync.enums import Winner
from sync.models import Conflict


@transaction.atomic
def decide(conflicts: Iterable[Conflict], side: Winner) -> set[int]:
    """Let ``side`` (CRM or QuickBooks) count for open conflicts of invoices; the ids of invoices to merge again.

    Nothing is written to either side here: the side that loses is told that it never changed, and the merge does the
    rest. An invoice whose edit is gone meanwhile has nothing to decide any more.
    """
    by_invoice: dict[int, list[Conflict]] = {}
    for conflict in conflicts:
        by_invoice.setdefault(conflict.link.object_id, []).append(conflict)
    edits = InvoiceEdit.objects.select_for_update().filter(invoice__in=by_invoice).order_by("pk")
    changed = []
    for edit in edits:
        for conflict in by_invoice[edit.pk]:
            _decide(edit, conflict, side)
        changed.append(edit)
    InvoiceEdit.objects.bulk_update(changed, ["base"])
    return {edit.pk for edit in changed}


def _decide(edit: InvoiceEdit, conflict: Conflict, side: Winner) -> None:
    # The winner changed the field since the base, the loser did not.
    unchanged = conflict.quickbooks if side == Winner.CRM else conflict.crm
    if not conflict.crm_field.startswith("line:"):
        edit.base["fields"][conflict.crm_field] = unchanged
        return
    _line, line_id, *field = conflict.crm_field.split(":")
    if field:
        for line in edit.base["lines"]:
            if line["id"] == line_id:
                line[field[0]] = unchanged
        return
    _decide_whole(edit, line_id, unchanged, conflict)


def _decide_whole(edit: InvoiceEdit, line_id: str, unchanged: dict[str, Any] | None, conflict: Conflict) -> None:
    """A line that one side removed and the other changed."""
    others = [line for line in edit.base["lines"] if line["id"] != line_id]
    if unchanged is not None:
        # The side that changed it loses: its state is the base, and the removal goes through.
        edit.base["lines"] = [*others, {"id": line_id, "kind": "item", **unchanged}]
        return
    # The side that removed it loses: the other's line counts as a new one.
    edit.base["lines"] = others
    if conflict.quickbooks is None:
        InvoiceLine.objects.filter(invoice_id=edit.pk, external_id=line_id).update(external_id="")
