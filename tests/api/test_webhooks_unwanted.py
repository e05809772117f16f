"""An event is handed on to webhooks only where one waits for it."""

import pytest
from django.utils import timezone

from accounts.models import User
from api.models import WebhookSubscription
from core import events
from core.models import Event
from crm.services import companies
from tests import makers

pytestmark = pytest.mark.django_db
TASK = "api.tell_subscribers"


def subscribe(person: User, *names: str, active: bool = True) -> WebhookSubscription:
    return WebhookSubscription.objects.create(
        user=person, host="example.com", sealed_url="sealed", events=list(names), active=active
    )


def told(noted_messages: list, ids: list[int]) -> list[int]:
    """The events that are handed to webhooks of those that are dispatched now."""
    noted_messages.clear()
    assert events.dispatch(ids) == len(ids)
    assert "workflows.start_runs" in dict(noted_messages), "others that react are sent as ever"
    return dict(noted_messages).get(TASK, [[]])[0]


@pytest.fixture
def person():
    return makers.user()


def happened(person: User) -> list[int]:
    companies.create(by=person, name="Acme")
    return list(Event.objects.filter(name="company.created", dispatched_at=None).values_list("pk", flat=True))


def test_nothing_is_handed_on_while_no_webhook_waits(person, noted_messages):
    subscribe(person, "deal.created")
    subscribe(person, "company.created", active=False)

    assert told(noted_messages, happened(person)) == []


def test_what_a_webhook_waits_for_is_handed_on(person, noted_messages):
    subscribe(person, "company.created", "deal.created")
    ids = happened(person)

    assert told(noted_messages, ids) == ids


def test_who_waits_by_the_time_that_an_event_is_handed_over_is_told(person, noted_messages):
    ids = happened(person)
    subscribe(person, "company.created")

    assert told(noted_messages, ids) == ids


def test_it_is_asked_in_the_statement_that_reads_the_events(person, noted_messages, django_assert_num_queries):
    ids = happened(person)
    events.event_handlers()

    with django_assert_num_queries(2):
        events.dispatch(ids)

    assert not Event.objects.filter(pk__in=ids, dispatched_at=None).exists()
    assert Event.objects.get(pk=ids[0]).dispatched_at <= timezone.now()
