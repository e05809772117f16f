"""Change an invoice that QuickBooks has. The change is kept here first; `sync` merges it and carries it over."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.plain import plain
from invoices.editing import (
    LINE_FIELDS,
    EditedLine,
    base_of,
    changed_fields,
    discount_columns,
    discount_text,
)
from invoices.enums import LineKind, TaxMode
from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.ports import accounting
from invoices.reading import LARGEST_AMOUNT, LONGEST_DESCRIPTION, LONGEST_MESSAGE, valid_emails
from invoices.services import billing
from invoices.services.associations import about_of
from invoices.status import status_of
from invoices.totals import Discount, PricedLine, TaxCodeRates, Totals, reckon

COLUMNS = (
    *("number", "issued_on", "due_on", "terms_external_id", "terms_name", "recipient", "message", "private_note"),
    *("billing_address", "shipping_address", "cc", "bcc", "class_external_id", "class_name"),
    *("location_external_id", "location_name", "tax_after_discount", "shipping_total"),
    *("shipping_tax_code_external_id", "deposit"),
)
# What changes the figures, besides the lines.
_MONEY = frozenset({"discount", "tax_after_discount", "shipping_total", "shipping_tax_code_external_id", "deposit"})
_NOT_EDITED = frozenset({LineKind.TEXT, LineKind.DISCOUNT, LineKind.BUNDLE, LineKind.MEMBER})


_LINE_COLUMNS = (
    *("position", "product", "item_name", "tax_code_name", "class_name", "discount_percent", "discount_amount"),
    *LINE_FIELDS,
)
ZERO = Decimal(0)
Codes = Mapping[str, TaxCodeRates] | None


class NotEditable(Exception):
    """The invoice can't be edited now; the message says why."""


class BadEdit(ValueError):
    """A value that the invoice can't have; the message says which and what to change.

    ``field`` is the column it is about, or ``lines``; ``line`` the place of the line among those that were given.
    """

    def __init__(self, words: str, field: str = "", line: int | None = None) -> None:
        super().__init__(words)
        self.field, self.line = field, line


@needs("invoices.edit")
@transaction.atomic
def edit_invoice(invoice: Invoice, *, by: Any, lines: Sequence[EditedLine] | None = None, **fields: Any) -> Invoice:
    """Write ``fields`` (of COLUMNS, and ``discount``) and, where given, all editable ``lines`` in their new order.

    ``discount`` is that of the whole in the notation of ``invoices.editing``: ``10%``, ``25.5`` or nothing. Lines that
    are not products or services stay where they are, and need not be named. Figures are reckoned
    here until QuickBooks answers with its own. Emits ``invoice.changed``; does nothing where nothing differs. Raises
    NotEditable, or BadEdit with a sentence.
    """
    if unknown := set(fields) - {*COLUMNS, "discount"}:
        raise TypeError(", ".join(sorted(unknown)))
    locked = Invoice.objects.select_for_update(of=("self",)).defer("search").select_related("deal").get(pk=invoice.pk)
    _refuse(locked)
    stored = list(locked.lines.all())
    base = base_of(locked, stored)
    _check(locked, fields)
    discount = fields.pop("discount", None)
    codes = codes_of(locked, stored) if lines is not None or discount is not None or _MONEY & set(fields) else None
    changes = changed_fields(locked, fields)
    if discount is not None and discount != discount_text(locked):
        changes["discount"] = (discount_text(locked), discount)
    rewritten = _rewritten(locked, stored, lines) if lines is not None else None
    if not changes and rewritten is None:
        return locked
    for name, (_old, new) in changes.items():
        if name != "discount":
            setattr(locked, name, new)
    if "discount" in changes:
        for name, new in discount_columns(changes["discount"][1]).items():
            setattr(locked, name, new)
    old_total = locked.total
    paid = old_total - locked.balance - (changes["deposit"][0] if "deposit" in changes else locked.deposit)
    if rewritten is not None:
        _write_lines(locked, rewritten)
    if rewritten is not None or _MONEY & set(changes):
        _reckon(locked, rewritten if rewritten is not None else stored, paid, codes)
    now = timezone.now()
    locked.status = status_of(
        total=locked.total,
        balance=locked.balance,
        due_on=locked.due_on,
        emailed=locked.emailed,
        voided=locked.voided,
        today=accounting().today(locked.connection_id),
    )
    locked.updated_at = now
    # An invoice that somebody changed here is one that the CRM keeps up to date.
    locked.tracked = True
    locked.save()
    edit, created = InvoiceEdit.objects.get_or_create(
        invoice=locked, defaults={"base": base, "edited_at": now, "edited_by": by}
    )
    if not created:
        InvoiceEdit.objects.filter(pk=edit.pk).update(edited_at=now, edited_by=by)
    billing.recompute_deals([locked.deal_id])
    told = {name: [plain(old), plain(new)] for name, (old, new) in changes.items()}
    if locked.total != old_total:
        told["total"] = [plain(old_total), plain(locked.total)]
    about = about_of({locked.pk: locked.deal_id})[locked.pk]
    _emit(locked, told, about, by=by, lines=rewritten is not None)
    return locked


