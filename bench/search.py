"""How long the search over everything takes: ``.venv/bin/python -m bench.search --records 1000000``.

Starts a PostgreSQL of its own in a folder that it removes, fills it with generated records of every kind, asks what
people ask, and prints a table of milliseconds. It touches no other database. ``--keep FOLDER`` keeps the data for the
next run.
"""

# ruff: noqa: T201 -- a program that prints

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.filling import pick
from bench.stage import environment

GOAL = 100.0  # milliseconds for the palette's whole answer, in the middle of the tries
TRIES = 9
# Of all records, which part is of which kind.
SHARES = {
    "contact": 0.22,
    "company": 0.08,
    "deal": 0.12,
    "product": 0.02,
    "quote": 0.06,
    "task": 0.07,
    "invoice": 0.18,
    "payment": 0.09,
    "credit": 0.01,
    "activity": 0.10,
    "file": 0.05,
}
FIRST = "John Mary Ana Wei Fatima Olga Pierre Juan Aisha Kenji Lena Noah Emma Liam Mia Omar Ivan Zoe Max Ines"
LAST = "Smith Garcia Müller Chen Okafor Novak Dubois Silva Kim Haddad Jensen Rossi Patel Kowalski Sato"
TRADE = "Gardens Stone Paving Fountains Lighting Design Irrigation Nursery Timber Pools Fencing Roofing"
QUESTIONS = (
    ("rare word", "xq77431"),
    ("rare name", "okafor 12345"),
    ("common word", "john"),
    ("very common word", "com"),
    ("short word", "in"),
    ("one letter", "a"),
    ("two common words", "john smith"),
    ("common and short", "smith a"),
    ("three words", "garden design smith"),
    ("e-mail", "john.smith.1000@example1000.com"),
    ("domain", "example4242.com"),
    ("phone, last digits", "004242"),
    ("phone, whole", "+1 (650) 500-4242"),
    ("invoice number", "INV-000777"),
    ("bare number", "777"),
    ("amount", "1,277.50"),
    ("frequent amount", "100.00"),
    ("words of a note", "talk with lena about ticket 4242"),
    ("file", "lighting-plan-42"),
    ("miss", "zzzzzz"),
    ("two words, miss", "john zzzzzz"),
)


def _columns(kind: str, given: Mapping[str, int]) -> tuple[Any, dict[str, str]]:
    """The model of a kind, and SQL for the columns that matter to a search; ``n`` counts the rows."""
    from core import models as core  # noqa: PLC0415 -- Django is set up by main
    from crm import models as crm  # noqa: PLC0415
    from invoices import models as invoices  # noqa: PLC0415

    first, last = pick(FIRST, "n"), pick(LAST, "n * 7")
    company = f"{last} || ' ' || {pick(TRADE, 'n * 11')} || ' ' || n"
    amount = "CASE WHEN n % 20 = 0 THEN 100 ELSE round((n * 7919 % 900000) / 100.0 * 4 + 1, 1) / 4 END"
    moment = "now() - n * interval '7 seconds'"
    day = "current_date - (n / 300)::int"
    books = {"connection_id": str(given["connection"]), "customer_name": company, "currency": "'USD'"}
    match kind:
        case "contact":
            return crm.Contact, {
                "first_name": first,
                "last_name": last,
                "email": f"lower({first} || '.' || {last} || '.' || n || '@example' || n || '.com')",
                "phone": "'(650) 5' || lpad(n::text, 6, '0')",
                "updated_at": moment,
            }
        case "company":
            return crm.Company, {"name": company, "domain": "'example' || n || '.com'", "updated_at": moment}
        case "deal":
            name = f"{pick(TRADE, 'n * 3')} || ' in the garden for ' || {last}"
            return crm.Deal, {"name": name, "stage_id": str(given["stage"]), "amount": amount, "updated_at": moment}
        case "product":
            return crm.Product, {"name": f"{pick(TRADE, 'n')} || ' xq' || n", "sku": "'SKU-' || n"}
        case "quote":
            return crm.Quote, {
                "title": f"{pick(TRADE, 'n * 5')} || ' in detail'",
                "number": "'Q-' || lpad(n::text, 6, '0')",
                "amount": amount,
                "updated_at": moment,
            }
        case "task":
            return crm.Task, {"title": f"'Call ' || {first} || ' ' || {last}"}
        case "invoice":
            number = "'INV-' || lpad(n::text, 6, '0')"
            recipient = f"lower({first} || n || '@example.com')"
            return invoices.Invoice, {
                **books,
                "number": number,
                "recipient": recipient,
                "issued_on": day,
                "total": amount,
                "request_id": "gen_random_uuid()",
            }
        case "activity":
            said = " || ' about ' || ".join(pick(TRADE if step % 2 else FIRST, f"n * {step}") for step in range(2, 26))
            return crm.Activity, {
                "kind": "(ARRAY['note', 'call', 'email', 'meeting'])[1 + n % 4]",
                "subject": f"'Talk with ' || {first} || ' ' || {last}",
                "body": f"{said} || ' on ticket ' || n",
                "occurred_at": moment,
            }
        case "file":
            name = f"lower({pick(TRADE, 'n')}) || '-plan-' || n || '.pdf'"
            given_key = {"key": "gen_random_uuid()", "object_type": "'deal'", "object_id": "n"}
            return core.StoredFile, {"name": name, "size": "1000", **given_key}
        case "payment":
            return invoices.Payment, {**books, "received_on": day, "amount": amount, "reference": "'R' || n"}
    return invoices.CreditDocument, {
        **books,
        "kind": "'creditmemo'",
        "number": "'CM-' || n",
        "issued_on": day,
        "total": amount,
    }


