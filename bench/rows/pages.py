"""Pages of the real web server at 10,000 and at 1,000,000 invoices, two people at a time."""

import concurrent.futures
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most, middle
from bench.filling import insert, pick, settle
from bench.meter import Meter
from bench.stage import product
from bench.visitor import signed_in
from crm.models import Company, Contact, Deal, DealContact
from crm.services import pipelines
from crm_sync.launch.environment import free_port
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from qbo_connector.models import Connection
from reports.ready import all_ready
from reports.rollups import refresh

SMALL, LARGE = 10_000, 1_000_000
TRIES, QUICKLY = 30, 8
READERS = 2
WORDS = "Gardens Stone Paving Fountains Lighting Design Irrigation Nursery Timber Pools Fencing Roofing"
EMPTY = "an empty page"
# Lists and records; what else is on a page is loaded by itself.
RECORDS = {
    "deal": "/deals/{deal}/",
    "invoice card of a deal": "/invoices/of-deal/{deal}/",
    "contact": "/contacts/{contact}/",
    "invoices": "/invoices/",
    "invoices, overdue": "/invoices/?status=overdue",
    "invoices, searched": "/invoices/?q=INV-007",
}
MOST_STATEMENTS = 8


def _pages() -> dict[str, str]:
    reports = {f"report {report.key}": f"/reports/ready/{report.key}/" for report in all_ready()}
    return {EMPTY: "/lists/jobs/", **RECORDS, **reports}