def _emit(invoice: Invoice, changes: dict[str, Any], about: list[tuple[str, int]], *, by: Any, lines: bool) -> None:
    from_deal = [invoice.deal] if invoice.deal else []
    people = [*invoice.contacts.all(), *invoice.companies.all()] if len(about) > len(from_deal) else []
    emit(
        "invoice.changed",
        invoice,
        by=by,
        about=[*from_deal, *people],
        number=invoice.number,
        customer=invoice.customer_name,
        currency=invoice.currency,
        total=plain(invoice.total),
        balance=plain(invoice.balance),
        changes=changes,
        lines=lines,
    )


def refusal(invoice: Invoice) -> str:
    """Why an invoice can't be edited now, in words; empty when it can."""
    if not invoice.external_id:
        return _("QuickBooks does not have this invoice yet. Wait until it has, or correct it.")
    if invoice.removed_at is not None:
        return _("This invoice was deleted in QuickBooks.")
    if invoice.voided:
        return _("A voided invoice can't be changed.")
    if invoice.ending:
        return _("This invoice is just being voided or deleted.")
    return accounting().edit_refusal(invoice)


def _refuse(invoice: Invoice) -> None:
    if why := refusal(invoice):
        raise NotEditable(why)


def _check(invoice: Invoice, fields: dict[str, Any]) -> None:
    issued_on, due_on = fields.get("issued_on", invoice.issued_on), fields.get("due_on", invoice.due_on)
    if issued_on is None:
        raise BadEdit(_("Choose the invoice date."), "issued_on")
    if due_on is not None and due_on < issued_on:
        raise BadEdit(_("The due date lies before the invoice date."), "due_on")
    for name in ("recipient", "cc", "bcc"):
        if not valid_emails(fields.get(name, "")):
            raise BadEdit(_("“%s” is not an e-mail address.") % fields[name], name)
    for name in ("shipping_total", "deposit"):
        if fields.get(name, ZERO) < 0:
            raise BadEdit(_("Shipping and deposit can't be less than 0."), name)
    discount = discount_columns(fields.get("discount", "")) if fields.get("discount") else {}
    percent, amount = discount.get("discount_percent") or ZERO, discount.get("discount_total") or ZERO
    if not ZERO <= percent <= 100 or amount < 0:
        raise BadEdit(_("A discount is between 0 and 100 percent, or an amount of at least 0."), "discount")
    if len(fields.get("message", "")) > LONGEST_MESSAGE:
        raise BadEdit(_("The message may have at most %d characters.") % LONGEST_MESSAGE, "message")
    if len(fields.get("number", "")) > 21:
        raise BadEdit(_("An invoice number may have at most 21 characters."), "number")


def _rewritten(
    invoice: Invoice, stored: Sequence[InvoiceLine], wanted: Sequence[EditedLine]
) -> list[InvoiceLine] | None:
    """The lines as they shall be, or None when they are that already. Raises BadEdit."""
    by_pk = {line.pk: line for line in stored}
    lines: list[InvoiceLine] = []
    changed = False
    for place, line in enumerate(wanted):
        if not line.as_it_is and (wrong := _wrong_with(line, invoice.currency)):
            raise BadEdit(wrong, "lines", place)
        row = by_pk.get(line.pk or 0)
        if line.pk is not None and (row is None or row in lines):
            raise BadEdit(_("One of these lines is no longer part of the invoice. Open it again."), "lines", place)
        if row is not None and row.kind in _NOT_EDITED:
            raise BadEdit(_("Texts, discounts and bundles can be changed in QuickBooks only."), "lines", place)
        if row is None:
            row, changed = InvoiceLine(invoice=invoice), True
        if not line.as_it_is:
            changed |= _fill(row, line, invoice.currency)
        lines.append(row)
    rows = _with_fixed(stored, lines)
    if not rows:
        raise BadEdit(_("An invoice needs at least one line."), "lines")
    if not changed and rows == list(stored):
        return None
    for position, row in enumerate(rows):
        row.position = position
    return rows


