"""Sending 1,000 changed contacts at the pace that QuickBooks allows."""

import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, middle, spread
from bench.stage import product, wait_for_worker, wait_until
from crm.models import Contact
from crm.services import contacts
from qbo_connector.models import Operation
from qbo_connector.outbox.plan import OPEN
from sync.models import Link

CHANGED = 1_000
# QuickBooks' limits of a company, and ours, which stay a little below (settings.QBO_LIMITS).
BATCHES_A_MINUTE, IN_A_BATCH = 40, 30


def _play(play: Play) -> dict[str, Any]:
    realm = str(play.quickbooks.empty_company("Publishing"))
    wanted = play.size(CHANGED)
    play.quickbooks.call("POST", "generate", {"realmId": realm, "customers": wanted})
    connection = books.connect(play.quickbooks, realm)
    books.load(connection)
    linked = Link.objects.filter(connection=connection, object_type="contact").exclude(qbo_id="")
    people = list(Contact.objects.filter(pk__in=linked.values("object_id"))[:wanted])
    user = books.admin()
    play.quickbooks.call("POST", "limits", {"on": True})
    play.quickbooks.call("DELETE", "calls")
    try:
        with product(os.environ, play.folder, "worker", "beat"):
            wait_for_worker()
            began = time.perf_counter()
            for person in people:
                contacts.update(person, by=user, phone=f"650-555-{person.pk:04d}")
            wait_until(lambda: _sent(len(people)), seconds=900, what="sending", every=0.2)
            seconds = time.perf_counter() - began
    finally:
        play.quickbooks.call("POST", "limits", {"on": False})
    seen = play.quickbooks.call("GET", "calls?limit=0")
    rates = seen["rates"][realm]
    return {
        "contacts": len(people),
        "seconds": seconds,
        "a minute": len(people) / seconds * 60,
        "throttled": sum(row["count"] for row in seen.get("statuses", []) if row["status"] == 429),
        "most a second": rates["per_second"],
        "most a minute": rates["per_minute"],
        "most at once": rates["most_in_flight"],
    }


def _sent(people: int) -> bool:
    return (
        Operation.objects.filter(state="done").count() >= people
        and not Operation.objects.filter(state__in=OPEN).exists()
    )


def _lines(results: Mapping[str, Sequence[Figures]], _of: Of) -> list[Line]:
    runs = results["changed"]
    allowed = BATCHES_A_MINUTE * IN_A_BATCH
    fits = all(run["most a second"] <= 10 and run["most a minute"] <= 500 and run["most at once"] <= 10 for run in runs)
    what = f"publishing {middle(runs, 'contacts'):,.0f} changed contacts"
    calls = f"{middle(runs, 'most a second'):.0f} a second, {middle(runs, 'most at once'):.0f} at once at most"
    share = middle(runs, "a minute") / allowed
    return [
        Line(what, spread(runs, "seconds", digits=1)),
        Line(f"{what}, a minute", f"{share:.0%}", f"{allowed} in batches", "at least 90 %", share >= 0.9),
        Line(f"{what}, calls", calls, "QuickBooks' limits", "never over them", fits),
    ]


ROW = Row("publish", [Variant("changed", _play)], _lines)