def fill(invoices: int) -> None:
    """A company of that many invoices of one to three lines, a fifth as many deals, four fifths as many payments."""
    company = Connection.objects.create(
        environment="simulator", realm_id="1", company_name="Bench", country="US", home_currency="USD"
    )
    stages = list(pipelines.ensure_default().stages.values_list("pk", flat=True))
    deals, people = max(1, invoices // 5), max(1, invoices // 10)
    name = f"{pick(WORDS, 'n')} || ' ' || n"
    money = "round((n * 7919 % 900000) / 100.0 + 10, 2)"
    moment = "now() - n * interval '13 seconds'"
    insert(Company, people, {"name": name, "updated_at": moment})
    mail = "'person' || n || '@example.com'"
    contact = {"first_name": "'Ada'", "last_name": pick(WORDS, "n * 3"), "email": mail, "company_id": "n"}
    insert(Contact, people, {**contact, "updated_at": moment})
    stage = f"(ARRAY{stages})[1 + n % {len(stages)}]"
    of = f"1 + n % {people}"
    insert(Deal, deals, {"name": f"{name} || ' garden'", "stage_id": stage, "amount": money, "company_id": of})
    insert(DealContact, deals, {"deal_id": "n", "contact_id": of})
    owed = "CASE WHEN n % 5 = 0 THEN round((n * 7919 % 900000) / 100.0 + 10, 2) ELSE 0 END"
    books_of = {"connection_id": str(company.pk), "currency": "'USD'", "customer_external_id": f"({of})::text"}
    insert(
        Invoice,
        invoices,
        {
            **books_of,
            "external_id": "n::text",
            "number": "'INV-' || lpad(n::text, 7, '0')",
            "request_id": "gen_random_uuid()",
            "status": "CASE WHEN n % 5 > 0 THEN 'paid' WHEN n % 1000 < 60 THEN 'open' ELSE 'overdue' END",
            "deal_id": f"1 + n % {deals}",
            "customer_name": name,
            "issued_on": f"current_date - (n * 1000 / {invoices})::int",
            "due_on": f"current_date + 30 - (n * 1000 / {invoices})::int",
            "total": money,
            "subtotal": money,
            "balance": owed,
            "created_at": moment,
        },
    )
    line = {
        "invoice_id": f"1 + n % {invoices}",
        "item_name": pick(WORDS, "n"),
        "amount": "round(n % 900, 2)",
    }
    insert(InvoiceLine, invoices * 3, line)
    paid = {"external_id": "'p' || n", "received_on": f"current_date - (n * 1000 / {invoices})::int", "amount": money}
    insert(Payment, invoices * 4 // 5, {**books_of, **paid, "customer_name": name})
    insert(PaymentApplication, invoices * 4 // 5, {"payment_id": "n", "invoice_id": "n + n / 4", "amount": money})
    settle()
    refresh.refresh()


def _play(invoices: int, play: Play) -> dict[str, Any]:
    began = time.perf_counter()
    fill(invoices)
    person = books.admin()
    found: dict[str, Any] = {"filled s": time.perf_counter() - began}
    port = free_port(18_000)
    address = f"http://127.0.0.1:{port}"
    with product({**os.environ, "PORT": str(port), "WEB_PROCESSES": "2"}, play.folder, "web") as processes:
        sessions = [signed_in(address, person.email) for _reader in range(READERS)]
        given = {
            "deal": Deal.objects.values_list("pk", flat=True)[0],
            "contact": Contact.objects.values_list("pk", flat=True)[0],
        }
        # Both processes have opened what the first answer of each opens.
        for session in sessions * 10:
            session.get(address + "/lists/jobs/").raise_for_status()
        for name, pattern in _pages().items():
            found[name] = _measured(
                sessions, address + pattern.format(**given), processes["web"], QUICKLY if play.quick else TRIES
            )
    return found


def _measured(sessions: Sequence[requests.Session], url: str, web: int, tries: int) -> Figures:
    """What one page costs when two people ask for it at a time."""
    with concurrent.futures.ThreadPoolExecutor(max_workers=READERS) as pool:
        list(pool.map(lambda session: _times(session, url, 2), sessions))
        meter = Meter([web]).start()
        times = [each for part in pool.map(lambda session: _times(session, url, tries), sessions) for each in part]
        taken = meter.stop()
    return {
        "ms": statistics.median(times) * 1000,
        "worst": max(times) * 1000,
        "cpu ms": taken.cpu * 1000 / len(times),
        "database ms": taken.database * 1000 / len(times),
        "statements": taken.statements / len(times),
        "megabytes": taken.megabytes,
    }


def _times(session: requests.Session, url: str, tries: int) -> list[float]:
    """Seconds until each whole answer. Raises HTTPError for anything but a page."""
    times = []
    for _try in range(tries):
        began = time.perf_counter()
        answer = session.get(url, allow_redirects=False)
        answer.raise_for_status()
        assert answer.status_code == 200, (url, answer.status_code)
        times.append(time.perf_counter() - began)
    return times


def _small(play: Play) -> dict[str, Any]:
    return _play(SMALL, play)


def _large(play: Play) -> dict[str, Any]:
    return _play(play.size(LARGE), play)


def _lines(results: Mapping[str, Sequence[Figures]], of: Of) -> list[Line]:
    small, large = results["small"], results["large"]
    sizes = f"{SMALL:,} and {LARGE // of:,} invoices"
    empty = _middle(large, EMPTY, "ms")
    lines = [Line(f"an empty page, {sizes}", f"{_middle(small, EMPTY, 'ms'):.0f} ms; {empty:.0f} ms")]
    for name in _pages():
        if name == EMPTY:
            continue
        before, now = _middle(small, name, "ms"), _middle(large, name, "ms")
        worked = sum(_middle(large, name, each) for each in ("cpu ms", "database ms"))
        statements = _middle(large, name, "statements")
        text = f"{before:.0f} ms; {now:.0f} ms ({worked:.0f} ms of processor; {statements:.1f} statements)"
        grown = f"itself: {now / before:.2f}; an empty page: {now / empty:.1f}"
        good = at_most(now / before, 1.5) and at_most(now / empty, 4)
        goal = "1.5; 4"
        if name in RECORDS:
            good, goal = good and statements <= MOST_STATEMENTS, f"{goal}; {MOST_STATEMENTS} statements"
        lines.append(Line(f"{name}, {sizes}", text, grown, goal, good))
    return lines


def _middle(runs: Sequence[Figures], page: str, figure: str) -> float:
    return middle([run[page] for run in runs], figure)


ROW = Row("pages", [Variant("small", _small), Variant("large", _large)], _lines)