def fill(records: int) -> None:
    """Generated records of every kind, in one statement for each."""
    from bench.filling import insert, settle  # noqa: PLC0415 -- Django is set up by main
    from crm.services import pipelines  # noqa: PLC0415
    from qbo_connector.models import Connection  # noqa: PLC0415

    books = Connection.objects.create(
        environment="simulator", realm_id="1", company_name="Bench", country="US", home_currency="USD"
    )
    given = {"connection": books.pk, "stage": pipelines.ensure_default().stages.all()[0].pk}
    for kind, share in SHARES.items():
        model, columns = _columns(kind, given)
        insert(model, int(records * share), columns)
    settle()


@dataclass(frozen=True)
class Measured:
    """Milliseconds of a try: in the middle and at worst on the clock, and what it worked, here and in PostgreSQL.

    The last one is the same on a busy machine.
    """

    middle: float
    worst: float
    work: float


def measured(action: Callable[[], object]) -> Measured:
    """Some tries, after one that warms up."""
    action()
    times = []
    worked = _worked()
    for _try in range(TRIES):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return Measured(statistics.median(times), max(times), (_worked() - worked) / TRIES)


def _worked() -> float:
    """Processor time of this process and of its PostgreSQL session so far; only on Linux is the latter known."""
    from django.db import connection  # noqa: PLC0415 -- Django is set up by main

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    ticks = sum(map(int, stat.read_text().rpartition(")")[2].split()[11:13])) if stat.exists() else 0
    return time.process_time() * 1000 + ticks * 1000 / os.sysconf("SC_CLK_TCK")


def report(records: int) -> bool:
    """Print the table; whether every question stayed below the goal."""
    from django.test import Client  # noqa: PLC0415 -- Django is set up by main

    from accounts.models import Role, User  # noqa: PLC0415
    from core import finding, recent  # noqa: PLC0415

    user = User.objects.filter(email="bench@example.com").first() or User.objects.create_user(
        "bench@example.com", None, name="Bench", role=Role.objects.get(name="Admin")
    )
    client = Client()
    client.force_login(user)
    places = {source.object_type: source.place_for(user) for source in recent.sources_for(user)}
    print(f"\n{records:,} records; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; {TRIES} tries each\n")
    print(
        f"{'question':<20} {'typed':<34} {'statement':>10} {'palette':>9} {'slowest':>9} {'work':>7} {'page':>8}  (ms)"
    )
    good = True
    for name, text in QUESTIONS:
        wanted = finding.needle(text)
        assert wanted is not None
        statement = measured(lambda wanted=wanted: finding.find(wanted, places, most=10))
        whole = measured(lambda text=text: client.get("/search/palette/", {"q": text}))
        page = measured(lambda text=text: client.get("/search/", {"q": text}))
        good = good and whole.middle < GOAL
        figures = f"{statement.middle:>10.1f} {whole.middle:>9.1f} {whole.worst:>9.1f} {whole.work:>7.1f}"
        print(f"{name:<20} {text:<34} {figures} {page.middle:>8.1f}")
    return good


def main() -> int:
    """Start, fill, measure, remove."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path, help="folder for the data, used again by the next run")
    asked = parser.parse_args()
    from crm_sync.launch.postgresql import PostgreSQL  # noqa: PLC0415 -- only needed when it is run

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = asked.keep or Path(folder) / "data"
        filled = home / f"filled-{asked.records}"
        sockets = Path(folder) / "socket"
        with PostgreSQL(home / "postgres", durable=False, socket_folder=sockets) as server:
            os.environ.update(environment(server.url))
            import django  # noqa: PLC0415 -- the environment has to be complete before

            django.setup()
            from django.core.management import call_command  # noqa: PLC0415

            call_command("migrate", verbosity=0)
            if not filled.exists():
                began = time.perf_counter()
                fill(asked.records)
                filled.touch()
                print(f"filled in {time.perf_counter() - began:.0f} s")
            return 0 if report(asked.records) else 1


if __name__ == "__main__":
    sys.exit(main())
