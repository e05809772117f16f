"""What may go wrong at random between the two sides. Each says what it does."""

import datetime
import importlib
import random
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from qbo_connector.models import Connection
from tests.faults.two_sides import Killed, World

Dice = random.Random
# Where a process can die, and whether before or after the work of that function was done.
POINTS = [
    ("qbo_connector.outbox.send", "frozen_body"),
    ("qbo_connector.outbox.send", "_post"),
    ("qbo_connector.outbox.send", "_commit"),
    ("qbo_connector.outbox.batch", "_post"),
    ("qbo_connector.outbox.batch", "_commit"),
    ("qbo_connector.mirror.pull", "_pull"),
    ("qbo_connector.mirror.schedule", "begin"),
    ("sync.publish.invoices", "publish"),
    ("sync.publish.invoice_changes", "plan_wish"),
    ("sync.publish.payments", "publish"),
    ("sync.publish.records", "publish_to"),
    ("sync.publish.settled", "_save"),
    ("sync.settle", "settle"),
    ("sync.reconcile.run", "_applied"),
]
FAULTS: list[dict[str, Any]] = [
    {"action": "throttle"},
    {"action": "status", "status": 500},
    {"action": "html", "status": 503},
    {"action": "status", "status": 502, "when": "after"},
    {"action": "drop"},
    {"action": "drop", "when": "after"},
    {"action": "cut", "when": "after", "cut_after": 30},
    {"action": "malformed", "when": "after"},
    {"action": "html", "status": 200, "when": "after"},
    {"action": "fault_in_200", "code": "10000"},
    {"action": "latency", "latency": 0.1},
    {"action": "status", "status": 401},
]


def fault(world: World, dice: Dice) -> str:
    """Some of the next calls go wrong."""
    rule = dice.choice(FAULTS)
    world.quickbooks.fault(path="/v3/", times=dice.randrange(1, 4), skip=dice.choice([0, 0, 1, 2]), **rule)
    return str(rule)


def expire_tokens(world: World, dice: Dice) -> None:
    """The access token ends before its time."""
    world.quickbooks.call("POST", "tokens/expire", {"realmId": world.books.connection.realm_id})


def lose_messages(world: World, dice: Dice) -> None:
    """The broker forgets what was to be done."""
    world.lose_messages()


def kill(world: World, dice: Dice) -> str:
    """A worker dies in the middle of the next cycle."""
    module, name = dice.choice(POINTS)
    when, at = dice.choice(["before", "after"]), dice.randrange(1, 4)
    with pytest.MonkeyPatch.context() as patch:
        _deadly(patch, module, name, when, at)
        world.cycle()
    return f"{when} {module}.{name}, call {at}"


def _deadly(patch: pytest.MonkeyPatch, module: str, name: str, when: str, at: int) -> None:
    original: Callable[..., Any] = getattr(importlib.import_module(module), name)
    calls = 0

    def deadly(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == at and when == "before":
            raise Killed
        found = original(*arguments, **options)
        if calls == at and when == "after":
            raise Killed
        return found

    patch.setattr(f"{module}.{name}", deadly)


def wrong_clock(world: World, dice: Dice) -> str:
    """Our clock is wrong during a cycle; QuickBooks', which is this process's as well, is not."""
    minutes = dice.choice([-10, 10])
    offset = world.quickbooks.call("GET", "clock")["offset"]
    wrong = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes=minutes)
    with time_machine.travel(wrong, tick=True):
        world.quickbooks.call("POST", "clock", {"offset": offset - 60 * minutes})
        world.cycle()
    world.quickbooks.call("POST", "clock", {"offset": offset})
    return f"{minutes} minutes"


def pause(world: World, dice: Dice) -> str:
    """Time goes on in QuickBooks, and what waits here is due."""
    seconds = dice.choice([5, 90, 3700])
    world.quickbooks.call("POST", "clock", {"advance": seconds})
    world.make_due()
    return f"{seconds} s"


def cycle(world: World, dice: Dice) -> None:
    """Workers work for a while."""
    world.cycle()


def half(world: World, dice: Dice) -> str:
    """Workers do one thing only."""
    part = dice.choice(["messages", "sweeps", "send", "read"])
    getattr(world, part)()
    return part


def reconnect(world: World, dice: Dice) -> None:
    """An admin reconnects a company that asked for it."""
    Connection.objects.filter(pk=world.books.connection.pk).update(status="active")


TROUBLE = {
    f"trouble: {each.__name__}": each
    for each in (fault, fault, expire_tokens, lose_messages, kill, kill, wrong_clock, pause)
}
WORK = {f"work: {each.__name__}": each for each in (cycle, half)}
