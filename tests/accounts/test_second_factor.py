"""Two-factor sign-in: setting it up, signing in with it, losing it, and roles that need it."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, format_hotp_value, hotp_value
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Role, User
from core.models import Event, OutgoingMail
from crm_sync import sealed

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
NOW = int(time.time()) // 30


@pytest.fixture(autouse=True)
def no_attempts_before():
    cache.clear()


@pytest.fixture(autouse=True)
def one_moment(monkeypatch):
    """Codes change every 30 seconds; not in the middle of a test."""
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.yield_hotp_counters_from_time", lambda: iter([NOW]))


@pytest.fixture
def rep():
    return User.objects.create_user(
        "rep@example.com", PASSWORD, name="Rita Rep", role=Role.objects.get(name="Sales rep")
    )


def sign_in(client):
    return client.post(reverse("accounts:login"), {"username": "rep@example.com", "password": PASSWORD})


def code_for(secret):
    return format_hotp_value(hotp_value(secret, NOW))


@pytest.fixture
def set_up(client, django_capture_on_commit_callbacks):
    """Switches two-factor on, as a person does; returns the secret and the recovery codes."""

    def act():
        assert client.get(reverse("mfa_activate_totp")).status_code == 200
        secret = client.session[SECRET_SESSION_KEY]
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(reverse("mfa_activate_totp"), {"code": code_for(secret)})
        assert answer.url == reverse("mfa_view_recovery_codes")
        page = client.get(answer.url).content.decode()
        return secret, re.findall(r"<li>(\d{8})</li>", page)

    return act


def test_whoever_has_a_second_factor_needs_a_code_that_works_once(client, rep, set_up):
    sign_in(client)
    secret, _codes = set_up()
    client.logout()

    halfway = sign_in(client)

    assert halfway.url == reverse("mfa_authenticate")
    assert client.get("/").url.startswith(reverse("accounts:login"))
    wrong = client.post(halfway.url, {"code": "000000"})
    assert (wrong.status_code, b"That code is not right" in wrong.content) == (422, True)
    before = client.session.session_key
    assert client.post(halfway.url, {"code": code_for(secret)}).url == "/"
    assert client.get("/").status_code == 200
    assert client.session.session_key != before
    client.logout()
    sign_in(client)
    assert client.post(halfway.url, {"code": code_for(secret)}).status_code == 422
    names = list(Event.objects.filter(object_type="user").order_by("pk").values_list("name", flat=True))
    assert names == [
        "user.signed_in",
        "user.two_factor_added",
        "user.code_refused",
        "user.signed_in",
        "user.code_refused",
    ]


def test_codes_are_slowed_down_too(client, rep, set_up):
    sign_in(client)
    secret, _codes = set_up()
    client.logout()
    sign_in(client)
    for _number in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    right = client.post(reverse("mfa_authenticate"), {"code": code_for(secret)})

    assert right.status_code == 422
    assert "_auth_user_id" not in client.session


def test_the_secret_is_sealed_and_recovery_codes_are_shown_once_and_work_once(client, rep, set_up):
    sign_in(client)
    secret, codes = set_up()

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert len(codes) == 10
    assert secret not in stored
    again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert codes[0] not in again
    assert "10 codes are left" in again
    client.logout()
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 302
    client.logout()
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": codes[0]}).status_code == 422
    used = Event.objects.get(name="user.recovery_code_used")
    assert used.data["left"] == 9
    assert OutgoingMail.objects.filter(subject="A recovery code was used", to=["rep@example.com"]).count() == 1


def test_a_change_of_the_second_factor_asks_who_it_is_unless_that_was_just_proven(client, rep, set_up):
    client.force_login(rep)

    asked = client.get(reverse("mfa_activate_totp"))

    confirm = reverse("account_reauthenticate")
    assert asked.url.startswith(confirm)
    assert client.post(asked.url, {"password": "wrong"}).status_code == 422
    assert client.post(asked.url, {"password": PASSWORD}).url == reverse("mfa_activate_totp")
    _secret, codes = set_up()
    client.post(reverse("mfa_generate_recovery_codes"))
    renewed = re.findall(r"<li>(\d{8})</li>", client.get(reverse("mfa_view_recovery_codes")).content.decode())
    assert len(set(renewed) - set(codes)) == 10
    assert client.post(reverse("mfa_deactivate_totp")).url == reverse("mfa_index")
    assert not Authenticator.objects.exists()


def test_a_role_that_needs_it_leads_to_the_setup_and_nowhere_else(client, rep, set_up):
    sign_in(client)
    Role.objects.filter(pk=rep.role_id).update(requires_two_factor=True)
    page = reverse("mfa_activate_totp")

    assert client.get("/").url == page
    assert client.get("/", headers={"HX-Request": "true"}).headers["HX-Redirect"] == page
    assert client.get("/", headers={"Accept": "application/json"}).status_code == 403
    assert client.post(reverse("accounts:profile"), {"name": "Other"}).url == page
    assert User.objects.get().name == "Rita Rep"
    assert client.get(reverse("core:healthz")).status_code in (200, 503)
    set_up()
    assert client.get("/").status_code == 200
    refused = client.post(reverse("mfa_deactivate_totp"))
    assert b"Your role needs two-factor sign-in" in refused.content
    assert Authenticator.objects.filter(type="totp").exists()


def test_an_administrator_takes_it_from_somebody_who_lost_it(client, rep, set_up):
    sign_in(client)
    set_up()
    admin = User.objects.create_user("ada@example.com", PASSWORD, name="Ada", role=Role.objects.get(name="Admin"))
    client.force_login(admin)

    client.post(reverse("accounts:user-two-factor-off", args=[rep.pk]))

    assert not Authenticator.objects.exists()
    event = Event.objects.get(name="user.two_factor_removed")
    assert (event.actor, event.object_id) == (admin, rep.pk)
    assert sign_in(client).status_code == 302


def test_secrets_take_the_first_key_when_they_are_sealed_anew(client, rep, set_up, settings):
    sign_in(client)
    secret, codes = set_up()
    former = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = ["new:" + "B" * 43 + "=", *former]

    assert sum(outcome.changed for outcome in sealed.rotate()) == 2

    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    client.logout()
    sign_in(client)
    assert client.post(reverse("mfa_authenticate"), {"code": code_for(secret)}).status_code == 302
    factor = Authenticator.objects.get(type="recovery_codes")
    assert factor.wrap().get_unused_codes() == codes
