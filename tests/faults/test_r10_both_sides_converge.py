"""R9 and R10: random work on both sides amid random trouble ends in agreement, and then nothing moves any more.

``steps_of`` makes the steps of a seed. To find what a failing seed comes from, run it with fewer steps: every step has
dice of its own, so the others do the same as before (``World.done`` tells what each did).
"""

import random

import pytest

from core.models import Event
from tests.agreement import assert_agreement
from tests.checker import assert_never_doubled
from tests.faults.seeds import seeds
from tests.faults.steps_here import HERE
from tests.faults.steps_there import THERE
from tests.faults.trouble import TROUBLE, WORK
from tests.faults.two_sides import Step, World

pytestmark = [pytest.mark.slow]
DOERS = {**HERE, **THERE, **TROUBLE, **WORK}
STEPS = 24


def steps_of(seed: int, *, trouble: bool = True) -> list[Step]:
    """The steps of a seed: mostly edits, some work in between, some trouble."""
    dice = random.Random(seed)
    kinds = [(HERE, 8), (THERE, 8), (WORK, 4), (TROUBLE, 4 if trouble else 0)]
    steps = []
    for _number in range(STEPS):
        (doers,) = dice.choices([kind for kind, _weight in kinds], [weight for _kind, weight in kinds])
        steps.append((dice.choice(sorted(doers)), dice.randrange(10**9)))
    return steps


def converge(world: World) -> None:
    """Quiet: both sides agree after two cycles, having written each object a few times at most."""
    world.quiet()
    before = world.writes()
    objects = sum(len(world.there(entity)) for entity in ("Customer", "Item", "Invoice", "Payment"))
    world.cycle()
    world.make_due()
    world.cycle()
    assert_agreement(world.quickbooks, world.connection)
    assert world.writes() - before <= 2 * objects + 5, "they wrote and wrote"


def assert_idle(world: World, cycles: int = 2) -> None:
    """Cycles in which nothing happens on either side, for one read each."""
    world.quickbooks.call("DELETE", "calls")
    tokens = {row["Id"]: row["SyncToken"] for row in world.there("Customer") + world.there("Invoice")}
    last = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    for _cycle in range(cycles):
        world.cycle()
    calls = world.quickbooks.call("GET", "calls?limit=1000")["calls"]
    made = [(call["kind"], call["entity"], call["path"]) for call in calls if call["path"].startswith("/v3/")]
    assert [kind for kind, _entity, _path in made] == ["cdc"] * cycles, made
    assert {row["Id"]: row["SyncToken"] for row in world.there("Customer") + world.there("Invoice")} == tokens
    said = list(Event.objects.filter(pk__gt=last).values_list("name", "object_type", "object_id"))
    assert not said, said


def check(world: World, steps: list[Step]) -> None:
    """Do the steps and see that they end well."""
    try:
        world.run(steps, DOERS)
        assert_never_doubled(world.quickbooks, world.connection)
        converge(world)
        assert_idle(world)
        print("deaths", world.deaths)
    except AssertionError:
        print("\n".join(world.done))
        raise


@pytest.mark.parametrize("seed", seeds())
def test_random_work_amid_random_trouble_ends_in_agreement(seed, world):
    check(world, steps_of(seed))


@pytest.mark.parametrize("seed", seeds())
def test_random_work_ends_in_agreement(seed, world):
    check(world, steps_of(1000 + seed, trouble=False))
