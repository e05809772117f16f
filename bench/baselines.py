"""What one would do without the product, over the same simulated QuickBooks: the comparisons of the first load."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import requests
from django.db import connection as database
from django.db.models import Model
from django.utils import timezone
from quickbooks.client import QuickBooks
from quickbooks.objects.customer import Customer
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment

from bench.stage import ROOT
from crm.models import Company, Product
from invoices import models as invoices
from qbo_connector.models import Connection
from qbo_connector.services.tokens import ConnectionTokens

PAGE = 1000
ENTITIES = {"customers": "Customer", "items": "Item", "invoices": "Invoice", "payments": "Payment"}
DLT = "dlt[postgres]==1.31.0"


class _PlainClient(QuickBooks):
    """python-quickbooks as it comes, with a token in hand and the simulator's address."""

    def __new__(cls, **options: Any) -> "_PlainClient":
        client: _PlainClient = super().__new__(cls, company_id=options["realm"], minorversion=75)
        return client

    def __init__(self, *, realm: str, token: str, url: str) -> None:
        self.url = f"{url}/v3"
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def api_url(self) -> str:
        """The simulator's."""
        return self.url


def one_by_one(connection: Connection, url: str, wanted: Mapping[str, int], most: int) -> float:
    """Read at most ``most`` objects of each kind with python-quickbooks, save each; which part of all that was."""
    client = _PlainClient(realm=connection.realm_id, token=ConnectionTokens(connection).current(), url=url)
    savers: dict[str, tuple[Any, Callable[[Connection, Any], Model]]] = {
        "customers": (Customer, _company),
        "items": (Item, _product),
        "invoices": (Invoice, _invoice),
        "payments": (Payment, _payment),
    }
    read = 0
    for name, (kind, record) in savers.items():
        here = min(most, wanted[name])
        for first in range(1, here + 1, PAGE):
            for found in kind.filter(start_position=first, max_results=PAGE, qb=client):
                record(connection, found).save()
                read += 1
    return read / sum(wanted.values())


def _company(_connection: Connection, found: Any) -> Company:
    email = found.PrimaryEmailAddr.Address if found.PrimaryEmailAddr else ""
    return Company(name=found.DisplayName, email=email)


def _product(_connection: Connection, found: Any) -> Product:
    return Product(name=found.Name, unit_price=found.UnitPrice or 0)


def _invoice(connection: Connection, found: Any) -> invoices.Invoice:
    return invoices.Invoice(
        connection=connection,
        external_id=found.Id,
        number=found.DocNumber,
        customer_external_id=found.CustomerRef.value,
        customer_name=found.CustomerRef.name,
        issued_on=found.TxnDate,
        due_on=found.DueDate,
        currency="USD",
        total=found.TotalAmt,
        balance=found.Balance,
    )


def _payment(connection: Connection, found: Any) -> invoices.Payment:
    return invoices.Payment(
        connection=connection,
        external_id=found.Id,
        customer_external_id=found.CustomerRef.value,
        customer_name=found.CustomerRef.name,
        received_on=found.TxnDate,
        amount=found.TotalAmt,
        currency="USD",
    )


class _Head(msgspec.Struct):
    """What the limit reads of an object."""

    Id: str
    SyncToken: str
    MetaData: dict[str, str]
    TotalAmt: float | None = None
    Balance: float | None = None


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
        return sum(_copy_entity(cursor, session, connection, url, ENTITIES[name]) for name in names)


def _copy_entity(cursor: Any, session: requests.Session, connection: Connection, url: str, entity: str) -> int:
    raw = msgspec.json.Decoder(dict[str, dict[str, list[msgspec.Raw]] | Any])
    head = msgspec.json.Decoder(_Head)
    total, first = 0, 1
    while True:
        query = f"SELECT * FROM {entity} ORDERBY Id STARTPOSITION {first} MAXRESULTS {PAGE}"  # noqa: S608 -- our own
        answer = session.get(f"{url}/v3/company/{connection.realm_id}/query", params={"query": query})
        answer.raise_for_status()
        bodies = [msgspec.Raw(msgspec.json.encode(each)) for each in _objects(raw, answer.content, entity)]
        page = io.StringIO()
        for body in bodies:
            of = head.decode(body)
            text = bytes(body).decode().replace("\\", "\\\\")
            fields = (entity, of.Id, of.SyncToken, of.MetaData["LastUpdatedTime"], of.TotalAmt, of.Balance, text)
            page.write("\t".join("\\N" if field is None else str(field) for field in fields) + "\n")
        page.seek(0)
        cursor.copy_expert("COPY bench_page FROM STDIN", page)
        cursor.execute("INSERT INTO bench_objects SELECT * FROM bench_page ON CONFLICT DO NOTHING")
        cursor.execute("TRUNCATE bench_page")
        total += len(bodies)
        if len(bodies) < PAGE:
            return total
        first += PAGE


def _objects(decoder: Any, content: bytes, entity: str) -> list[Any]:
    return list(msgspec.json.decode(content)["QueryResponse"].get(entity, []))


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
        "database": f"postgresql://crm@/{address.path[1:]}?host={host}",
        "folder": str(folder / f"dlt-{timezone.now():%H%M%S%f}"),
    }
    script = Path(__file__).with_name("with_dlt.py")
    environment = {**os.environ, "RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}
    subprocess.run(
        [str(python), str(script), json.dumps(asked)], check=True, env=environment, stdout=subprocess.DEVNULL
    )