def _with_fixed(stored: Sequence[InvoiceLine], lines: Sequence[InvoiceLine]) -> list[InvoiceLine]:
    """``lines`` with those that can't be edited, each behind the line that it stands behind; discounts stay last."""
    rows = list(lines)
    for place, line in enumerate(stored):
        if line.kind in _NOT_EDITED:
            before = [row for row in stored[:place] if row in rows]
            at = rows.index(before[-1]) + 1 if before else 0
            rows.insert(len(rows) if line.kind == LineKind.DISCOUNT else at, line)
    return rows


def _wrong_with(line: EditedLine, currency: str) -> str:
    """Why a line can't be so, in words; empty when it can."""
    if not line.item_external_id:
        return _("Choose a product for each line.")
    if line.quantity is not None and line.quantity <= 0:
        return _("The quantity has to be more than 0.")
    if len(line.description) > LONGEST_DESCRIPTION:
        return _("A description may have at most 4,000 characters.")
    if abs(line.total(currency)) > LARGEST_AMOUNT:
        return _("The amount is larger than QuickBooks can take.")
    return ""


def _fill(row: InvoiceLine, line: EditedLine, currency: str) -> bool:
    values: dict[str, Any] = {
        "item_external_id": line.item_external_id,
        "description": line.description,
        "quantity": line.quantity,
        "unit_price": line.unit_price,
        "amount": line.total(currency),
        "service_on": line.service_on,
        "tax_code_external_id": line.tax_code_external_id,
        "class_external_id": line.class_external_id,
    }
    differs = [name for name, value in values.items() if plain(getattr(row, name)) != plain(value)]
    for name in differs:
        setattr(row, name, values[name])
    if differs or row.pk is None:
        row.item_name = line.item_name or row.item_name
        row.tax_code_name = line.tax_code_name or row.tax_code_name
        row.product_id = line.product_id or row.product_id
        row.class_name = line.class_name if line.class_external_id else ""
        # The price is the one that was typed: what was taken off before is part of it.
        row.discount_percent, row.discount_amount = None, ZERO
    return bool(differs)


def _write_lines(invoice: Invoice, lines: Sequence[InvoiceLine]) -> None:
    """Lines keep their rows, so that what was sent to QuickBooks can be told apart when it answers."""
    kept = [line for line in lines if line.pk]
    InvoiceLine.objects.filter(invoice=invoice).exclude(pk__in=[line.pk for line in kept]).delete()
    InvoiceLine.objects.bulk_update(kept, _LINE_COLUMNS)
    InvoiceLine.objects.bulk_create([line for line in lines if not line.pk])


def _reckon(invoice: Invoice, lines: Sequence[InvoiceLine], paid: Decimal, codes: Codes) -> None:
    """Our figures until QuickBooks' come; where its tax can't be told it stays, and what was paid stays paid."""
    totals = totals_of(invoice, lines, codes)
    tax = invoice.tax_total if totals.tax is None else totals.tax
    invoice.subtotal, invoice.discount_total, invoice.tax_total = totals.subtotal, totals.discount, tax
    invoice.total = totals.subtotal - totals.discount + totals.shipping + tax
    invoice.balance = max(invoice.total - invoice.deposit - paid, ZERO)


def codes_of(invoice: Invoice, stored: Sequence[InvoiceLine]) -> Codes:
    """The rates by which the invoice is taxed; None where they can't be told.

    In US companies the rate belongs to the document, and nothing here names it: the company's is taken where it leads
    to the tax that the invoice has.
    """
    codes = accounting().tax_rates(invoice.connection_id, customer_external_id=invoice.customer_external_id)
    if invoice.tax_mode == TaxMode.AUTOMATIC and totals_of(invoice, stored, codes).tax != invoice.tax_total:
        return None
    return codes


def totals_of(invoice: Invoice, lines: Sequence[InvoiceLine], codes: Codes) -> Totals:
    """What the invoice comes to with these lines."""
    on_the_whole = sum((line.amount for line in lines if line.kind == LineKind.DISCOUNT), ZERO)
    percent = invoice.discount_percent
    return reckon(
        [PricedLine(line.amount, line.tax_code_external_id) for line in lines if line.kind != LineKind.DISCOUNT],
        currency=invoice.currency,
        discount=Discount(percent=percent) if percent else Discount(amount=on_the_whole or invoice.discount_total),
        shipping=invoice.shipping_total,
        shipping_tax_code=invoice.shipping_tax_code_external_id,
        deposit=invoice.deposit,
        mode=TaxMode(invoice.tax_mode),
        tax_after_discount=invoice.tax_after_discount,
        codes=codes,
    )
