"""A day of work on both sides amid random faults, with real workers and a real beat: nothing lost, nothing grows."""

import contextlib
import http.server
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from django.db.models import Q
from django.utils import timezone

from api.scopes import SCOPES
from api.services import webhooks
from core.models import Event, Heartbeat, OutgoingRequest
from core.redis import redis_client
from qbo_connector.models import MirrorObject, Operation, PullSchedule, WebhookEvent
from tests import workers
from tests.agreement import assert_agreement
from tests.checker import assert_never_doubled
from tests.endurance import compressed, figures
from tests.faults.steps_here import HERE
from tests.faults.steps_there import THERE
from tests.faults.trouble import FAULTS
from tests.makers import user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.one_at_a_time("workers"),
    pytest.mark.timeout(60 * compressed.MINUTES + 900),
]
SEED = int(os.environ.get("ENDURANCE_SEED", "1"))
HOUR = compressed.HOUR
# Real seconds between two things that people do, and between two faults.
WORK_EVERY, FAULT_EVERY = 1.5, 7.0
# Memory counts from the second hour on, and once each kind of task has run in each process.
WARM = max(2 * HOUR, 60.0)


class Product:
    """A worker that is never hurt, one that is killed now and then, and a beat."""

    COMMANDS = {
        "steady": ["worker", "--concurrency", "2", "--without-gossip", "--without-mingle", "--hostname", "steady@%h"],
        "killed": ["worker", "--concurrency", "1", "--without-gossip", "--without-mingle", "--hostname", "killed@%h"],
        "beat": ["beat", "--scheduler", "crm_sync.launch.beat:DueAtOnce"],
    }

    def __init__(self, folder, environment):
        self.folder = folder
        self.environment = environment
        self.running = {}
        for name in self.COMMANDS:
            self.start(name)

    def start(self, name):
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [sys.executable, "-m", "tests.endurance.product", *self.COMMANDS[name]],
                cwd=workers.ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name):
        workers.stop(self.running[name])
        self.start(name)

    def stop(self):
        for process in self.running.values():
            workers.stop(process)


@pytest.fixture
def told():
    """An address outside that workflows and subscribers send to; what it got is counted."""

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            self.server.got += 1
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.got = 0
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def product(world, live_server, told, tmp_path):
    """The product at work for the small company, told of changes by webhooks, and telling an address outside."""
    world.rep = user("Admin", "admin@example.com")
    webhooks.create(
        url=f"http://127.0.0.1:{told.server_port}/hook",
        events=["company.created", "contact.created"],
        scopes=list(SCOPES),
        by=world.rep,
    )
    hook = {"address": f"{live_server.url}/webhooks/quickbooks", "verifier": "test-verifier", "retries": [0, 1]}
    world.quickbooks.call("POST", "webhooks", {**hook, "duplicates": 1, "shuffle": True})
    PullSchedule.objects.update(due_at=timezone.now())
    running = Product(tmp_path, workers.environment(**compressed.environment()))
    try:
        workers.wait_until(Heartbeat.objects.exists, seconds=60, what="the worker works")
        yield running
    finally:
        running.stop()
        world.quickbooks.call("DELETE", "webhooks")


def hurt(world, product, dice):
    """Some trouble; its name."""
    what = dice.choice(["api", "api", "api", "token", "worker", "broker", "beat"])
    if what == "api":
        rule = dice.choice(FAULTS)
        world.quickbooks.fault(path="/v3/", times=dice.randrange(1, 4), skip=dice.choice([0, 0, 1, 2]), **rule)
        return f"{rule['action']} {rule.get('when', '')}".strip()
    if what == "token":
        world.quickbooks.call("POST", "tokens/expire", {"realmId": world.books.connection.realm_id})
    elif what == "broker":
        redis_client().flushdb()
    else:
        product.kill("killed" if what == "worker" else "beat")
    return what


