"""R19: a database that dies, drops connections, deadlocks or is full loses nothing that was acknowledged.

Asynchronous failover is documented, not tested. A full disk is a refusal of statements with PostgreSQL's own code:
filling a real one needs a file system of its own.
"""

import contextlib
import random
import threading
import time

import psycopg2
import pytest
from django.db import DatabaseError, InterfaceError, connection, connections

from qbo_connector.models import Operation, PullSchedule
from tests import workers
from tests.checker import assert_at_rest, assert_never_doubled, marked
from tests.faults.mirror import Accountant, assert_mirrored, read_once, read_until_quiet
from tests.faults.seeds import seeds
from tests.makers import deal_of, requested_invoice, user
from tests.quickbooks import drain_until_settled, sync_company

# What a statement raises when its connection is ended under it, or was before.
GONE = (DatabaseError, InterfaceError)


def address():
    """How to reach the test's database beside Django."""
    settings = connection.get_connection_params()
    wanted = ("dbname", "database", "user", "password", "host", "port")
    return {name.replace("database", "dbname"): settings[name] for name in wanted if settings.get(name)}


@contextlib.contextmanager
def dropped_connections(dice):
    """Every few milliseconds all other connections to this database are ended, in whatever transaction they are."""
    stop = threading.Event()

    def work():
        mine = psycopg2.connect(**address())
        mine.autocommit = True
        with mine.cursor() as cursor:
            while not stop.wait(dice.uniform(0.01, 0.15)):
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND usename = current_user"
                )
        mine.close()

    killer = threading.Thread(target=work)
    killer.start()
    try:
        yield
    finally:
        stop.set()
        killer.join(10)
        connections.close_all()


@pytest.mark.parametrize("seed", seeds())
def test_connections_dropped_in_any_transaction_of_a_read(seed, us_company, quickbooks):
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    with dropped_connections(someone.dice):
        for _turn in range(8):
            someone.something()
            with contextlib.suppress(*GONE):
                read_once(us_company)
            connections.close_all()

    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


@pytest.mark.parametrize("seed", seeds())
def test_connections_dropped_while_an_invoice_is_sent(seed, us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    dice = random.Random(seed)
    with dropped_connections(dice):
        for _turn in range(6):
            with contextlib.suppress(*GONE):
                drain_until_settled(us_company, rounds=3)
            connections.close_all()
    assert_never_doubled(quickbooks, us_company)

    settle_all(us_company)

    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}
    assert_at_rest(quickbooks, us_company)


def settle_all(company):
    """Leases of the dead run out, waits are over; then everything goes on by itself."""
    for _round in range(5):
        Operation.objects.filter(state__in=["planned", "leased", "unknown"]).update(
            leased_until="2000-01-01T00:00:00Z", due_at="2000-01-01T00:00:00Z"
        )
        drain_until_settled(company)
    PullSchedule.objects.update(leased_until=None)
    sync_company(company)


FULL = """
CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER no_space BEFORE INSERT OR UPDATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION no_space()
"""
TABLES = ["qbo_connector_mirrorobject", "qbo_connector_mirrorpayload", "qbo_connector_operation", "core_event"]


@contextlib.contextmanager
def full_disk(table):
    """Nothing more can be written to a table."""
    with connection.cursor() as cursor:
        cursor.execute(FULL.format(table=table))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION no_space CASCADE")


@pytest.mark.parametrize("table", TABLES)
def test_a_full_disk_moves_no_cursor_and_sends_nothing_twice(table, us_company, quickbooks):
    sync_company(us_company)
    rep = user("Admin")
    invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
    someone, cursor = Accountant(quickbooks, us_company, 1), PullSchedule.objects.get().cursor
    someone.add()
    with full_disk(table):
        for _turn in range(2):
            with contextlib.suppress(*GONE):
                read_once(us_company)
            with contextlib.suppress(*GONE):
                drain_until_settled(us_company, rounds=2)
        if table in TABLES[:2]:
            assert PullSchedule.objects.get().cursor == cursor
    assert_never_doubled(quickbooks, us_company)

    settle_all(us_company)

    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}
    assert_at_rest(quickbooks, us_company)


