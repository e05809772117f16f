"""``make demo``: the whole product with its story, twice."""

import signal

import psycopg2
import pytest

from crm_sync.launch import demo
from tests.crm_sync.launch.launcher import processes_of

pytestmark = [pytest.mark.slow, pytest.mark.one_at_a_time("launcher"), pytest.mark.timeout(300)]


def counted(folder, table: str) -> int:
    address = (folder / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[4]
    session = psycopg2.connect(host=address, user="crm", dbname="crm")
    try:
        with session.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            return cursor.fetchone()[0]
    finally:
        session.close()


def test_the_demo_starts_with_its_story_prints_the_logins_and_tells_it_only_once(launch):
    first = launch(command="demo").until_ready()
    assert first.health() == {"database": True, "broker": True, "heartbeat": True, "ok": True}
    users, invoices = counted(first.folder, "accounts_user"), counted(first.folder, "invoices_invoice")
    assert users >= len(demo.LOGINS)
    assert invoices > 0
    assert first.end(signal.SIGINT) == 0
    assert all(f"{login.email}" in first.output for login in demo.LOGINS)
    assert f"http://127.0.0.1:{first.port}" in first.output
    assert demo.PASSWORD in first.output
    assert processes_of(first.folder) == []

    second = launch(first.folder, command="demo").until_ready()

    assert second.health()["ok"]
    assert counted(second.folder, "accounts_user") == users
    assert counted(second.folder, "invoices_invoice") == invoices
