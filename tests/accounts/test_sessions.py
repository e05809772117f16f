"""Where a person is signed in, and the end of it."""

import pytest
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.browsers import in_words
from accounts.models import Role, User
from core.models import Event, OutgoingMail

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E Safari/604.1"
)


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


@pytest.fixture
def rep():
    return User.objects.create_user("rep@example.com", PASSWORD, name="Rita", role=Role.objects.get(name="Sales rep"))


def browser(agent, address="192.0.2.7"):
    client = Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=address)
    client.post(reverse("accounts:login"), {"username": "rep@example.com", "password": PASSWORD})
    return client


def test_sessions_are_listed_and_ended_one_by_one(rep):
    here, there = browser(FIREFOX), browser(PHONE, "198.51.100.4")

    page = here.get(reverse("mfa_index")).content.decode()

    assert "Firefox on Windows" in page
    assert "Safari on iPhone" in page
    assert "198.51.100.4" in page
    row = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post(reverse("accounts:session-end", args=[row.pk])).status_code == 302
    assert there.get("/").url.startswith(reverse("accounts:login"))
    assert here.get("/").status_code == 200
    event = Event.objects.get(name="user.session_ended")
    assert (event.data["ended_address"], event.actor) == ("198.51.100.4", rep)


def test_all_others_end_at_once_and_nobody_ends_those_of_somebody_else(rep):
    here, there, third = browser(FIREFOX), browser(PHONE), browser(PHONE)
    other = User.objects.create_user("eve@example.com", PASSWORD, name="Eve", role=rep.role)
    eve = Client()
    eve.post(reverse("accounts:login"), {"username": "eve@example.com", "password": PASSWORD})

    mine = UserSession.objects.filter(user=rep).first()
    assert eve.post(reverse("accounts:session-end", args=[mine.pk])).status_code == 404
    here.post(reverse("accounts:sessions-end"))

    assert [each.get("/").status_code for each in (here, there, third, eve)] == [200, 302, 302, 200]
    assert UserSession.objects.filter(user=other).count() == 1


def test_a_new_password_ends_all_sessions_but_this_one_and_is_told_of(rep):
    here, there = browser(FIREFOX), browser(PHONE)

    here.post(reverse("accounts:password"), {"present": PASSWORD, "password": "another long phrase"})

    assert (here.get("/").status_code, there.get("/").status_code) == (200, 302)
    assert [each.session_key for each in UserSession.objects.all()] == [here.session.session_key]
    assert OutgoingMail.objects.get().subject == "Your password was changed"


def test_last_seen_moves_on_with_one_statement_in_five_minutes(rep, django_assert_num_queries):
    here = browser(FIREFOX)
    UserSession.objects.update(last_seen_at="2020-01-01T00:00:00Z")
    cache.clear()

    here.get(reverse("accounts:reset-asked"))

    seen = UserSession.objects.get().last_seen_at
    assert seen.year > 2020
    here.get(reverse("accounts:reset-asked"))
    assert UserSession.objects.get().last_seen_at == seen


def test_a_sign_in_takes_another_session_key_than_the_visit_before_it(rep):
    client = Client()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    client.cookies["sessionid"] = session.session_key
    planted = session.session_key

    client.post(reverse("accounts:login"), {"username": "rep@example.com", "password": PASSWORD})

    assert client.session.session_key != planted
    assert not client.session.exists(planted)


def test_a_deactivated_person_is_out_of_every_browser(rep):
    here = browser(FIREFOX)
    admin = User.objects.create_user("ada@example.com", PASSWORD, name="Ada", role=Role.objects.get(name="Admin"))
    boss = Client()
    boss.force_login(admin)

    boss.post(reverse("accounts:user-activate", args=[rep.pk]), {"active": "0"})

    assert here.get("/").status_code == 302
    assert not UserSession.objects.filter(user=rep).exists()


def test_failures_and_the_lock_are_written_down_with_their_address(rep):
    client = Client(REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT=FIREFOX)
    for _number in range(11):
        client.post(reverse("accounts:login"), {"username": "REP@example.com", "password": "guess"})

    events = list(Event.objects.filter(object_id=rep.pk).order_by("pk"))

    assert [each.name for each in events] == ["user.sign_in_failed"] * 10 + ["user.locked"]
    assert {(each.data["address"], each.actor_id) for each in events} == {("203.0.113.9", None)}
    assert "guess" not in str([each.data for each in events])


def test_a_network_address_that_tries_many_people_waits_and_others_do_not(rep, monkeypatch):
    monkeypatch.setattr("accounts.attempts.NETWORK_LIMIT", 3)
    guessing = Client(REMOTE_ADDR="2001:db8::1")
    for number in range(3):
        guessing.post(reverse("accounts:login"), {"username": f"{number}@example.com", "password": "guess"})

    typed = {"username": "rep@example.com", "password": PASSWORD}

    assert Client(REMOTE_ADDR="2001:db8::2").post(reverse("accounts:login"), typed).status_code == 422
    assert Client(REMOTE_ADDR="2001:db8:1::1").post(reverse("accounts:login"), typed).status_code == 302


@pytest.mark.parametrize(
    ("agent", "words"), [(FIREFOX, "Firefox on Windows"), ("curl/8.1", "curl"), ("", "Unknown browser")]
)
def test_browsers_are_named_in_words(agent, words):
    assert in_words(agent) == words
