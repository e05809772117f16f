"""Where a benchmark plays: servers of its own, a simulated QuickBooks, and a fresh database for every row."""

import contextlib
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import requests

from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
TEMPLATE = "migrated"


class RoomyPostgreSQL(PostgreSQL):
    """The embedded PostgreSQL with the room that a server of this size is given."""

    def command(self) -> list[str]:
        """As the product's own, and more."""
        more = {"shared_buffers": "512MB", "max_wal_size": "4GB"}
        return [*super().command(), *(part for name, value in more.items() for part in ("-c", f"{name}={value}"))]


@dataclass(frozen=True)
class QuickBooks:
    """The simulator's control interface."""

    url: str

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call of it; its JSON. Raises requests.HTTPError."""
        answer = requests.request(method, f"{self.url}/_simulator/{path}", json=body, timeout=900)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def realm(self, country: str = "US") -> str:
        """The realm id of the sample company of a country."""
        return str(next(row["realmId"] for row in self.call("GET", "companies") if row["country"] == country))

    def empty_company(self, name: str) -> str:
        """A company without customers and documents; its realm id."""
        made = self.call("POST", "companies", {"name": name, "template": "us", "empty": True})
        return str(made["realmId"])

    def latency(self, seconds: float) -> None:
        """From now on every call of the API takes so much longer."""
        self.call("DELETE", "faults")
        if seconds:
            self.call("POST", "faults", {"path": "/v3/", "latency": seconds})

    def metered(self) -> int:
        """Reads that cost money since the calls were last forgotten."""
        return int(self.call("GET", "calls?metered=true&limit=0")["metered"])


def environment(database_url: str, **more: str) -> dict[str, str]:
    """This process' environment with settings of the product that need no file."""
    return {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "DJANGO_SETTINGS_MODULE": "crm_sync.settings",
        "READ_DOT_ENV": "false",
        "SECRET_KEY": "for-the-benchmark-alone-and-long-enough-for-every-check",
        "ENCRYPTION_KEYS": "bench:" + "A" * 43 + "=",
        "ALLOWED_HOSTS": "testserver,127.0.0.1,localhost",
        "DATABASE_URL": database_url,
        "LOG_LEVEL": "ERROR",
        "STATICFILES_BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "QBO_ENVIRONMENT": "simulator",
        "QBO_CLIENT_ID": "demo-client",
        "QBO_CLIENT_SECRET": "demo-secret",
        "QBO_WEBHOOK_VERIFIER": "bench-verifier",
        "QBO_LIMITER_COLD_START": "false",
        **more,
    }


@dataclass(frozen=True)
class Stage:
    """Addresses of everything that runs, and what starts more."""

    folder: Path
    postgres: RoomyPostgreSQL
    valkey: Valkey
    quickbooks: QuickBooks

    def environment(self, database: str, **more: str) -> dict[str, str]:
        """What a process of the product gets that works on ``database``."""
        return environment(
            re.sub(r"/crm\?", f"/{database}?", self.postgres.url),
            DJANGO_SETTINGS_MODULE="bench.settings",
            REDIS_URL=self.valkey.url,
            STATIC_ROOT=str(self.folder / "static"),
            MEDIA_ROOT=str(self.folder / "media"),
            QBO_SIMULATOR_URL=self.quickbooks.url,
            BENCH_POSTMASTER=str(self.postgres.process.pid if self.postgres.process else 0),
            BENCH_FOLDER=str(self.folder),
            BENCH_SIMULATOR=self.quickbooks.url,
            **more,
        )

    def fresh_database(self, name: str) -> None:
        """A migrated, empty database of that name, instead of one that may be there."""
        with self._session() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")

    def migrate(self) -> None:
        """Make the database that all others are copies of."""
        with self._session() as cursor:
            cursor.execute(f"CREATE DATABASE {TEMPLATE}")
        command = [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(command, cwd=ROOT, env=self.environment(TEMPLATE), check=True)

    @contextlib.contextmanager
    def _session(self) -> Iterator[Any]:
        session = psycopg2.connect(host=str(self.postgres.socket_folder), user="crm", dbname="postgres")
        session.autocommit = True
        try:
            yield session.cursor()
        finally:
            session.close()


@contextlib.contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """All servers, in ``folder``; they end with the block."""
    sockets = folder / "sockets"
    postgres = RoomyPostgreSQL(folder / "postgres", socket_folder=sockets / "postgres")
    valkey = Valkey(folder / "valkey", durable=False, socket_folder=sockets / "valkey")
    for place in (postgres.socket_folder, valkey.socket_folder):
        place.mkdir(parents=True, exist_ok=True)
    with postgres, valkey, _simulator(folder / "quickbooks") as quickbooks:
        stage = Stage(folder, postgres, valkey, quickbooks)
        stage.migrate()
        yield stage


@contextlib.contextmanager
def _simulator(folder: Path) -> Iterator[QuickBooks]:
    """The simulator as a process of its own, so that its work is not counted as the product's."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "qbo_simulator", "--port", "0", "--data", str(folder), "--company", "us"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().rpartition(" ")[2].strip()
        quickbooks = QuickBooks(url)
        try:
            quickbooks.call("POST", "limits", {"on": False})
            yield quickbooks
        finally:
            process.terminate()


@contextlib.contextmanager
def product(environment: Mapping[str, str], folder: Path, *names: str) -> Iterator[dict[str, int]]:
    """Processes of the Procfile (web, worker, beat) on one database; their process ids by name."""
    from crm_sync.launch.processes import Process, procfile_commands  # noqa: PLC0415 -- only where they are started

    commands = procfile_commands()
    running = [Process(name, _ours(commands[name], folder), env=dict(environment), folder=folder) for name in names]
    try:
        for each in running:
            each.start()
        yield {each.name: each.popen.pid for each in running if each.popen}
    finally:
        for each in running:
            each.signal_stop()
        for each in running:
            each.wait_stopped()


def _ours(command: list[str], folder: Path) -> list[str]:
    """Beat keeps what it sent last in a file; not in that of an installation."""
    return [*command, "--schedule", str(folder / "beat")] if "beat" in command else command


def wait_until(condition: Any, *, seconds: float, what: str, every: float = 0.05) -> None:
    """Wait for something that processes do. Raises TimeoutError that names it."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} took longer than {seconds:.0f} s")
        time.sleep(every)


def wait_for_worker() -> None:
    """Wait until a worker takes messages. Raises TimeoutError."""
    from crm_sync.celery import app  # noqa: PLC0415 -- Django is set up by then

    wait_until(lambda: app.control.ping(timeout=0.5), seconds=120, what="the worker's start")


def wait_for_web(address: str) -> None:
    """Wait until a web server takes requests, whatever it answers. Raises TimeoutError."""

    def answers() -> bool:
        try:
            requests.get(f"{address}/healthz", timeout=5)
        except requests.RequestException:
            return False
        return True

    wait_until(answers, seconds=120, what="the web server's start")
