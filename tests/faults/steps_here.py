"""What people do in the CRM, at random, through the product's own services. Each says what it did, or None."""

import datetime
import random
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.utils import timezone

from crm.models import Company, Contact, Product
from crm.services import companies, contacts, products
from invoices.editing import EditedLine
from invoices.models import Invoice, InvoiceLine
from invoices.reading import DraftProblems
from invoices.services import edit, endings, payments
from tests.faults.two_sides import World
from tests.makers import deal_of, requested_invoice

Dice = random.Random
_SERVICES: dict[type, Any] = {Company: companies, Contact: contacts, Product: products}


def pick(dice: Dice, rows: Any) -> Any:
    """One of some rows, in a fixed order; None where there are none."""
    found = list(rows)
    return dice.choice(found) if found else None


def money(dice: Dice, most: int = 500) -> Decimal:
    """An amount with cents."""
    return Decimal(dice.randrange(1, most * 100)) / 100


def word(dice: Dice) -> str:
    """A text that nobody else has."""
    kind = dice.choice(["North", "Süd", "Öst", "Ouest", "O'Neil & Co", "東京"])
    return f"{kind} {dice.randrange(10**6)}"


def add_company(world: World, dice: Dice) -> str:
    """A new company, with or without an e-mail address."""
    email = f"c{dice.randrange(10**6)}@here.example" if dice.random() < 0.8 else ""
    return str(companies.create(by=world.rep, name=f"Firm {word(dice)}", email=email, phone=f"555 {dice.random():.4f}"))


def add_contact(world: World, dice: Dice) -> str:
    """A new contact, often of a company."""
    company = pick(dice, Company.objects.filter(archived_at=None).order_by("pk")) if dice.random() < 0.5 else None
    email = f"p{dice.randrange(10**6)}@here.example"
    return str(contacts.create(by=world.rep, first_name="Pat", last_name=word(dice), email=email, company=company))


def add_product(world: World, dice: Dice) -> str:
    """A new product."""
    return str(products.create(by=world.rep, name=f"Work {word(dice)}", unit_price=money(dice), currency="USD"))


def edit_record(world: World, dice: Dice) -> str | None:
    """One or two fields of some record."""
    model = dice.choice([Company, Company, Contact, Product])
    record = pick(dice, model.objects.filter(archived_at=None).order_by("pk"))
    if record is None:
        return None
    some: dict[str, Any] = {
        "phone": f"555 {dice.randrange(10**6)}",
        "website": f"https://w{dice.randrange(10**6)}.example",
        "billing_address": {"line1": f"{dice.randrange(99)} Main St", "city": dice.choice(["Bend", "Salem"])},
        "name": f"Firm {word(dice)}",
        "description": word(dice),
        "unit_price": money(dice),
        "last_name": word(dice),
        "email": f"e{dice.randrange(10**6)}@here.example",
    }
    fields = {
        Company: ["phone", "website", "billing_address", "name", "email"],
        Contact: ["phone", "website", "last_name", "email"],
        Product: ["description", "unit_price"],
    }[model]
    chosen = {name: some[name] for name in dice.sample(fields, dice.choice([1, 1, 2]))}
    _SERVICES[model].update(record, by=world.rep, **chosen)
    return f"{model.__name__} {record.pk} {chosen}"


def archive(world: World, dice: Dice) -> str | None:
    """Some record leaves the lists."""
    model = dice.choice([Company, Contact, Product])
    record = pick(dice, model.objects.filter(archived_at=None).order_by("pk"))
    if record is not None:
        _SERVICES[model].archive(record, by=world.rep)
    return record and f"{model.__name__} {record.pk}"


def restore(world: World, dice: Dice) -> str | None:
    """Some record comes back."""
    model = dice.choice([Company, Contact, Product])
    record = pick(dice, model.objects.exclude(archived_at=None).order_by("pk"))
    if record is not None:
        _SERVICES[model].restore(record, by=world.rep)
    return record and f"{model.__name__} {record.pk}"


