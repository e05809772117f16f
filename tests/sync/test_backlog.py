"""What a crash, a lost message or a switch left behind is published by the sweep."""

import datetime

import pytest
from django.utils import timezone

from core.models import Event
from crm.models import Company
from crm.services import companies
from qbo_connector.models import MirrorObject, Operation, PullSchedule
from qbo_connector.outbox import drain
from sync import tasks
from sync.models import ConnectionSettings, Link
from sync.publish import records, unseen
from tests.books import Books, open_books
from tests.makers import user
from tests.quickbooks import read_company


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company, read, with everything switched on."""
    opened = open_books(quickbooks)
    opened.sync()
    unseen.look_again(opened.connection.pk)
    return opened


def garden(books: Books) -> Company:
    """A company of the CRM, some minutes old."""
    company = companies.create(by=user("Admin"), name="Green Garden", email="hello@green.example", phone="555 1")
    return aged(company)


def aged(company: Company) -> Company:
    Company.objects.filter(pk=company.pk).update(updated_at=timezone.now() - datetime.timedelta(minutes=2))
    return company


def swept(books: Books) -> None:
    """The sweep, and what follows."""
    tasks.sweep_records()
    books.settle()


def test_a_record_that_nobody_looked_at_is_created(books):
    garden(books)

    swept(books)

    assert books.link("company").outcome == "in_sync"


def test_a_change_whose_message_was_lost_is_sent(books):
    company = garden(books)
    swept(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    aged(company)
    Link.objects.update(changed_at="2026-01-01T00:00:00Z", synced_at="2026-01-01T00:00:00Z")

    swept(books)

    assert books.read("Customer", books.link("company").qbo_id)["PrimaryPhone"]["FreeFormNumber"] == "555 2"


def test_a_record_in_sync_is_not_looked_at_again(books, django_assert_max_num_queries):
    garden(books)
    swept(books)
    swept(books)

    with django_assert_max_num_queries(20):
        tasks.sweep_records()
    assert Operation.objects.count() == 1


def test_what_waited_for_the_end_of_read_only_mode_is_sent(books):
    ConnectionSettings.objects.update_or_create(connection=books.connection, defaults={"read_only": True})
    garden(books)
    swept(books)
    assert books.link("company").outcome == "pending"
    Link.objects.update(changed_at=timezone.now() - datetime.timedelta(minutes=2))

    ConnectionSettings.objects.update(read_only=False)
    swept(books)

    assert books.link("company").outcome == "in_sync"


def test_nothing_is_created_before_everything_is_read(books):
    PullSchedule.objects.update(loaded_at=None)
    company = garden(books)
    records.publish_records("company", [company.pk])
    assert not Operation.objects.exists()

    PullSchedule.objects.update(loaded_at=timezone.now())
    swept(books)
    assert books.link("company").outcome == "in_sync"


def test_a_record_made_while_another_ones_answer_is_not_noted_yet_is_sent_at_once(books):
    companies.create(by=user("Admin"), name="Blue Garden", email="hello@blue.example")
    records.publish_events(list(Event.objects.values_list("pk", flat=True)))
    drain.drain(books.connection.pk)
    company = companies.create(by=user("Admin"), name="Green Garden", email="hello@green.example")

    records.publish_records("company", [company.pk])

    assert MirrorObject.objects.filter(entity="Customer", unread=True).exists()
    assert Operation.objects.filter(subject=f"company:{company.pk}").count() == 1


def test_a_record_that_had_to_wait_is_found_though_none_was_left_before(books):
    tasks.sweep_records()
    customer = unread_customer(books)
    company = garden(books)
    records.publish_records("company", [company.pk])
    assert not Operation.objects.exists(), "what QuickBooks has just told may be the same"
    MirrorObject.objects.filter(pk=customer).update(unread=False)

    swept(books)

    assert books.link("company", object_id=company.pk).outcome == "in_sync"


def unread_customer(books: Books) -> int:
    """A customer that QuickBooks has told of and nobody has looked at yet; its mirror row."""
    books.customer("Red Cars", "hello@red.example")
    read_company(books.connection)
    return MirrorObject.objects.get(entity="Customer", unread=True).pk
