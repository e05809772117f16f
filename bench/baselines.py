"""What one would do without the product, over the same simulated QuickBooks: the comparisons of the first load."""

import io
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from django.db import connection as database
from django.utils import timezone

from bench.stage import ROOT
from qbo_connector.models import Connection
from qbo_connector.services.tokens import ConnectionTokens

PAGE = 1000
ENTITIES = {"customers": "Customer", "items": "Item", "invoices": "Invoice", "payments": "Payment"}
DLT = "dlt[postgres]==1.31.0"


class _Answer(msgspec.Struct):
    """An answer to a query: the parts of ``QueryResponse`` as they came."""

    QueryResponse: dict[str, msgspec.Raw]


class _Head(msgspec.Struct):
    """What the limit reads of an object."""

    Id: str
    SyncToken: str
    MetaData: dict[str, str]
    TotalAmt: Decimal | None = None
    Balance: Decimal | None = None


_answer = msgspec.json.Decoder(_Answer)
_objects = msgspec.json.Decoder(list[msgspec.Raw])
_head = msgspec.json.Decoder(_Head)


def copied(connection: Connection, url: str, names: Sequence[str]) -> int:
    """All objects into one table by COPY and one merge for each page; how many they were."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {ConnectionTokens(connection).current()}"
    session.headers["Accept"] = "application/json"
    with database.cursor() as cursor:
        columns = (
            "entity text, qbo_id text, token bigint, updated_at timestamptz, total numeric, balance numeric, body text"
        )
        cursor.execute(f"CREATE TABLE bench_objects ({columns}, PRIMARY KEY (entity, qbo_id))")
        cursor.execute("CREATE TEMPORARY TABLE bench_page (LIKE bench_objects)")
        return sum(_copy_entity(cursor, session, f"{url}/v3/company/{connection.realm_id}", name) for name in names)


def _copy_entity(cursor: Any, session: requests.Session, company: str, name: str) -> int:
    total = 0
    for bodies in _pages(session, company, ENTITIES[name]):
        page = io.StringIO()
        page.writelines(map(_copied_line, bodies, itertools.repeat(name)))
        page.seek(0)
        cursor.copy_expert("COPY bench_page FROM STDIN", page)
        cursor.execute("INSERT INTO bench_objects SELECT * FROM bench_page ON CONFLICT DO NOTHING")
        cursor.execute("TRUNCATE bench_page")
        total += len(bodies)
    return total


def _pages(session: requests.Session, company: str, entity: str) -> Iterator[list[msgspec.Raw]]:
    """The objects of an entity, a thousand at a time, each as the bytes that came."""
    for first in itertools.count(1, PAGE):
        # Nothing changes meanwhile, so offsets lose nothing; and they repeat nothing, as pages by time do.
        query = f"SELECT * FROM {entity} ORDERBY Id STARTPOSITION {first} MAXRESULTS {PAGE}"  # noqa: S608 -- our own
        answer = session.get(f"{company}/query", params={"query": query})
        answer.raise_for_status()
        found = _answer.decode(answer.content).QueryResponse.get(entity)
        bodies = _objects.decode(found) if found else []
        yield bodies
        if len(bodies) < PAGE:
            return


def _copied_line(body: msgspec.Raw, name: str) -> str:
    head = _head.decode(body)
    text = bytes(body).decode().replace("\\", "\\\\")
    fields = (name, head.Id, head.SyncToken, head.MetaData["LastUpdatedTime"], head.TotalAmt, head.Balance, text)
    return "\t".join("\\N" if field is None else str(field) for field in fields) + "\n"


def dlt_python() -> Path:
    """The Python of an environment with dlt, made with the first use. Raises CalledProcessError without a network."""
    folder = ROOT / "var" / "bench-dlt"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", DLT], check=True)
        (folder / "ready").touch()
    return python


def by_dlt(python: Path, connection: Connection, url: str, names: Sequence[str], folder: Path) -> None:
    """dlt's pipeline over the same company into a schema of its own in the same database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    host = parse_qs(address.query)["host"][0]
    asked = {
        "url": f"{url}/v3/company/{connection.realm_id}/",
        "token": ConnectionTokens(connection).current(),
        "entities": [ENTITIES[name] for name in names],
        # dlt insists on a host and a password; the server takes the folder for the one and asks for no other.
        "database": f"postgresql://crm:none@localhost/{address.path[1:]}?host={host}",
        "folder": str(folder / f"dlt-{timezone.now():%H%M%S%f}"),
    }
    script = Path(__file__).with_name("with_dlt.py")
    environment = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    # Not as an argument: those are for everybody on this machine to read.
    subprocess.run(
        [str(python), str(script)],
        input=json.dumps(asked),
        text=True,
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
