"""What the accountant does in QuickBooks, at random. Each says what it did, or None where QuickBooks refused it."""

import random
from typing import Any

from crm.models import Company
from crm.services import companies
from invoices.models import Invoice
from invoices.services import edit
from sync.models import Link
from tests.faults.steps_here import money, pick, word
from tests.faults.two_sides import World

Dice = random.Random


def _one(world: World, dice: Dice, entity: str, **wanted: Any) -> dict[str, Any] | None:
    rows = sorted(world.there(entity), key=lambda row: int(row["Id"]))
    found: dict[str, Any] | None = pick(
        dice, [row for row in rows if all(row.get(name) == value for name, value in wanted.items())]
    )
    return found


def _did(made: dict[str, Any] | None, what: str) -> str | None:
    return f"{what} {made.get('Id', '')}" if made is not None else None


def add_customer(world: World, dice: Dice) -> str | None:
    """A company, a person, or both in one; with or without an e-mail address."""
    name = f"Kunde {word(dice)}"
    fields: dict[str, Any] = {"DisplayName": name}
    kind = dice.choice(["company", "person", "both", "bare"])
    if kind in ("company", "both"):
        fields["CompanyName"] = name
    if kind in ("person", "both"):
        fields |= {"GivenName": "Robin", "FamilyName": word(dice)}
    if dice.random() < 0.8:
        fields["PrimaryEmailAddr"] = {"Address": f"k{dice.randrange(10**6)}@there.example"}
    return _did(world.act("Customer", **fields), "customer")


def edit_customer(world: World, dice: Dice) -> str | None:
    """One or two fields of a customer."""
    row = _one(world, dice, "Customer", Active=True)
    if row is None:
        return None
    some: dict[str, Any] = {
        "PrimaryPhone": {"FreeFormNumber": f"777 {dice.randrange(10**6)}"},
        "WebAddr": {"URI": f"https://q{dice.randrange(10**6)}.example"},
        "BillAddr": {"Line1": f"{dice.randrange(99)} Side St", "City": dice.choice(["Bend", "Salem"])},
        "PrimaryEmailAddr": {"Address": f"q{dice.randrange(10**6)}@there.example"},
    }
    if row.get("CompanyName"):
        some["CompanyName"] = f"Kunde {word(dice)}"
    fields = {name: some[name] for name in dice.sample(sorted(some), dice.choice([1, 1, 2]))}
    return _did(world.act(f"Customer/{row['Id']}", **fields), f"customer {sorted(fields)}")


def deactivate(world: World, dice: Dice) -> str | None:
    """A customer or an item leaves the lists."""
    entity = dice.choice(["Customer", "Item"])
    row = _one(world, dice, entity, Active=True)
    return row and _did(world.act(f"{entity}/{row['Id']}", operation="deactivate"), entity)


def reactivate(world: World, dice: Dice) -> str | None:
    """A customer or an item comes back."""
    entity = dice.choice(["Customer", "Item"])
    row = _one(world, dice, entity, Active=False)
    return row and _did(world.act(f"{entity}/{row['Id']}", operation="reactivate"), entity)


def merge_customers(world: World, dice: Dice) -> str | None:
    """One customer becomes part of another."""
    loser, winner = _one(world, dice, "Customer", Active=True), _one(world, dice, "Customer", Active=True)
    if loser is None or winner is None or loser["Id"] == winner["Id"]:
        return None
    made = world.act(f"Customer/{loser['Id']}", operation="merge", into=winner["Id"])
    return _did(made, f"customer {loser['Id']} into")


def add_item(world: World, dice: Dice) -> str | None:
    """A new service."""
    account = next(row["Id"] for row in world.there("Account") if row["AccountType"] == "Income")
    fields = {"Name": f"Werk {word(dice)}", "Type": "Service", "IncomeAccountRef": {"value": account}}
    return _did(world.act("Item", UnitPrice=float(money(dice)), **fields), "item")


def edit_item(world: World, dice: Dice) -> str | None:
    """Price or description of an item."""
    row = _one(world, dice, "Item", Active=True, Type="Service")
    fields: dict[str, Any] = dice.choice([{"UnitPrice": float(money(dice))}, {"Description": word(dice)}])
    return row and _did(world.act(f"Item/{row['Id']}", **fields), f"item {fields}")


def _line(world: World, dice: Dice) -> dict[str, Any] | None:
    item = _one(world, dice, "Item", Active=True, Type="Service")
    quantity, price = dice.randrange(1, 5), money(dice)
    detail = {"Qty": quantity, "UnitPrice": float(price), "ItemRef": {"value": item["Id"]}} if item else {}
    line = {"DetailType": "SalesItemLineDetail", "Amount": float(quantity * price), "SalesItemLineDetail": detail}
    return line if item else None


def add_invoice(world: World, dice: Dice) -> str | None:
    """An invoice that QuickBooks' people write."""
    customer, lines = _one(world, dice, "Customer", Active=True), [_line(world, dice) for _n in range(2)]
    if customer is None or None in lines:
        return None
    return _did(world.act("Invoice", CustomerRef={"value": customer["Id"]}, Line=lines), "invoice")