@pytest.mark.parametrize("seed", seeds(10))
def test_a_deadlock_is_survived_by_running_again(seed, us_company, quickbooks):
    """Somebody locks schedule and mirror in the other order, so that one of the two is refused."""
    read_until_quiet(us_company)
    someone = Accountant(quickbooks, us_company, seed)
    someone.edit_customer()
    locked, go = threading.Event(), threading.Event()

    def other():
        mine = psycopg2.connect(**address())
        with contextlib.suppress(psycopg2.Error), mine, mine.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '50ms'")
            cursor.execute("SELECT 1 FROM qbo_connector_mirrorobject WHERE entity = 'Customer' FOR UPDATE")
            locked.set()
            go.wait(5)
            time.sleep(0.3)
            cursor.execute("SELECT 1 FROM qbo_connector_pullschedule FOR UPDATE")
        mine.close()

    thread = threading.Thread(target=other)
    thread.start()
    locked.wait(5)
    go.set()
    with contextlib.suppress(*GONE):
        read_once(us_company)
    thread.join(20)

    read_until_quiet(us_company)
    assert_mirrored(quickbooks, us_company)


@pytest.mark.slow
@pytest.mark.one_at_a_time("workers")
@pytest.mark.parametrize("seed", seeds(10))
def test_a_worker_goes_on_by_itself_when_its_connections_were_cut(seed, us_company, quickbooks, tmp_path):
    """What a crash of the server is to a worker: all connections end at once, again and again, without a restart."""
    sync_company(us_company)
    rep = user("Admin")
    someone = Accountant(quickbooks, us_company, seed)
    with workers.worker(tmp_path, PULL_INTERVAL_SECONDS="1") as process:
        with dropped_connections(someone.dice):
            someone.add()
            time.sleep(3)
        invoice = requested_invoice(deal_of("Cool Cars", rep), rep)
        workers.wait_until(lambda: marked(quickbooks, us_company), seconds=60, what="the invoice is made")
        workers.wait_until(
            lambda: not Operation.objects.filter(state__in=["planned", "leased", "unknown"]).exists(), seconds=60
        )
        assert process.poll() is None, "the worker has to be restarted"
    settle_all(us_company)

    assert marked(quickbooks, us_company).keys() == {str(invoice.request_id)}
    assert_at_rest(quickbooks, us_company)


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds(10))
def test_what_a_killed_server_acknowledged_is_there_after_its_restart(seed, own_postgres):
    """SIGKILL of PostgreSQL while events are written: whatever was committed is kept, whatever was not is gone."""
    dice, acknowledged = random.Random(seed), []
    setup = psycopg2.connect(own_postgres.url)
    with setup, setup.cursor() as cursor:
        cursor.execute("CREATE TABLE intents (id bigint PRIMARY KEY)")
    setup.close()

    def write():
        with contextlib.suppress(psycopg2.Error):
            mine = psycopg2.connect(own_postgres.url)
            for number in range(100_000):
                with mine, mine.cursor() as cursor:
                    cursor.execute("INSERT INTO intents VALUES (%s)", [number])
                acknowledged.append(number)

    thread = threading.Thread(target=write)
    thread.start()
    time.sleep(dice.uniform(0.2, 0.8))
    own_postgres.kill()
    thread.join(20)
    own_postgres.start()

    after = psycopg2.connect(own_postgres.url)
    with after, after.cursor() as cursor:
        cursor.execute("SELECT id FROM intents")
        found = {row[0] for row in cursor.fetchall()}
    after.close()
    assert acknowledged
    assert found >= set(acknowledged)
    assert len(found) <= len(acknowledged) + 1