def work(world, dice):
    """Something that a person or the accountant does; False where it was refused, by name."""
    doers = {**HERE, **THERE}
    try:
        world.run([(dice.choice(sorted(doers)), dice.randrange(10**9))], doers)
    except Exception as refusal:
        # Rows change under people's hands, which services refuse by name; anything else is a mistake of ours.
        if type(refusal).__module__.split(".")[0] not in {"core", "crm", "invoices", "sync"}:
            raise
        return type(refusal).__name__
    return ""


def at_rest():
    """Nothing is on its way."""
    open_ones = Operation.objects.filter(Q(state__in=["planned", "leased", "unknown"]) | Q(settled_at=None))
    return not (
        open_ones.exists()
        or MirrorObject.objects.filter(unread=True).exists()
        or Event.objects.filter(dispatched_at=None).exists()
        or OutgoingRequest.objects.filter(finished_at=None).exists()
    )


def test_a_day_of_work_amid_faults(world, product, told):
    dice = random.Random(SEED)
    first_event = Event.objects.latest("pk").pk
    done, refused, faults, memory, waited = 0, Counter(), Counter(), [], []
    began = time.monotonic()
    due = {"work": began, "fault": began + FAULT_EVERY, "figures": began}
    while (now := time.monotonic()) < began + 60 * compressed.MINUTES:
        if now >= due["work"]:
            due["work"] = now + WORK_EVERY
            done += 1
            if name := work(world, dice):
                refused[name] += 1
        if now >= due["fault"]:
            due["fault"] = now + FAULT_EVERY
            faults[hurt(world, product, dice)] += 1
        if now >= due["figures"]:
            due["figures"] = now + max(HOUR / 4, 2)
            assert_never_doubled(world.quickbooks, world.connection)
            memory.append((now - began, figures.megabytes(product.running["steady"].pid)))
            waited.append(sum(figures.lines().values()))
        time.sleep(0.05)
    told_of = WebhookEvent.objects.latest("pk").pk
    settle(world)
    still = figures.left(compressed.KEPT + 2 * compressed.period(3600) + 15)
    lines = figures.lines()
    product.stop()
    start, end = (sum(part) / len(part) for part in spans(memory))
    summary = {
        "steps": done, "refused": dict(refused), "faults": dict(faults), "notices": told_of, "told": told.got,
        "events": Event.objects.latest("pk").pk, "MB": [round(start, 1), round(end, 1)],
        "waited": [max(waited), sum(waited) / len(waited)], "lines": lines, "still": still,
    }  # fmt: skip
    print("\n", summary)

    assert_never_doubled(world.quickbooks, world.connection)
    assert_agreement(world.quickbooks, world.connection)
    assert told_of > 0, "no webhook came"
    assert told.got > 0, "nobody was told"
    assert not still, still
    assert not Event.objects.filter(pk__lte=first_event).exists(), "the first events were never deleted"
    assert not WebhookEvent.objects.filter(pk=1).exists(), "the first notice was never deleted"
    assert sum(lines.values()) <= 40, lines
    assert end <= 1.1 * start, memory


def spans(memory):
    """The figures of two equal times: right after the start, and right before the end."""
    warm = [size for at, size in memory if at >= WARM] or [size for _at, size in memory[len(memory) // 2 :]]
    part = max(1, len(warm) // 4)
    return warm[:part], warm[-part:]


def settle(world):
    """The end of all trouble; the product comes to rest by itself, but for pauses, which are over."""
    world.quickbooks.call("DELETE", "faults")
    deadline = time.monotonic() + 300
    calm = 0
    while calm < 3:
        assert time.monotonic() < deadline, [
            list(Operation.objects.filter(settled_at=None).values("pk", "state", "verb", "subject", "problem")),
            MirrorObject.objects.filter(unread=True).count(),
            Event.objects.filter(dispatched_at=None).count(),
            list(OutgoingRequest.objects.filter(finished_at=None).values("pk", "state", "problem")),
        ]
        world.make_due()
        OutgoingRequest.objects.filter(state="planned").update(due_at=timezone.now())
        before = PullSchedule.objects.get().finished_at
        with contextlib.suppress(AssertionError):
            workers.wait_until(lambda at=before: PullSchedule.objects.get().finished_at != at, seconds=10)
        time.sleep(2)
        calm = calm + 1 if at_rest() else 0