def request_invoice(world: World, dice: Dice) -> str | None:
    """An invoice for some company."""
    company = pick(dice, Company.objects.filter(archived_at=None).order_by("pk"))
    items = list(Product.objects.filter(archived_at=None, active=True).order_by("pk").values_list("name", flat=True))
    if company is None or not items:
        return None
    lines = [(dice.choice(items), str(dice.randrange(1, 5)), str(money(dice))) for _n in range(dice.randrange(1, 4))]
    try:
        return f"invoice {requested_invoice(deal_of(company.name, world.rep, *lines), world.rep).pk}"
    except DraftProblems:
        return None


def _invoices() -> Any:
    return Invoice.objects.filter(removed_at=None, voided=False).exclude(external_id="").order_by("pk")


def edit_invoice(world: World, dice: Dice) -> str | None:
    """Head or lines of an invoice that QuickBooks has."""
    invoice = pick(dice, _invoices())
    if invoice is None:
        return None
    changes: dict[str, Any] = {}
    if dice.random() < 0.6:
        changes["message"] = word(dice)
    if dice.random() < 0.3:
        changes["due_on"] = invoice.issued_on + datetime.timedelta(days=dice.randrange(60))
    if dice.random() < 0.5 or not changes:
        changes["lines"] = _other_lines(invoice, dice)
    try:
        edit.edit_invoice(invoice, by=world.rep, **changes)
    except (edit.NotEditable, edit.BadEdit):
        return None
    return f"invoice {invoice.pk} {sorted(changes)}"


def _other_lines(invoice: Invoice, dice: Dice) -> list[EditedLine]:
    names = ("item_external_id", "item_name", "description", "quantity", "unit_price", "service_on", "amount")
    stored = list(InvoiceLine.objects.filter(invoice=invoice, kind="item"))
    lines = [
        EditedLine(
            line.pk, tax_code_external_id=line.tax_code_external_id, **{name: getattr(line, name) for name in names}
        )
        for line in stored
    ]
    what = dice.choice(["price", "add", "remove", "text"])
    if what == "remove" and len(lines) > 1:
        lines.pop(dice.randrange(len(lines)))
    elif what == "add" and lines:
        first = lines[0]
        lines.append(EditedLine(None, first.item_external_id, quantity=Decimal(1), unit_price=money(dice)))
    elif lines:
        number = dice.randrange(len(lines))
        old = lines[number]
        new = {"unit_price": money(dice), "quantity": Decimal(dice.randrange(1, 9))}
        new = new if what == "price" else {"description": word(dice)}  # type: ignore[dict-item]
        lines[number] = EditedLine(**{**old.__dict__, **new})
    return lines


def void_invoice(world: World, dice: Dice) -> str | None:
    """An invoice counts for nothing any more."""
    return _end(world, dice, endings.void)


def delete_invoice(world: World, dice: Dice) -> str | None:
    """An invoice is to go."""
    return _end(world, dice, endings.delete)


def _end(world: World, dice: Dice, how: Callable[..., Any]) -> str | None:
    invoice = pick(dice, _invoices())
    if invoice is None:
        return None
    try:
        how(invoice, by=world.rep)
    except endings.NotPossible:
        return None
    return f"invoice {invoice.pk}"


def record_payment(world: World, dice: Dice) -> str | None:
    """A payment of one invoice or several, in part, in full, or more than that."""
    first = pick(dice, _invoices().filter(balance__gt=0, ending=""))
    if first is None:
        return None
    also = list(_invoices().filter(customer_external_id=first.customer_external_id, balance__gt=0)[:3])
    chosen = also if dice.random() < 0.3 else [first]
    parts = [(each, each.balance if dice.random() < 0.5 else (each.balance / 2).quantize(Decimal("0.01")))
             for each in chosen if each.balance > Decimal("0.02")]  # fmt: skip
    if not parts:
        return None
    amount = sum((part for _invoice, part in parts), Decimal(0)) + (money(dice, 20) if dice.random() < 0.3 else 0)
    try:
        made = payments.record(
            payments.Received(amount, timezone.localdate(), parts),
            request_id=uuid.UUID(int=dice.getrandbits(128)),
            by=world.rep,
        )
    except payments.BadPayment:
        return None
    return f"payment {made.pk} of {amount}"


HERE = {
    f"here: {each.__name__}": each
    for each in (
        add_company, add_contact, add_product, edit_record, archive, restore, request_invoice, edit_invoice,
        void_invoice, delete_invoice, record_payment,
    )
}  # fmt: skip