def edit_invoice(world: World, dice: Dice) -> str | None:
    """Head or lines of an invoice."""
    row = _one(world, dice, "Invoice")
    if row is None:
        return None
    lines = [line for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    if dice.random() < 0.5 and lines and row["TotalAmt"]:
        extra = _line(world, dice)
        if dice.random() < 0.3 and len(lines) > 1:
            lines.pop()
        elif dice.random() < 0.5 and extra:
            lines.append(extra)
        else:
            lines[0]["Description"] = word(dice)
        return _did(world.act(f"Invoice/{row['Id']}", Line=lines), "lines of invoice")
    fields: dict[str, Any] = dice.choice(
        [{"CustomerMemo": {"value": word(dice)}}, {"BillEmail": {"Address": f"b{dice.randrange(999)}@there.example"}}]
    )
    return _did(world.act(f"Invoice/{row['Id']}", **fields), f"invoice {sorted(fields)}")


def void_invoice(world: World, dice: Dice) -> str | None:
    """An invoice's amounts become zero."""
    row = _one(world, dice, "Invoice")
    return row and _did(world.act(f"Invoice/{row['Id']}", operation="void"), "invoice")


def delete_invoice(world: World, dice: Dice) -> str | None:
    """An invoice is gone."""
    row = _one(world, dice, "Invoice")
    return row and _did(world.act(f"Invoice/{row['Id']}", operation="delete"), f"invoice {row['Id']}")


def pay(world: World, dice: Dice) -> str | None:
    """A payment: of an invoice, of all of a customer, or of nothing yet."""
    row = _one(world, dice, "Invoice")
    if row is None:
        return None
    kind = dice.choice(["one", "part", "many", "unapplied"])
    if kind == "many":
        rows = [each for each in world.there("Invoice") if each["CustomerRef"] == row["CustomerRef"]]
        open_ones = [each for each in rows if each["Balance"] > 0]
    else:
        open_ones = [row] if row["Balance"] > 0 and kind != "unapplied" else []
    amounts = [round(each["Balance"] / (2 if kind == "part" else 1), 2) for each in open_ones]
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": each["Id"], "TxnType": "Invoice"}]}
        for each, amount in zip(open_ones, amounts, strict=True)
    ]
    total = round(sum(amounts) + (dice.choice([0, 5.55]) if lines else 12.5), 2)
    return _did(world.act("Payment", CustomerRef=row["CustomerRef"], TotalAmt=total, Line=lines), f"{kind} payment")


def reverse_payment(world: World, dice: Dice) -> str | None:
    """A payment is unapplied, voided or deleted."""
    row = _one(world, dice, "Payment")
    how = dice.choice(["unapply", "void", "delete"])
    return row and _did(world.act(f"Payment/{row['Id']}", operation=how), f"{how} payment {row['Id']}")


def edit_same_customer(world: World, dice: Dice) -> str | None:
    """Both sides change one company at a time, sometimes the same field, sometimes to the same value."""
    link = pick(dice, Link.objects.filter(object_type="company", outcome="in_sync").order_by("pk"))
    company = link and Company.objects.filter(pk=link.object_id, archived_at=None).first()
    if company is None:
        return None
    number = f"555 {dice.randrange(10**6)}"
    same = number if dice.random() < 0.3 else f"777 {dice.randrange(10**6)}"
    fields: dict[str, Any] = dice.choice(
        [{"PrimaryPhone": {"FreeFormNumber": same}}, {"WebAddr": {"URI": f"https://q{dice.randrange(10**6)}.example"}}]
    )
    companies.update(company, by=world.rep, phone=number)
    return _did(world.act(f"Customer/{link.qbo_id}", **fields), f"company {company.pk} {sorted(fields)}")


def edit_same_invoice(world: World, dice: Dice) -> str | None:
    """Both sides change one invoice at a time: message here, message, e-mail or a line there."""
    rows = Invoice.objects.filter(removed_at=None, voided=False, ending="").exclude(external_id="")
    invoice = pick(dice, rows.order_by("pk"))
    row = next((row for row in world.there("Invoice") if invoice and row["Id"] == invoice.external_id), None)
    if row is None:
        return None
    try:
        edit.edit_invoice(invoice, by=world.rep, message=word(dice))
    except edit.NotEditable:
        return None
    lines = [{**line, "Description": word(dice)} for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    fields: dict[str, Any] = dice.choice(
        [{"CustomerMemo": {"value": word(dice)}}, {"BillEmail": {"Address": "both@there.example"}}, {"Line": lines}]
    )
    return _did(world.act(f"Invoice/{row['Id']}", **fields), f"invoice {invoice.pk} {sorted(fields)}")


THERE = {
    f"there: {each.__name__}": each
    for each in (
        add_customer, edit_customer, deactivate, reactivate, merge_customers, add_item, edit_item, add_invoice,
        edit_invoice, void_invoice, delete_invoice, pay, reverse_payment, edit_same_customer, edit_same_invoice,
    )
}  # fmt: skip
