"""The roll-ups worked out the slow way: row by row in Python, from the invoices and payments themselves."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from invoices.models import Invoice, Payment
from reports.models import CustomerSum, DaySum, InvoiceFact, ProductSum

CENT = Decimal("0.01")
GRAIN = Decimal("0.00001")


def cents(amount: Decimal) -> Decimal:
    """Rounded as PostgreSQL rounds."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def living_payments() -> list[Payment]:
    """Payments that QuickBooks has."""
    return [p for p in Payment.objects.prefetch_related("applications") if p.living]


def counting_invoices() -> dict[int, Invoice]:
    """Invoices that count."""
    rows = Invoice.objects.exclude(external_id="").filter(removed_at=None, voided=False).exclude(status="draft")
    return {row.pk: row for row in rows.exclude(status="voided").prefetch_related("lines")}


def facts() -> dict[int, tuple[Any, ...]]:
    """By invoice: what the roll-up of invoices says of it."""
    paid: dict[int, list[tuple[Any, Decimal]]] = defaultdict(list)
    for payment in living_payments():
        for part in payment.applications.all():
            if part.invoice_id:
                paid[part.invoice_id].append((payment.received_on, part.amount))
    found = {}
    for pk, row in counting_invoices().items():
        days = [max(day or row.issued_on, row.issued_on) for day, _amount in paid[pk]]
        settled = max(days, default=row.issued_on) if row.balance <= 0 else None
        other = row.total - row.balance - sum((amount for _day, amount in paid[pk]), Decimal(0))
        found[pk] = (row.owner_id or 0, row.issued_on, row.due_on, settled, row.status, row.balance, other)
    return found


def days() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """By day, company, owner and currency: invoices, billed, billed at home, other, applied, tax paid, received."""
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 7)

    def add(day: Any, at: Any, owner: int, *amounts: Any) -> None:
        key = (day, at.connection_id, owner, at.currency)
        sums[key] = [old + Decimal(new) for old, new in zip(sums[key], amounts, strict=True)]

    invoices, known = counting_invoices(), facts()
    for pk, row in invoices.items():
        other = known[pk][6]
        tax = (row.tax_total * other / row.total).quantize(GRAIN, ROUND_HALF_UP) if row.total else 0
        home = cents(row.total * row.exchange_rate)
        add(row.issued_on, row, row.owner_id or 0, 1, row.total, home, other, 0, tax, row.deposit)
    for payment in living_payments():
        parts = list(payment.applications.all())
        whole, money = sum(part.amount for part in parts), payment.amount - payment.unapplied
        share = money / whole if whole > money else Decimal(1)
        rest = payment.amount
        for part in parts:
            row = invoices.get(part.invoice_id or 0)
            if row is None:
                continue
            tax = (row.tax_total * part.amount / row.total).quantize(GRAIN, ROUND_HALF_UP) if row.total else 0
            day = max(payment.received_on or row.issued_on, row.issued_on)
            add(day, row, row.owner_id or 0, 0, 0, 0, 0, part.amount, tax, 0)
            if payment.received_on:
                amount = cents(part.amount * share)
                rest -= amount
                add(payment.received_on, payment, row.owner_id or 0, 0, 0, 0, 0, 0, 0, amount)
        if payment.received_on:
            add(payment.received_on, payment, 0, 0, 0, 0, 0, 0, 0, rest)
    return {key: tuple(row) for key, row in sums.items() if any(row)}


def products() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """By month, product and item: lines and amount."""
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 2)
    for row in counting_invoices().values():
        for line in row.lines.all():
            if line.kind in ("item", "member"):
                item = "" if line.product_id else line.item_name
                key = (row.issued_on.replace(day=1), row.owner_id or 0, line.product_id or 0, item)
                sums[key] = [sums[key][0] + 1, sums[key][1] + line.amount]
    return {key: tuple(row) for key, row in sums.items()}


def customers() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """By first day of the quarter, company, customer and currency: invoices, billed, billed at home."""
    sums: dict[tuple[Any, ...], list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for row in counting_invoices().values():
        quarter = row.issued_on.replace(month=(row.issued_on.month - 1) // 3 * 3 + 1, day=1)
        key = (quarter, row.connection_id, row.customer_external_id, row.currency)
        amounts = (Decimal(1), row.total, cents(row.total * row.exchange_rate))
        sums[key] = [old + new for old, new in zip(sums[key], amounts, strict=True)]
    return {key: tuple(row) for key, row in sums.items()}


def kept_facts() -> dict[int, tuple[Any, ...]]:
    """What the roll-up of invoices holds."""
    columns = ("owner_id", "issued_on", "due_on", "settled_on", "status", "balance", "other")
    return {pk: tuple(row) for pk, *row in InvoiceFact.objects.values_list("invoice_id", *columns)}


def kept_days() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """What the roll-up of days holds."""
    amounts = ("invoices", "billed", "billed_home", "other", "applied", "tax_paid", "received")
    rows = DaySum.objects.values_list("day", "connection_id", "owner_id", "currency", *amounts)
    return {row[:4]: tuple(Decimal(each) for each in row[4:]) for row in rows if any(row[4:])}


def kept_customers() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """What the roll-up of customers holds."""
    columns = ("quarter", "connection_id", "customer", "currency", "invoices", "billed", "billed_home")
    return {row[:4]: (Decimal(row[4]), *row[5:]) for row in CustomerSum.objects.values_list(*columns)}


def kept_products() -> dict[tuple[Any, ...], tuple[Decimal, ...]]:
    """What the roll-up of products holds."""
    rows = ProductSum.objects.values_list("month", "owner_id", "product_id", "item", "lines", "amount")
    return {row[:4]: (Decimal(row[4]), row[5]) for row in rows}


def assert_equal() -> None:
    """Every roll-up equals the slow way."""
    assert kept_facts() == facts()
    assert kept_days() == days()
    assert kept_products() == products()
    assert kept_customers() == customers()
