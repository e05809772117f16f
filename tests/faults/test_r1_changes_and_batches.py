"""R1 for changes and batches: each is carried out exactly once, wherever a worker is killed."""

import pytest

from crm.models import Company
from crm.services import companies
from qbo_connector.models import Operation
from sync.models import Link
from sync.publish import records
from tests import workers
from tests.books import Books, open_books
from tests.makers import user

pytestmark = [pytest.mark.slow, pytest.mark.one_at_a_time("workers")]

# Where the worker dies on its way with one change that somebody made.
CHANGE = {
    "changed, not planned": ("sync.publish.records:publish_events", "before"),
    "planned, not sent": ("sync.publish.records:publish_events", "after"),
    "frozen, not sent": ("qbo_connector.outbox.send:_post", "before"),
    "answered, not committed": ("qbo_connector.outbox.send:_commit", "before"),
    "committed, not settled": ("qbo_connector.outbox.send:_commit", "after"),
    "before the record knows": ("sync.publish.settled:_save", "before"),
}
BATCH = {
    "leased, not frozen": ("qbo_connector.outbox.batch:_freeze", "before"),
    "frozen, not sent": ("qbo_connector.outbox.batch:_freeze", "after"),
    "marked as sent, not sent": ("qbo_connector.outbox.batch:_post", "before"),
    "answered, not read": ("qbo_connector.outbox.batch:_post", "after"),
    "read, not committed": ("qbo_connector.outbox.batch:_commit", "before"),
    "committed, not settled": ("qbo_connector.outbox.batch:_commit", "after"),
    "before the records know": ("sync.publish.settled:_save", "before"),
}
COUNT = 7


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company, read, with everything switched on."""
    opened = open_books(quickbooks)
    opened.sync()
    return opened


def customers(books: Books) -> list[dict]:
    return books.quickbooks.objects(books.connection.realm_id, "Customer")


def in_sync() -> bool:
    """Whether every company is in sync and nothing is under way."""
    links = Link.objects.filter(object_type="company", outcome="in_sync").exclude(qbo_id="")
    under_way = Operation.objects.filter(settled_at=None)
    return links.count() == Company.objects.count() and not under_way.exists()


def writes(books: Books) -> list[dict]:
    calls = books.quickbooks.call("GET", "calls?kind=write&limit=1000")["calls"]
    calls += books.quickbooks.call("GET", "calls?kind=batch&limit=1000")["calls"]
    return [call for call in calls if call["requestid"]]


@pytest.mark.parametrize("point", CHANGE)
def test_a_killed_worker_leaves_one_change(point, books, tmp_path):
    rep = user("Admin")
    company = companies.create(by=rep, name="Green Garden", email="hello@green.example", phone="555 1")
    records.publish_records("company", [company.pk])
    books.settle()
    books.quickbooks.call("DELETE", "calls")
    with workers.worker(tmp_path, kill=CHANGE[point]) as first:
        companies.update(company, by=rep, phone="555 2")
        workers.wait_until(lambda: first.poll() is not None, what=f"the worker dies at {point}")
    # What a crash swallowed is found by its age; the test does not wait that long.
    records.publish_records("company", [company.pk])

    with workers.worker(tmp_path):
        workers.wait_until(
            lambda: in_sync() and customers(books)[0]["PrimaryPhone"]["FreeFormNumber"] == "555 2",
            seconds=40,
            what="the customer has its number",
        )

    (customer,) = customers(books)
    assert customer["SyncToken"] == "1"
    assert Operation.objects.filter(verb="update", state="done").count() == 1
    assert len({(call["requestid"], call["digest"]) for call in writes(books)}) == 1


@pytest.mark.parametrize("point", BATCH)
def test_a_killed_worker_leaves_one_batch(point, books, tmp_path):
    made = [Company(name=f"Garden {number}", email=f"garden{number}@green.example") for number in range(COUNT)]
    Company.objects.bulk_create(made)
    with workers.worker(tmp_path, kill=BATCH[point]) as first:
        records.publish_records("company", [company.pk for company in made])
        workers.wait_until(lambda: first.poll() is not None, what=f"the worker dies at {point}")
    assert len(customers(books)) in (0, COUNT)

    with workers.worker(tmp_path):
        workers.wait_until(in_sync, seconds=40, what="every company is in sync")

    assert sorted(customer["DisplayName"] for customer in customers(books)) == [c.name for c in made]
    assert set(Operation.objects.values_list("state", flat=True)) == {"done"}
    assert len({(call["requestid"], call["digest"]) for call in writes(books)}) == 1


@pytest.mark.parametrize("when", ["before", "after"], ids=["bytes sent", "done, no answer"])
def test_a_worker_killed_during_a_batch_leaves_one_of_each(when, books, tmp_path):
    made = [Company(name=f"Garden {number}", email=f"garden{number}@green.example") for number in range(COUNT)]
    Company.objects.bulk_create(made)
    books.quickbooks.fault(kind="batch", times=1, when=when, action="latency", latency=3)
    with workers.worker(tmp_path) as first:
        records.publish_records("company", [company.pk for company in made])
        workers.wait_until(
            lambda: books.quickbooks.call("GET", "calls?kind=batch")["calls"], what="the call is under way"
        )
        if when == "after":
            workers.wait_until(lambda: len(customers(books)) == COUNT, what="QuickBooks has committed")
        workers.stop(first)

    with workers.worker(tmp_path):
        workers.wait_until(in_sync, seconds=40, what="every company is in sync")

    assert sorted(customer["DisplayName"] for customer in customers(books)) == [c.name for c in made]
    assert len({(call["requestid"], call["digest"]) for call in writes(books)}) == 1
