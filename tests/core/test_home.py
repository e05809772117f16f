"""The home page: which cards, in which order, for whom; what each tells and what it costs."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from core import company, home, news, registry
from core.events import emit
from core.models import Event
from core.services import home as layouts
from crm.models import Company, Deal, DealBilling, Quote, Stage, Task
from crm.queries import attention
from crm.services import pipelines
from tests.unkept import unkept

pytestmark = pytest.mark.django_db


def person(role: str, email: str = "") -> User:
    from accounts.permissions import DEFAULT_ROLES  # noqa: PLC0415 -- only where roles were emptied

    found, _new = Role.objects.get_or_create(name=role, defaults={"permissions": DEFAULT_ROLES[role]})
    return User.objects.create_user(email or f"{role.split()[0].lower()}@example.com", None, name=role, role=found)


@pytest.fixture
def rep(client):
    user = person("Sales rep")
    client.force_login(user)
    return user


@pytest.fixture
def stage():
    return pipelines.ensure_default().stages.first()


def keys(user):
    return [card.key for card in home.arranged(user).shown]


def test_each_role_starts_with_what_it_is_there_for(rep):
    ops, admin = person("Ops"), person("Admin")

    assert keys(rep)[:3] == ["tasks", "deals", "invoices-needing-something"]
    assert "sync-health" not in keys(rep)
    assert keys(ops)[0] == "receivables-aging"
    assert "people" not in keys(ops)
    assert "people" in keys(admin)


def test_people_arrange_their_own_page_and_go_back(client, rep):
    first = keys(rep)
    order = list(reversed(first))
    answer = client.post(reverse("core:home-layout"), {"order": [*order, "unknown"], "shown": order[1:]})

    assert answer["HX-Redirect"] == "/"
    assert keys(rep) == order[1:]
    assert [card.key for card in home.arranged(rep).hidden] == [order[0]]
    assert keys(person("Sales rep", "other@example.com")) == first
    page = client.get(reverse("core:home-layout")).content.decode()
    assert page.index(f'value="{order[1]}"') < page.index(f'value="{order[-1]}"')

    client.post(reverse("core:home-layout"), {"reset": "1"})
    assert keys(rep) == first


def test_a_card_that_came_later_is_at_the_end(rep, monkeypatch):
    layouts.arrange(rep, order=keys(rep), shown=keys(rep))
    new = registry.HomeCard("new", "New", "core:home-recent", order=1)
    monkeypatch.setattr(registry, "home_cards", [new, *registry.home_cards])

    assert keys(rep)[-1] == "new"


def reasons(user):
    return {str(need.record): [reason for reason, _value in need.reasons] for need in attention.needs(user)}


def test_deals_say_what_they_need(rep, stage):
    today, now = company.today(), timezone.now()
    Stage.objects.filter(pk=stage.pk).update(rotting_days=5)
    planned = Deal.objects.create(name="Fine", stage=stage, owner=rep, close_on=today)
    late = Deal.objects.create(name="Late", stage=stage, owner=rep, close_on=today - datetime.timedelta(days=2))
    old = Deal.objects.create(name="Old", stage=stage, owner=rep, stage_entered_at=now - datetime.timedelta(days=9))
    for deal in (planned, late, old):
        Task.objects.create(title="Call", about_type="deal", about_id=deal.pk)
    Deal.objects.create(name="Stepless", stage=stage, owner=rep)
    sold = Deal.objects.create(name="Sold", stage=stage, status="won", owner=rep)
    Quote.objects.create(title="Offer", deal=sold, status="accepted", answered_at=now)
    billed = Deal.objects.create(name="Billed", stage=stage, status="won", owner=rep)
    DealBilling.objects.create(deal=billed, invoices=1)
    Quote.objects.create(title="Done", deal=billed, status="accepted", answered_at=now)
    Quote.objects.create(title="Soon", owner=rep, status="published", expires_on=today + datetime.timedelta(days=3))
    Deal.objects.create(name="Somebody else's", stage=stage)

    assert reasons(rep) == {
        "Sold": ["accepted"],
        "Late": ["late"],
        "Soon": ["expiring"],
        "Old": ["rotting"],
        "Stepless": ["stepless"],
    }


def test_news_are_what_others_did_since_the_last_working_day(rep, stage):
    other = person("Ops")
    deal = Deal.objects.create(name="Patio", stage=stage)
    firm = Company.objects.create(name="Acme")
    emit("deal.won", deal, by=other, title="Patio")
    emit("company.created", firm, by=rep, title="Acme")
    old = Deal.objects.create(name="Ancient", stage=stage)
    emit("deal.won", old, by=other, title="Ancient")
    with unkept():
        Event.objects.filter(object_id=old.pk).update(occurred_at=timezone.now() - datetime.timedelta(days=9))
    gone = Deal.objects.create(name="Gone", stage=stage)
    emit("deal.lost", gone, by=other, title="Gone")
    with unkept():
        Event.objects.filter(object_id=gone.pk, object_type="deal").update(object_id=999_999)

    told = news.since_last_working_day(rep)

    assert [(line.record.title, line.event.actor) for line in told.lines] == [("Patio", other)]


def test_the_last_working_day_of_a_monday_is_friday(monkeypatch, db):
    monkeypatch.setattr(company, "today", lambda: datetime.date(2026, 3, 2))

    assert news.beginning().date() == datetime.date(2026, 2, 27)


@pytest.mark.parametrize("card", [card.key for card in registry.home_cards])
def test_every_card_answers_and_costs_the_same_at_thirty(client, stage, card):
    admin = person("Admin")
    client.force_login(admin)
    address = reverse(next(each.url_name for each in registry.home_cards if each.key == card))

    def fill(number: int) -> None:
        for at in range(number):
            past = company.today() - datetime.timedelta(days=1)
            deal = Deal.objects.create(name=f"Deal {at}", stage=stage, owner=admin, close_on=past)
            Task.objects.create(title=f"Call {at}", assignee=admin, about_type="deal", about_id=deal.pk)
            quote = Quote.objects.create(title="Offer", deal=deal, status="published", expires_on=company.today())
            emit("deal.won", deal, title="x")
            emit("quote.accepted", quote, title="x")

    fill(1)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    fill(30)
    with CaptureQueriesContext(connection) as many:
        client.get(address)

    assert len(many) <= len(few)
    assert len(few) <= 13
