"""R16: whatever arrives first, nothing crashes, and at rest everything hangs together to the cent."""

import random

import pytest

from invoices.models import Invoice, PaymentApplication
from qbo_connector.models import MirrorObject, ParkedRecord, PullSchedule
from tests.agreement import assert_agreement
from tests.faults.seeds import seeds
from tests.faults.steps_there import THERE
from tests.faults.test_r10_both_sides_converge import assert_idle
from tests.faults.two_sides import World

ENTITIES = ["Customer", "Item", "Invoice", "Payment"]
NEW = ["there: add_customer", "there: add_item", "there: add_invoice", "there: add_invoice", "there: pay", "there: pay",
       "there: pay", "there: reverse_payment"]  # fmt: skip


def arrive(world: World, arrived: list[str], known: set[int], cursor) -> None:
    """Read everything since ``cursor``, but only objects of some entities have come so far."""
    PullSchedule.objects.update(cursor=cursor)
    world.read()
    MirrorObject.objects.filter(entity__in=set(ENTITIES) - set(arrived)).exclude(pk__in=known).delete()
    world.messages()
    world.sweeps()


@pytest.mark.parametrize("seed", seeds(found=(7,)))
def test_entities_arrive_in_any_order(seed, world):
    dice = random.Random(seed)
    known = set(MirrorObject.objects.values_list("pk", flat=True))
    cursor = PullSchedule.objects.get().cursor
    order = dice.sample(ENTITIES, len(ENTITIES))
    for number in range(1, len(order) + 1):
        world.run([(dice.choice(NEW), dice.randrange(10**9)) for _step in range(6)], THERE)
        arrive(world, order[:number], known, cursor)
    world.quiet()
    world.cycle()
    world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    assert not ParkedRecord.objects.exists()
    orphans = PaymentApplication.objects.filter(invoice=None, payment__removed_at=None)
    assert not orphans.exists(), (order, list(orphans))
    nobody = [
        i.pk for i in Invoice.objects.filter(removed_at=None) if not (i.companies.exists() or i.contacts.exists())
    ]
    linked = {row["Id"] for row in world.there("Customer") if row.get("PrimaryEmailAddr") and row["Active"]}
    assert not [pk for pk in nobody if Invoice.objects.get(pk=pk).customer_external_id in linked], order
    assert_idle(world)


@pytest.mark.parametrize("seed", seeds(10))
def test_a_payment_before_its_invoices(seed, world):
    """Over many, in part, with a rest, and reversed before the invoices come."""
    dice = random.Random(seed)
    known, cursor = set(MirrorObject.objects.values_list("pk", flat=True)), PullSchedule.objects.get().cursor
    line = world.there("Invoice")[0]["Line"][0]
    ids = [world.books.make("Invoice", CustomerRef={"value": "1"}, Line=[line]) for _n in range(dice.randrange(1, 4))]
    parts = [dice.choice([100.05, 33.33, 0.01]) for _id in ids]
    lines = [
        {"Amount": part, "LinkedTxn": [{"TxnId": qbo_id, "TxnType": "Invoice"}]}
        for part, qbo_id in zip(parts, ids, strict=True)
    ]
    total = round(sum(parts) + dice.choice([0, 7.77]), 2)
    payment = world.books.make("Payment", CustomerRef={"value": "1"}, TotalAmt=total, Line=lines)
    arrive(world, ["Customer", "Item", "Payment"], known, cursor)
    assert PaymentApplication.objects.filter(invoice=None).count() == len(ids)
    how = dice.choice(["", "unapply", "void", "delete"])
    if how:
        world.act(f"Payment/{payment}", operation=how)
    arrive(world, ENTITIES, known, cursor)
    world.cycle()

    assert_agreement(world.quickbooks, world.connection)
    assert not PaymentApplication.objects.filter(invoice=None, payment__removed_at=None).exists()
    assert_idle(world)
