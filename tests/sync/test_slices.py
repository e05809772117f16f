"""Who works for a person waits for one slice of a first load at most, not for the load."""

import threading
import time

import pytest
from django.db import connection as database

from crm.models import Company
from qbo_connector.models import Connection
from sync.reconcile import run
from tests.books import Books, names
from tests.quickbooks import read_company

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [(200, 0.1, 400), (200, 0.5, 200), (400, 1.0, 200), (100, 30.0, 50), (1000, 0.01, 1000), (200, 0.0, 400)],
)
def test_the_size_of_a_slice_follows_its_time(size: int, seconds: float, following: int) -> None:
    assert run.next_size(size, seconds) == following


def test_a_person_waits_for_a_slice_of_the_first_load(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "FIRST", 50)
    realm = books.connection.realm_id
    books.quickbooks.call("POST", "generate", {"realmId": realm, "customers": 1200, "items": 0, "seed": 7})
    books.settings(without_email="included")
    customer = books.customer("Bright Gardens")
    read_company(books.connection)
    slices: list[float] = []
    whole: list[float] = []
    apply = run._applied

    def timed(*given: object, **more: object) -> int:
        began = time.monotonic()
        done = apply(*given, **more)  # type: ignore[arg-type]
        slices.append(time.monotonic() - began)
        return done

    monkeypatch.setattr(run, "_applied", timed)

    def load() -> None:
        began = time.monotonic()
        try:
            while not run.reconcile(books.connection):
                pass
            whole.append(time.monotonic() - began)
        finally:
            database.close()

    loading = threading.Thread(target=load)
    loading.start()
    waits = []
    while not slices:
        time.sleep(0.01)
    while loading.is_alive():
        began = time.monotonic()
        run.look_again(books.connection, "Customer", [customer])
        waits.append(time.monotonic() - began)
        time.sleep(0.05)
    loading.join()

    assert Company.objects.count() > 1200
    assert len(waits) >= 3
    # One slice of the load, and the own work.
    assert max(waits) < max(slices) * 2 + 1, (max(waits), max(slices), whole)
    assert max(waits) < whole[0], (waits, whole)


def test_a_company_keeps_one_worker_busy_and_no_message_is_lost(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    books.customer("First", "first@example.com")
    read_company(books.connection)
    finished: list[bool] = []
    really = run.reconcile

    def another_worker() -> None:
        try:
            finished.append(run.reconcile_alone(books.connection))
        finally:
            database.close()

    def meanwhile(connection: Connection) -> bool:
        """While this worker is at it, more is read, and another one gets the message."""
        done = really(connection)
        if not finished:
            books.customer("Second", "second@example.com")
            read_company(books.connection)
            other = threading.Thread(target=another_worker)
            other.start()
            other.join(10)
            assert names()["companies"] == ["First"], "the other one is free at once"
        return done

    monkeypatch.setattr(run, "reconcile", meanwhile)

    assert run.reconcile_alone(books.connection)

    assert finished == [True]
    assert names()["companies"] == ["First", "Second"]


def test_a_worker_that_was_stopped_keeps_no_company_for_itself(books: Books) -> None:
    books.customer("First", "first@example.com")
    read_company(books.connection)
    frozen, woken = threading.Event(), threading.Event()

    def stopped_worker() -> None:
        try:
            assert run._hold(books.connection)
            frozen.set()
            woken.wait(30)
            run._let_go(books.connection)
        finally:
            database.close()

    zombie = threading.Thread(target=stopped_worker)
    zombie.start()
    frozen.wait(10)
    try:
        assert run.reconcile_alone(books.connection)
        assert names()["companies"] == ["First"]
    finally:
        woken.set()
        zombie.join(10)
