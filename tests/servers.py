"""The servers behind the tests: one PostgreSQL and one Valkey for the run, and fixtures with servers to break."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from crm_sync.launch import leftovers
from crm_sync.launch.postgresql import PostgreSQL
from crm_sync.launch.refusals import CannotStart
from crm_sync.launch.servers import Server
from crm_sync.launch.valkey import Valkey
from tests import schema

RUNS = Path(__file__).resolve().parent.parent / "var" / "test"
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ

started: list[Server] = []


@pytest.hookimpl(tryfirst=True)
def pytest_configure() -> None:
    """Start what TEST_DATABASE_URL and TEST_REDIS_URL do not name, then load the settings."""
    if not IS_WORKER:
        _remove_dead_runs()
        folder, sockets = RUNS / str(os.getpid()), Path(os.environ["CRM_TEST_SOCKETS"])
        for given, name, server_class, begin in (
            ("TEST_DATABASE_URL", "postgres", PostgreSQL, schema.begin),
            ("TEST_REDIS_URL", "valkey", Valkey, Valkey.start),
        ):
            if not os.environ.get(given):
                server = server_class(folder / name, durable=False, socket_folder=sockets / name)
                try:
                    begin(server)
                except CannotStart as refusal:
                    pytest.exit(str(refusal), returncode=1)
                started.append(server)
    # Reading it loads the settings, with which pytest-django sets Django up.
    database = settings.DATABASES["default"]
    if not os.environ.get("TEST_DATABASE_URL"):
        database["TEST"] = {"TEMPLATE": schema.TEMPLATE}
    # Servers in threads answer browsers between tests too, where pytest captures nothing.
    settings.LOGGING["handlers"]["console"] = {
        "class": "logging.FileHandler",
        "filename": Path(os.environ["CRM_TEST_SOCKETS"], f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.log"),
        "formatter": "line",
    }


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Keep pytest-django in the workers from loading the settings before their own environment is complete."""
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


def pytest_unconfigure() -> None:
    """Stop the servers and remove their data."""
    while started:
        started.pop().stop()
    if not IS_WORKER:
        shutil.rmtree(RUNS / str(os.getpid()), ignore_errors=True)


def _remove_dead_runs() -> None:
    """The servers of a killed run have ended with it; its data and its socket folder are still there."""
    sockets = Path(os.environ["CRM_TEST_SOCKETS"])
    for folder in [*RUNS.glob("*"), *sockets.parent.glob("crm-test-*-*")]:
        pid = folder.name.split("-")[-2] if folder.parent == sockets.parent else folder.name
        if pid.isdigit() and not leftovers.command_line(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_postgres(tmp_path: Path) -> Iterator[PostgreSQL]:
    """A running, durable PostgreSQL of this test alone: to be killed, filled or stopped."""
    with PostgreSQL(tmp_path / "postgres") as server:
        yield server


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A running, durable Valkey of this test alone: to be killed, filled, flushed or stopped."""
    with Valkey(tmp_path / "valkey") as server:
        yield server
