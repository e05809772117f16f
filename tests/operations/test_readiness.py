"""/readyz and /healthz tell what is wrong, in a bounded time, with real servers that are stopped and frozen."""

import json
import os
import signal
import time

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from core import probes
from tests.operations.processes import running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(probes._Migrated, "once", False)


def test_ready_with_database_broker_and_migrations(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"database": True, "broker": True, "migrations": True, "ok": True}
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


def test_not_ready_before_all_migrations_are_applied(client):
    recorder = MigrationRecorder(connection)
    newest = recorder.migration_qs.filter(app="core").order_by("-name").first()
    recorder.record_unapplied("core", newest.name)
    try:
        answer = client.get("/readyz")
    finally:
        recorder.record_applied("core", newest.name)

    assert (answer.status_code, answer.json()["migrations"], answer.json()["database"]) == (503, False, True)
    assert client.get("/readyz").status_code == 200


def test_not_ready_without_broker_unless_that_is_left_out(client, settings, tmp_path):
    from core.redis import redis_client  # noqa: PLC0415 -- its cache is emptied

    settings.REDIS_URL = f"unix://{tmp_path}/nobody.sock?db=0"
    redis_client.cache_clear()
    try:
        answer = client.get("/readyz")
        without = client.get("/readyz?exclude=broker")
        health = client.get("/healthz")
    finally:
        redis_client.cache_clear()

    assert (answer.status_code, answer.json()["broker"]) == (503, False)
    assert (without.status_code, without.json()) == (200, {"database": True, "migrations": True, "ok": True})
    assert (health.status_code, health.json()["broker"]) == (503, False)
    assert str(tmp_path) not in answer.content.decode()


def test_other_methods_are_refused(client):
    assert client.post("/readyz").status_code == 405


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
def test_a_frozen_database_and_broker_are_told_in_bounded_time(tmp_path, own_postgres, own_valkey):
    with running("web", tmp_path, DATABASE_URL=own_postgres.url, REDIS_URL=own_valkey.url) as web:
        status, _headers, body = web.ask("/readyz")
        assert (status, json.loads(body)) == (
            503, {"database": True, "broker": True, "migrations": False, "ok": False}
        )  # fmt: skip
        took_all = []
        frozen = [own_valkey.process.pid, *_family(own_postgres.process.pid)]
        try:
            for pid in frozen:
                os.kill(pid, signal.SIGSTOP)
            for _time in range(3):
                began = time.monotonic()
                status, _headers, body = web.ask("/readyz")
                took = time.monotonic() - began
                assert (status, json.loads(body)["database"], json.loads(body)["broker"]) == (503, False, False)
                took_all.append(took)
            assert max(took_all) < 8, took_all
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        until = time.monotonic() + 20
        while time.monotonic() < until and not json.loads(web.ask("/readyz")[2])["database"]:
            time.sleep(0.2)
        parts = json.loads(web.ask("/readyz")[2])
        assert (parts["database"], parts["broker"]) == (True, True)
        assert "postgres" not in web.ask("/readyz")[2]


def _family(pid: int) -> list[int]:
    """A process and its children."""
    children = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    if int(stat.read().rpartition(")")[2].split()[1]) == pid:
                        children.append(int(entry))
            except OSError:
                continue
    return [pid, *children]
