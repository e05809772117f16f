"""An invoice that was changed in the CRM, merged with what QuickBooks has meanwhile. Pure but for its inputs' types."""

import datetime
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from core.plain import plain
from invoices import editing
from invoices.enums import LineKind
from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.synced import SyncedInvoice, SyncedInvoiceLine
from sync.enums import Direction, RecordType, Winner
from sync.mapping.engine import Mapped
from sync.merge import Clash, Merged, Rule, merge
from sync.merge_lines import Line, MergedLines, Times, merge_lines
from sync.policies import Policy

ZERO = Decimal(0)
_REFERENCES = ("product_id", "item_name", "tax_code_name")
# What QuickBooks calls the fields that no mapping names.
_THEIRS = {
    "cc": "BillEmailCc",
    "bcc": "BillEmailBcc",
    "class_external_id": "ClassRef",
    "location_external_id": "DepartmentRef",
    "discount": "DiscountLineDetail",
    "tax_after_discount": "ApplyTaxAfterDiscount",
    "shipping_total": "SHIPPING_ITEM_ID",
    "shipping_tax_code_external_id": "SHIPPING_ITEM_ID",
    "deposit": "Deposit",
}


@dataclass(frozen=True)
class MergedInvoice:
    """``row`` is what the CRM shall hold; ``head`` (by CRM field) and ``lines`` are what QuickBooks shall get.

    ``lines`` is None when QuickBooks' own lines stay. ``custom`` are custom properties that the CRM shall take over.
    ``base`` is the base of the next merge.
    """

    row: SyncedInvoice
    head: dict[str, Any]
    lines: list[Line] | None
    custom: dict[str, Any]
    clashes: list[Clash]
    base: dict[str, Any]

    @property
    def sends(self) -> bool:
        """Whether QuickBooks lacks something."""
        return bool(self.head) or self.lines is not None

    @property
    def settled(self) -> bool:
        """Whether both sides agree."""
        return not self.sends and not self.clashes


def merge_invoice(
    policy: Policy,
    edit: InvoiceEdit,
    invoice: Invoice,
    stored: Sequence[InvoiceLine],
    row: SyncedInvoice,
    custom: tuple[Mapping[str, Any], Mapping[str, Any]] = ({}, {}),
) -> MergedInvoice:
    """Merge ``invoice`` with its lines as the CRM has them and ``row`` as QuickBooks has it.

    ``custom`` are the mapped custom properties on both sides, the CRM's first.
    """
    times = Times(edit.edited_at, row.remote_updated_at)
    head = _merge_head(policy, edit, invoice, row, times, custom)
    lines = merge_lines(
        rules_of(policy, RecordType.LINE),
        winner=Winner(policy.settings.winner),
        base=edit.base["lines"],
        crm=[editing.line_of(line) | {"pk": line.pk} for line in stored],
        quickbooks=[editing.line_of(line) for line in row.lines],
        times=times,
        currency=row.currency,
    )
    there = [_without_pk(line) for line in lines.there]
    # A removed line that QuickBooks still has, or another order, differs too.
    sends_lines = there != [editing.line_of(line) for line in row.lines]
    clashes = [*head.clashes, *lines.clashes]
    # Where nothing is to be sent, what differs still is what no rule sends: QuickBooks' own counts, as for all others.
    settled = not (head.to_quickbooks or sends_lines or clashes)
    return MergedInvoice(
        row=row if settled else _here(invoice, stored, row, head, lines),
        head=head.to_quickbooks,
        lines=lines.there if sends_lines else None,
        custom={name: value for name, value in head.to_crm.items() if name in custom[1]},
        clashes=clashes,
        base={"fields": head.agreed, "lines": _next_base(edit, row, lines)},
    )


def rules_of(policy: Policy, record_type: RecordType) -> list[Rule]:
    """The rules in force for the editable fields of invoices or lines; some have no mapping that could be changed."""
    mapped = [_usable(policy, mapped) for mapped in policy.mappings.get(record_type, ())]
    unmapped = editing.UNMAPPED if record_type == RecordType.INVOICE else ("class_external_id",)
    winner = Winner(policy.settings.winner)
    return [*mapped, *(Rule(name, _THEIRS.get(name, name), winner=winner) for name in unmapped)]


def _usable(policy: Policy, mapped: Mapped) -> Rule:
    # QuickBooks numbers its invoices itself unless the company has custom transaction numbers switched on.
    if mapped.rule.crm_field == "number" and not policy.connection.custom_numbers:
        return replace(mapped.rule, direction=Direction.IN)
    return mapped.rule


