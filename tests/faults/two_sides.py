"""A small company on both sides, worked on by the product's own tasks one at a time: the ground of the random families.

A step is a name and a number: the number seeds the step's own dice, so that steps can be left out of a failing run and
the others still do the same. ``World.run`` does steps, ``cycle`` what workers do until their next read is over.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import requests
from celery import current_app
from django.utils import timezone

from accounts.models import User
from api import tasks as api_tasks
from core.models import Event
from core.redis import redis_client
from crm_sync.wiring import EVENT_HANDLERS
from qbo_connector.mirror import pull, schedule
from qbo_connector.models import Connection, Operation, PullSchedule
from qbo_connector.outbox import drain
from sync import tasks
from sync.enums import SyncObject
from sync.publish import unseen
from sync.services.connections import add_default_mappings
from tests.books import Books
from tests.makers import user
from tests.quickbooks import QuickBooks, connect_realm, enable
from workflows import tasks as workflow_tasks

# Importing them registers them.
REGISTERED = (tasks, workflow_tasks, api_tasks)
Step = tuple[str, int]
PAST = "2000-01-01T00:00:00Z"
# What may still be asked of the product in one cycle before it counts as going round in circles.
MOST_ROUNDS = 25


class Killed(BaseException):
    """The process ends here: nothing that catches mistakes may catch this."""


@dataclass
class World:
    """Both sides, the person in the CRM, and how far messages have been handled."""

    books: Books
    rep: User
    handled: int = 0
    deaths: int = 0
    done: list[str] = field(default_factory=list)

    @property
    def connection(self) -> Connection:
        """The company's connection as it is now."""
        return Connection.objects.get(pk=self.books.connection.pk)

    @property
    def quickbooks(self) -> QuickBooks:
        """The simulator."""
        return self.books.quickbooks

    def there(self, entity: str) -> list[dict[str, Any]]:
        """All objects that QuickBooks has of an entity, inactive ones too."""
        found: list[dict[str, Any]] = self.quickbooks.call(
            "GET", f"objects/{self.books.connection.realm_id}/{entity}?active=all"
        )
        return found

    def act(self, path: str, **body: Any) -> dict[str, Any] | None:
        """What the accountant tries; None where QuickBooks refuses it."""
        url = f"{self.quickbooks.url}/_simulator/objects/{self.books.connection.realm_id}/{path}"
        answer = requests.post(url, json=body, timeout=30)
        assert answer.status_code < 500, (path, body, answer.text[:500])
        found: dict[str, Any] | None = answer.json() if answer.status_code < 300 else None
        return found

    def run(self, steps: Sequence[Step], doers: dict[str, Callable[["World", random.Random], Any]]) -> None:
        """Do the steps in their order."""
        for name, number in steps:
            said = doers[name](self, random.Random(number))
            self.done.append(f"{name} {number}: {said if said is not None else '-'}")

    # What workers do

    def guarded(self, work: Callable[[], Any]) -> None:
        """Some work of a worker, who may be killed during it; what it held is free again later."""
        try:
            work()
        except Killed:
            self.deaths += 1
            self.revive()

    def revive(self) -> None:
        """The time of all leases is over."""
        Operation.objects.filter(state="leased").update(leased_until=PAST)
        PullSchedule.objects.update(leased_until=None)

    def messages(self) -> None:
        """Handle the events since the last time by the tasks that are wired to them."""
        for _round in range(MOST_ROUNDS):
            events = list(Event.objects.filter(pk__gt=self.handled).order_by("pk").values_list("pk", "name"))
            if not events:
                return
            self.handled = events[-1][0]
            by_task: dict[str, list[int]] = {}
            for pk, name in events:
                for task in EVENT_HANDLERS.get(name, []):
                    by_task.setdefault(task, []).append(pk)
            for task, ids in by_task.items():
                self.guarded(lambda task=task, ids=ids: current_app.tasks[task](ids))  # type: ignore[misc]
        raise AssertionError("messages go round in circles")

    def lose_messages(self) -> None:
        """Nobody hears of what happened since the last time."""
        self.handled = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0

    def sweeps(self) -> None:
        """What beat starts now and then."""
        unseen.look_again(self.books.connection.pk)
        self.guarded(tasks.sweep)
        self.guarded(tasks.sweep_records)

    def send(self) -> None:
        """Send what is due, and take note of the answers."""
        for _round in range(MOST_ROUNDS):
            units: list[drain.Unit] = []
            self.guarded(lambda units=units: units.extend(drain.lease_units(self.books.connection.pk)))  # type: ignore[misc]
            if not units:
                return
            for unit in units:
                self.guarded(unit)
            self.messages()
        moving = Operation.objects.order_by("-pk").values("pk", "verb", "subject", "state", "attempts", "problem")[:4]
        raise AssertionError(f"sending goes round in circles: {list(moving)}")

    def read(self) -> None:
        """One read."""
        PullSchedule.objects.filter(connection=self.books.connection).update(due_at=timezone.now(), leased_until=None)
        for lease in schedule.lease_due(only=[self.books.connection.pk]):
            self.guarded(lambda lease=lease: pull.pull(lease))  # type: ignore[misc]

    def cycle(self) -> None:
        """Everything that runs between one read and the next."""
        self.messages()
        self.sweeps()
        self.send()
        self.read()
        self.messages()
        self.sweeps()
        self.send()

    def quiet(self) -> None:
        """No more trouble: faults are over, throttling has passed, what waits for its time is due."""
        self.quickbooks.call("DELETE", "faults")
        redis_client().flushdb()
        self.revive()
        self.make_due()
        Connection.objects.filter(pk=self.books.connection.pk).update(status="active")

    def make_due(self) -> None:
        """The pause before the next try is over."""
        Operation.objects.filter(state__in=["planned", "unknown", "leased"]).update(due_at=PAST)

    def writes(self) -> int:
        """Objects that QuickBooks has written for us so far, by the SyncTokens of its calls."""
        calls = self.quickbooks.call("GET", "calls?kind=write&limit=1000")["calls"]
        calls += self.quickbooks.call("GET", "calls?kind=batch&limit=1000")["calls"]
        return len([call for call in calls if call["requestid"]])


def open_world(quickbooks: QuickBooks, *, invoices_of: Sequence[str] = ("1", "1", "2"), **company: Any) -> World:
    """The company of the fixture; ``company`` says what is special about it, ``invoices_of`` who has an invoice."""
    wanted = {"name": "Small Books", "country": "US", "template": "us", "empty": True, **company}
    made = quickbooks.call("POST", "companies", wanted)
    connection = connect_realm(quickbooks, made["realmId"])
    add_default_mappings(connection.pk)
    enable(connection, *SyncObject.values)
    books = Books(quickbooks, connection)
    for number, name in enumerate(("Bright Gardens", "Cool Cars", "Rondo Homes")):
        books.customer(name, f"hello{number}@start.example")
    books.item("Design", UnitPrice=75, Sku="D-1")
    fountain = books.item("Rock Fountain", UnitPrice=275, Sku="F-1")
    for customer in invoices_of:
        detail = {"Qty": 3, "UnitPrice": 33.35, "ItemRef": {"value": fountain}}
        line = {"DetailType": "SalesItemLineDetail", "Amount": 100.05, "SalesItemLineDetail": detail}
        books.make("Invoice", CustomerRef={"value": customer}, Line=[line, {**line, "Description": "And another"}])
    books.sync()
    world = World(books, user("Admin"))
    world.lose_messages()
    quickbooks.call("DELETE", "calls")
    return world
