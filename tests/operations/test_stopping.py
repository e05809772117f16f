"""SIGTERM in the middle of work: web, worker and beat end in bounded time, nothing is lost and nothing done twice."""

import signal
import threading
import time
import zlib
from pathlib import Path

import pytest
from django.db import connection, connections, transaction

from core.ending import begun
from core.models import Heartbeat, ListJob
from core.tables import jobs
from core.tables.registry import tables
from crm.models import Contact
from qbo_connector.models import Operation
from tests import workers
from tests.makers import deal_of, requested_invoice, user
from tests.operations.processes import Running, running
from tests.quickbooks import sync_company

pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_at_a_time("workers"),
    pytest.mark.django_db(transaction=True),
]
# gunicorn's graceful_timeout, a task's safe places, and a machine that is busy with other tests.
PATIENCE = 30


def test_a_request_that_is_being_answered_is_answered(tmp_path):
    user("Admin", "admin@example.com")
    answers: list[int] = []
    with running("web", tmp_path, WEB_PROCESSES="1") as web:
        asking = threading.Thread(target=lambda: answers.append(web.ask("/login/")[0]))
        with transaction.atomic(), connection.cursor() as cursor:
            # The page asks whether there is anybody yet.
            cursor.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
            asking.start()
            workers.wait_until(_somebody_waits, what="the request waits for the table")
            web.process.terminate()
            time.sleep(1.5)
            assert web.process.poll() is None
            assert not answers
        asking.join(PATIENCE)
        assert answers == [200]
        assert web.process.wait(PATIENCE) == 0
        assert web.said("Handling signal: term", level="info", logger="gunicorn.error")


def test_what_a_worker_sends_is_finished_and_the_rest_is_left_to_others(us_company, quickbooks, tmp_path):
    sync_company(us_company)
    person = user()
    wished = 24
    quickbooks.fault(method="POST", path="/invoice", latency=1.0)
    invoices = [requested_invoice(deal_of("Cool Cars", person), person) for _number in range(wished)]

    with running("worker", tmp_path) as first:
        workers.wait_until(
            lambda: Operation.objects.filter(state="done").count() >= 2, seconds=60, what="some are sent"
        )
        began = time.monotonic()
        assert first.end(PATIENCE) == 0
        took = time.monotonic() - began
    done = Operation.objects.filter(state="done", entity="Invoice").count()
    # Nobody's lease is left, no answer is missing, and the rest was not waited for.
    assert not Operation.objects.filter(state__in=["leased", "unknown"]).exists()
    assert 2 <= done < wished, (done, took)

    with running("worker", tmp_path), running("beat", tmp_path):
        workers.wait_until(
            lambda: Operation.objects.filter(state="done", entity="Invoice").count() == wished,
            seconds=120, what="another worker sends the rest",
        )  # fmt: skip
    notes = [each.get("PrivateNote", "") for each in quickbooks.objects(us_company.realm_id, "Invoice")]
    for invoice in invoices:
        assert sum(str(invoice.request_id) in note for note in notes) == 1


def test_an_export_goes_on_where_it_was(tmp_path):
    rows = 60_000
    person = user("Admin", "admin@example.com")
    Contact.objects.bulk_create(
        (Contact(first_name="Amy", last_name=f"Pond {number}") for number in range(rows)), batch_size=5_000
    )
    job = jobs.start_export(tables["contact"], by=person, kind="csv", state="", columns=["name"])

    with running("worker", tmp_path) as first:
        workers.wait_until(
            lambda: ListJob.objects.filter(pk=job.pk, done__gt=0).exists(), seconds=90, what="the export has begun"
        )
        assert first.end(PATIENCE) == 0
    job.refresh_from_db()
    assert job.state == ListJob.State.RUNNING, (job.state, job.done)
    assert 0 < job.done < rows
    assert job.worked_at is None

    with running("worker", tmp_path):
        workers.wait_until(
            lambda: ListJob.objects.filter(pk=job.pk, state=ListJob.State.DONE).exists(),
            seconds=120, what="another worker finishes it",
        )  # fmt: skip
    job.refresh_from_db()
    parts = [bytes(part.content) for part in job.slices.order_by("position")]
    content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(b"".join(parts)).decode()
    names = [line for line in content.splitlines() if "Pond" in line]
    assert len(names) == len(set(names)) == rows


def test_beat_and_an_idle_worker_end_by_themselves(tmp_path):
    with running("beat", tmp_path) as beat, running("worker", tmp_path) as worker:
        workers.wait_until(Heartbeat.objects.exists, seconds=60, what="they work")
        for process in (beat, worker):
            assert process.end(PATIENCE) == 0, process.log.read_text()[-2000:]
    assert not begun()


def _somebody_waits() -> bool:
    # On a session of its own: this one is in the middle of a transaction, and sees what it saw.
    found: list[bool] = []

    def look() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            found.append(cursor.fetchone()[0] > 0)
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]


def test_new_code_is_taken_without_dropping_a_request(tmp_path):
    user("Admin", "admin@example.com")
    answers: list[int] = []
    over = threading.Event()

    def keep_asking(web: Running) -> None:
        while not over.is_set():
            answers.append(web.ask("/login/")[0])

    with running("web", tmp_path, WEB_PROCESSES="2") as web:
        before = _children(web.process.pid)
        asking = [threading.Thread(target=keep_asking, args=(web,)) for _number in range(3)]
        for thread in asking:
            thread.start()
        workers.wait_until(lambda: len(answers) > 10, seconds=60, what="pages are asked for")
        web.process.send_signal(signal.SIGHUP)
        workers.wait_until(lambda: not before & _children(web.process.pid), seconds=60, what="all processes are new")
        asked = len(answers)
        workers.wait_until(lambda: len(answers) > asked + 10, seconds=60, what="they answer")
        over.set()
        for thread in asking:
            thread.join(PATIENCE)

    assert set(answers) == {200}


def _children(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return {int(each) for each in found}
