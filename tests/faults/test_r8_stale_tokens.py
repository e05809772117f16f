"""R8: what QuickBooks' people changed between our read and our write is never overwritten, and nothing is lost."""

import random
from decimal import Decimal

import pytest

from crm.models import Company, Product
from crm.services import companies, products
from invoices.models import Invoice
from invoices.services import edit
from qbo_connector.models import Operation
from qbo_connector.outbox import drain
from sync.enums import Outcome, Winner
from sync.models import Conflict, Link, ObjectSettings
from tests.agreement import assert_agreement
from tests.faults.seeds import seeds

MOST_TRIES = 3


class Company1:
    """A company; its phone is fought over, its website is the accountant's alone."""

    entity, object_type = "Customer", "company"

    def __init__(self, world):
        self.world, self.record = world, Company.objects.get(name="Bright Gardens")

    def change_here(self, text):
        companies.update(self.record, by=self.world.rep, phone=text)

    def here(self):
        self.record.refresh_from_db()
        return self.record.phone, self.record.website

    def fields(self, text, *, same):
        return {"PrimaryPhone": {"FreeFormNumber": text}} if same else {"WebAddr": {"URI": f"https://{text}.example"}}

    def there(self, row):
        return row.get("PrimaryPhone", {}).get("FreeFormNumber"), row.get("WebAddr", {}).get("URI", "")


class Product1(Company1):
    """A product; its description is fought over, its price the accountant's alone."""

    entity, object_type = "Item", "product"

    def __init__(self, world):
        self.world, self.record = world, Product.objects.get(name="Design")

    def change_here(self, text):
        products.update(self.record, by=self.world.rep, description=text)

    def here(self):
        self.record.refresh_from_db()
        return self.record.description, self.record.unit_price

    def fields(self, text, *, same):
        return {"Description": text} if same else {"UnitPrice": int(text.rpartition(" ")[2]) + 0.25}

    def there(self, row):
        return row.get("Description"), Decimal(str(row["UnitPrice"]))


class Invoice1(Company1):
    """An invoice; its message is fought over, its e-mail address is the accountant's alone."""

    entity, object_type = "Invoice", "invoice"

    def __init__(self, world):
        self.world, self.record = world, Invoice.objects.order_by("pk")[0]

    def change_here(self, text):
        edit.edit_invoice(self.record, by=self.world.rep, message=text)

    def here(self):
        self.record.refresh_from_db()
        return self.record.message, self.record.recipient

    def fields(self, text, *, same):
        return {"CustomerMemo": {"value": text}} if same else {"BillEmail": {"Address": f"{text[-1]}@there.example"}}

    def there(self, row):
        return row.get("CustomerMemo", {}).get("value"), row.get("BillEmail", {}).get("Address", "")


def duel(world, thing, rounds, *, same):
    """The accountant is faster ``rounds`` times; returns their last words and how often we tried."""
    link = Link.objects.get(object_type=thing.object_type, object_id=thing.record.pk)
    thing.change_here("ours")
    told = {}
    for number in range(1, rounds + 1):
        world.messages()
        units = drain.lease_units(world.connection.pk)
        if units:
            # QuickBooks tells whole seconds: it is later for sure.
            world.quickbooks.call("POST", "clock", {"advance": 2})
            told = thing.fields(f"theirs {number}", same=same)
            assert world.act(f"{thing.entity}/{link.qbo_id}", **told)
        for unit in units:
            unit()
    world.quiet()
    world.cycle()
    world.cycle()
    return link, told


@pytest.mark.parametrize("kind", [Company1, Product1, Invoice1], ids=lambda kind: kind.object_type)
@pytest.mark.parametrize("seed", seeds())
def test_an_edit_between_our_read_and_our_write_is_never_overwritten(seed, kind, world):
    dice = random.Random(seed)
    rounds, same = dice.choice([1, 1, 2, 3, 5]), dice.random() < 0.6
    winner = dice.choice([Winner.QUICKBOOKS, Winner.CRM, Winner.NEWEST, Winner.ASK])
    ObjectSettings.objects.update(winner=winner)
    thing = kind(world)

    link, told = duel(world, thing, rounds, same=same)

    case = f"{rounds} rounds, same {same}, {winner}"
    link.refresh_from_db()
    row = next(row for row in world.there(thing.entity) if row["Id"] == link.qbo_id)
    tries = Operation.objects.filter(subject=f"{thing.object_type}:{thing.record.pk}").count()
    assert tries <= MOST_TRIES, case
    # What the accountant wrote last, and we did not, is still there and has come here.
    theirs = thing.there({**row, **told})
    assert thing.there(row)[1] == theirs[1] == thing.here()[1], case
    if link.outcome == Outcome.FAILING:
        assert tries == MOST_TRIES, case
        assert link.reason, case
        assert thing.here()[0] == "ours", case
    elif not same or winner == Winner.CRM:
        assert thing.here()[0] == thing.there(row)[0] == "ours", case
    elif winner == Winner.ASK:
        (conflict,) = Conflict.objects.filter(link=link, resolved_at=None)
        assert (conflict.crm, conflict.quickbooks) == (thing.here()[0], thing.there(row)[0]), case
        assert thing.here()[0] == "ours", case
    else:
        assert thing.here()[0] == thing.there(row)[0] == theirs[0], case
    if link.outcome == Outcome.IN_SYNC:
        assert_agreement(world.quickbooks, world.connection)


@pytest.mark.parametrize("kind", [Company1, Product1, Invoice1], ids=lambda kind: kind.object_type)
def test_five_rounds_are_three_tries_and_a_new_edit_goes_through(kind, world):
    ObjectSettings.objects.update(winner=Winner.CRM)
    thing = kind(world)
    link, _told = duel(world, thing, 5, same=False)
    link.refresh_from_db()
    mine = Operation.objects.filter(subject=f"{thing.object_type}:{thing.record.pk}")
    assert (link.outcome, mine.count()) == (Outcome.FAILING, MOST_TRIES)
    assert "3 tries" in link.reason

    thing.change_here("ours again")
    world.cycle()
    world.cycle()

    row = next(row for row in world.there(thing.entity) if row["Id"] == link.qbo_id)
    assert thing.there(row)[0] == thing.here()[0] == "ours again"
    assert_agreement(world.quickbooks, world.connection)