def _merge_head(
    policy: Policy,
    edit: InvoiceEdit,
    invoice: Invoice,
    row: SyncedInvoice,
    times: Times,
    custom: tuple[Mapping[str, Any], Mapping[str, Any]],
) -> Merged:
    return merge(
        rules_of(policy, RecordType.INVOICE),
        base=edit.base["fields"],
        crm={**editing.fields_of(invoice), **custom[0]},
        quickbooks={**editing.fields_of(row), **custom[1]},
        crm_changed_at=times.crm,
        quickbooks_changed_at=times.quickbooks,
    )


def _here(
    invoice: Invoice, stored: Sequence[InvoiceLine], row: SyncedInvoice, head: Merged, lines: MergedLines
) -> SyncedInvoice:
    """``row`` with the CRM's own values where they stay, and figures that fit its lines."""
    ours = {name: value for name, value in editing.fields_of(invoice).items() if name not in head.to_crm}
    if plain(ours.get("terms_external_id")) != plain(row.terms_external_id) and "terms_external_id" in ours:
        ours["terms_name"] = invoice.terms_name
    for reference in ("class", "location"):
        if ours.get(f"{reference}_external_id", "") != getattr(row, f"{reference}_external_id"):
            ours[f"{reference}_name"] = getattr(invoice, f"{reference}_name")
    if "discount" in ours:
        ours |= editing.discount_columns(ours.pop("discount"))
    by_pk = {line.pk: line for line in stored}
    by_id = {line.external_id: line for line in row.lines}
    synced = tuple(_synced(line, by_pk.get(line.get("pk", 0)), by_id.get(line["id"])) for line in lines.here)
    values = ours | {"lines": synced}
    difference = _net(synced) - _net(row.lines)
    if difference:
        values["subtotal"] = row.subtotal + _items(synced) - _items(row.lines)
        values["total"] = row.total + difference
        values["balance"] = max(row.balance + difference, ZERO)
    return replace(row, **values)


def _items(lines: Sequence[SyncedInvoiceLine]) -> Decimal:
    return sum((line.amount for line in lines if line.kind != LineKind.DISCOUNT), ZERO)


def _net(lines: Sequence[SyncedInvoiceLine]) -> Decimal:
    return sum((-line.amount if line.kind == LineKind.DISCOUNT else line.amount for line in lines), ZERO)


def _synced(line: Line, ours: InvoiceLine | None, theirs: SyncedInvoiceLine | None) -> SyncedInvoiceLine:
    """A merged line; the names of what it refers to come from the side that it refers to it with."""
    same_item = theirs is not None and plain(theirs.item_external_id) == line["item_external_id"]
    source: Any = theirs if same_item or ours is None else ours
    service_on = line["service_on"]
    return SyncedInvoiceLine(
        external_id=line["id"],
        kind=LineKind(line["kind"]),
        item_external_id=line["item_external_id"] or "",
        description=line["description"] or "",
        quantity=_decimal(line["quantity"]),
        unit_price=_decimal(line["unit_price"]),
        amount=_decimal(line["amount"]) or ZERO,
        service_on=datetime.date.fromisoformat(service_on) if service_on else None,
        tax_code_external_id=line["tax_code_external_id"] or "",
        class_external_id=line.get("class_external_id") or "",
        class_name=_class_name(line, ours, theirs),
        **{name: getattr(source, name) for name in _REFERENCES},
    )


def _class_name(line: Line, ours: InvoiceLine | None, theirs: SyncedInvoiceLine | None) -> str:
    for side in (theirs, ours):
        if side is not None and side.class_external_id == (line.get("class_external_id") or ""):
            return side.class_name
    return ""


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _without_pk(line: Line) -> Line:
    return {name: value for name, value in line.items() if name != "pk"}


def base_after_sending(
    base: dict[str, Any], row: SyncedInvoice, clashing: set[str], *, unknown: Container[str] = ()
) -> dict[str, Any]:
    """The base once QuickBooks took an edit: its answer, but for fields (``line:<id>:<field>``) that still clash.

    Lines that are ``unknown`` here are left out: they count as added by QuickBooks.
    """
    now = editing.base_of_synced(row)
    lines = {name.split(":")[1] for name in clashing if name.startswith("line:")}
    before = {line["id"]: line for line in base["lines"] if line["id"] in lines}
    return {
        "fields": now["fields"] | {name: value for name, value in base["fields"].items() if name in clashing},
        "lines": list({**{line["id"]: line for line in now["lines"] if line["id"] not in unknown}, **before}.values()),
    }


def _next_base(edit: InvoiceEdit, row: SyncedInvoice, lines: MergedLines) -> list[Line]:
    """QuickBooks' lines, but for clashing ones, which keep the base that they clashed over."""
    clashing = {clash.rule.crm_field.split(":")[1] for clash in lines.clashes}
    before = {line["id"]: line for line in edit.base["lines"]}
    now = {line.external_id: editing.line_of(line) for line in row.lines}
    kept = {line_id: before[line_id] for line_id in clashing if line_id in before}
    return list({**now, **kept}.values())
