"""Where a person is signed in, and the end of it."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, format_hotp_value, hotp_value
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.browsers import in_words
from accounts.models import Role, User
from core.models import CompanyProfile, Event, OutgoingMail

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


def age_the_proof(client):
    """An hour has gone by since the person proved who they are."""
    session = client.session
    session["account_authentication_methods"] = [
        each | {"at": each["at"] - 3600} for each in session["account_authentication_methods"]
    ]
    session.save()


def test_proving_again_who_one_is_gives_the_session_another_key(rep):
    here = browser(FIREFOX)
    age_the_proof(here)
    before = here.session.session_key

    assert here.post(reverse("account_reauthenticate"), {"password": "wrong"}).status_code == 422
    assert here.session.session_key == before
    here.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    assert here.session.session_key != before
    assert not here.session.exists(before)
    assert [each.session_key for each in UserSession.objects.all()] == [here.session.session_key]
    assert here.get("/").status_code == 200


def test_ending_a_session_asks_who_it_is_unless_that_was_just_proven(rep):
    here, there = browser(FIREFOX), browser(PHONE)
    age_the_proof(here)
    row = UserSession.objects.get(session_key=there.session.session_key)

    for act in (reverse("accounts:session-end", args=[row.pk]), reverse("accounts:sessions-end")):
        asked = here.post(act)
        assert asked.url.startswith(reverse("account_reauthenticate"))
        assert there.get("/").status_code == 200
    here.post(asked.url, {"password": PASSWORD})

    assert (here.get("/").status_code, there.get("/").status_code) == (200, 302)


def test_a_changed_second_factor_ends_all_sessions_but_this_one(rep, django_capture_on_commit_callbacks):
    here, there = browser(FIREFOX), browser(PHONE)
    here.get(reverse("mfa_activate_totp"))
    secret = here.session[SECRET_SESSION_KEY]

    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    with django_capture_on_commit_callbacks(execute=True):
        here.post(reverse("mfa_activate_totp"), {"code": code})

    assert Authenticator.objects.filter(user=rep).exists()
    assert (here.get("/").status_code, there.get("/").status_code) == (200, 302)
    assert [each.session_key for each in UserSession.objects.all()] == [here.session.session_key]


def test_an_administrator_ends_the_sessions_of_a_person_or_of_everybody(rep):
    admin = User.objects.create_user("ada@example.com", PASSWORD, name="Ada", role=Role.objects.get(name="Admin"))
    boss = Client()
    boss.post(reverse("accounts:login"), {"username": admin.email, "password": PASSWORD})
    here, there = browser(FIREFOX), browser(PHONE)
    other = User.objects.create_user("eve@example.com", PASSWORD, name="Eve", role=rep.role)
    eve = Client()
    eve.post(reverse("accounts:login"), {"username": other.email, "password": PASSWORD})
    assert here.post(reverse("accounts:everybody-sessions-end")).status_code == 403
    assert here.post(reverse("accounts:user-sessions-end", args=[admin.pk])).status_code == 403

    boss.post(reverse("accounts:user-sessions-end", args=[rep.pk]))

    assert [each.get("/").status_code for each in (here, there, eve, boss)] == [302, 302, 200, 200]
    boss.post(reverse("accounts:everybody-sessions-end"))
    assert [each.get("/").status_code for each in (eve, boss)] == [302, 200]
    ended = Event.objects.filter(name="user.session_ended")
    assert {(event.object_id, event.actor) for event in ended} == {(rep.pk, admin), (other.pk, admin)}


def test_words_of_the_company_with_digits_are_no_password_and_a_phrase_with_one_is(rep, settings):
    settings.BASE_URL = "https://crm.greenhouse.example"
    CompanyProfile.objects.update_or_create(pk=1, defaults={"name": "Acme Gardens"})
    here = browser(FIREFOX)

    def change(password):
        typed = {"present": PASSWORD, "password": password}
        return here.post(reverse("accounts:password"), typed)

    for guess in ("Acme-Gardens-2026!", "@cmeG4rdens99", "CRM-Sync-2026-2027", "greenhouse20262026"):
        answer = change(guess)
        assert (answer.status_code, "words of your own" in answer.content.decode()) == (422, True), guess
    assert change("gardens of seven hills").status_code == 302
