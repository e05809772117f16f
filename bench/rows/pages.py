"""Pages of the real web server at 10,000 and at 1,000,000 invoices, two people at a time."""

import concurrent.futures
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

import requests
from django.db import connection as database

from bench import books
from bench.figures import Figures, Line, Of, Play, Row, Variant, at_most
from bench.filling import insert, pick, settle
from bench.stage import product
from bench.visitor import signed_in
from crm.models import Company, Contact, Deal, DealContact
from crm.services import pipelines
from crm_sync.launch.environment import free_port
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from qbo_connector.models import Connection
from reports.rollups import refresh

SMALL, LARGE = 10_000, 1_000_000
TRIES = 30
READERS = 2
WORDS = "Gardens Stone Paving Fountains Lighting Design Irrigation Nursery Timber Pools Fencing Roofing"
PAGES = {
    "empty page": "/me/",
    "deal": "/deals/{deal}/",
    "invoice card of a deal": "/invoices/of-deal/{deal}/",
    "contact": "/contacts/{contact}/",
    "invoices": "/invoices/",
    "invoices, overdue": "/invoices/?status=overdue",
    "invoices, searched": "/invoices/?q=INV-007",
    "aging": "/reports/ready/aging/",
    "billed and collected": "/reports/ready/billed-collected/",
    "top customers": "/reports/ready/top-customers/",
}
READY = "/reports/"


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
    with product({**os.environ, "PORT": str(port), "WEB_PROCESSES": "2"}, play.folder, "web"):
        sessions = [signed_in(address, person.email) for _reader in range(READERS)]
        given = {
            "deal": Deal.objects.values_list("pk", flat=True)[0],
            "contact": Contact.objects.values_list("pk", flat=True)[0],
        }
        with concurrent.futures.ThreadPoolExecutor(max_workers=READERS) as pool:
            for name, pattern in PAGES.items():
                url = address + pattern.format(**given)
                times = [each for part in pool.map(lambda s, u=url: _times(s, u), sessions) for each in part]
                statements = _statements(sessions[0], url)
                found[name] = {
                    "ms": statistics.median(times) * 1000,
                    "worst": max(times) * 1000,
                    "statements": statements,
                }
    return found


def _times(session: requests.Session, url: str) -> list[float]:
    """Seconds until the whole answer, after one that warms up. Raises HTTPError for anything but a page."""
    times = []
    for attempt in range(TRIES + 1):
        began = time.perf_counter()
        answer = session.get(url, allow_redirects=False)
        answer.raise_for_status()
        assert answer.status_code == 200, (url, answer.status_code)
        if attempt:
            times.append(time.perf_counter() - began)
    return times


def _statements(session: requests.Session, url: str) -> int | None:
    if not os.environ["BENCH_COUNTS"]:
        return None
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_stat_statements_reset()")
        session.get(url)
        cursor.execute(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements"
            " WHERE query !~ 'pg_stat_statements|^(BEGIN|COMMIT|SET)'"
            " AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def _small(play: Play) -> dict[str, Any]:
    return _play(SMALL, play)


def _large(play: Play) -> dict[str, Any]:
    return _play(play.size(LARGE), play)


def _lines(results: Mapping[str, Sequence[Figures]], of: Of) -> list[Line]:
    small, large = results["small"][0], results["large"][0]
    lines = []
    empty = large["empty page"]["ms"]
    for name in PAGES:
        before, now = small[name]["ms"], large[name]["ms"]
        text = f"{before:.0f} ms; {now:.0f} ms; {large[name]['statements']} statements"
        if name == "empty page":
            lines.append(Line(name, text))
            continue
        good = at_most(now / before, 1.5) and at_most(now / empty, 4)
        grown = f"itself: {now / before:.2f}; an empty page: {now / empty:.1f}"
        lines.append(Line(f"{name} at {SMALL:,} and {LARGE // of:,} invoices", text, grown, "1.5; 4", good))
    return lines


ROW = Row("pages", [Variant("small", _small, runs=1), Variant("large", _large, runs=1)], _lines)
