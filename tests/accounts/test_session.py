"""Signing in, signing out, and the first administrator."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role, User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


@pytest.fixture
def rep():
    return User.objects.create_user(
        "rep@example.com", PASSWORD, name="Rita Rep", role=Role.objects.get(name="Sales rep")
    )


def test_without_users_the_login_page_leads_to_the_set_up_which_makes_one_administrator(client):
    assert client.get(reverse("accounts:login")).url == reverse("accounts:first-admin")
    typed = {"name": "Ada Admin", "email": "ada@example.com", "password": PASSWORD, "time_zone": "Europe/London"}

    answer = client.post(reverse("accounts:first-admin"), typed)

    assert answer.url == reverse("core:home")
    ada = User.objects.get()
    assert (ada.email, ada.role.name, ada.time_zone) == ("ada@example.com", "Admin", "Europe/London")
    assert client.get(reverse("core:home")).status_code == 200
    client.logout()
    assert client.post(reverse("accounts:first-admin"), typed | {"email": "eve@example.com"}).url == reverse(
        "accounts:login"
    )
    assert User.objects.count() == 1


def test_a_refused_set_up_says_why_and_makes_nobody(client):
    answer = client.post(
        reverse("accounts:first-admin"), {"name": "", "email": "nonsense", "password": "short", "time_zone": "Mars"}
    )

    assert answer.status_code == 422
    assert b"Please correct 4 things" in answer.content
    assert not User.objects.exists()


def test_signing_in_leads_to_the_wanted_page_of_ours_and_to_no_other(client, rep):
    login = reverse("accounts:login")
    typed = {"username": "rep@example.com", "password": PASSWORD}

    assert client.post(login, typed | {"next": "/settings/profile/"}).url == "/settings/profile/"
    client.logout()
    assert client.post(login, typed | {"next": "https://evil.example/"}).url == "/"


def test_a_wrong_password_and_an_account_that_is_off_are_told_apart_from_nothing_else(client, rep):
    login = reverse("accounts:login")
    wrong = client.post(login, {"username": "rep@example.com", "password": "wrong"})
    User.objects.update(is_active=False)
    off = client.post(login, {"username": "rep@example.com", "password": PASSWORD})

    assert (wrong.status_code, off.status_code) == (422, 422)
    assert b"E-mail or password is wrong" in wrong.content
    assert b"E-mail or password is wrong" in off.content
    assert "_auth_user_id" not in client.session


def test_pages_need_a_session_and_signing_out_ends_it(client, rep):
    assert client.get("/").url == "/login/?next=/"
    client.force_login(rep)
    assert client.get("/").status_code == 200
    assert client.get(reverse("accounts:logout")).status_code == 405

    assert client.post(reverse("accounts:logout")).url == "/login/"

    assert client.get("/").url == "/login/?next=/"


def test_after_ten_wrong_passwords_an_address_waits_and_others_do_not(client, rep):
    login = reverse("accounts:login")
    User.objects.create_user("other@example.com", PASSWORD, name="Other")
    for number in range(10):
        client.post(login, {"username": "REP@example.com" if number % 2 else "rep@example.com", "password": "guess"})

    right = client.post(login, {"username": "rep@example.com", "password": PASSWORD})

    assert right.status_code == 422
    assert b"Too many attempts" in right.content
    assert "_auth_user_id" not in client.session
    assert client.post(login, {"username": "other@example.com", "password": PASSWORD}).status_code == 302


def test_a_success_forgets_the_failures_before_it(client, rep):
    login = reverse("accounts:login")
    for _round in range(2):
        for _number in range(9):
            client.post(login, {"username": "rep@example.com", "password": "guess"})
        assert client.post(login, {"username": "rep@example.com", "password": PASSWORD}).status_code == 302
        client.logout()


def test_nobody_is_locked_out_while_the_cache_is_away(client, rep, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/valkey.sock"}}
    login = reverse("accounts:login")

    assert client.post(login, {"username": "rep@example.com", "password": "guess"}).status_code == 422
    assert client.post(login, {"username": "rep@example.com", "password": PASSWORD}).status_code == 302
