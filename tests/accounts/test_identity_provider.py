"""Signing in with an identity provider: who comes in, as whom, and what is not believed; a real one over HTTP."""

import datetime
import html
import re
import urllib.parse
from urllib.parse import parse_qsl, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import invitations
from accounts.models import Role, Team, User
from accounts.oidc import configuration
from core.models import Event, OutgoingMail
from crm_sync.doctor import identity
from tests import identity_provider

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LOGIN = "/login/"


@pytest.fixture(scope="module")
def server():
    with identity_provider.serving() as provider:
        yield provider


@pytest.fixture
def provider(server, settings):
    """The provider, as it was at the beginning."""
    before = {**vars(server), "person": dict(server.person)}
    server.asked.clear()
    cache.clear()
    identity_provider.set_up(settings, server)
    yield server
    vars(server).update(before)


@pytest.fixture
def rep():
    return User.objects.create_user(
        "rep@example.com", PASSWORD, name="Rita Rep", role=Role.objects.get(name="Sales rep")
    )


def leave(client, **data):
    """The provider's address that the sign-in page goes on to."""
    page = client.post(reverse("accounts:oidc-begin"), data)
    assert page.status_code == 200, page.content
    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', page.content.decode())
    return html.unescape(found[1])


def asked_of(address):
    return dict(parse_qsl(urlsplit(address).query))


def come_back(client, provider, address):
    """What the browser does with the provider's answer."""
    back = urlsplit(provider.authorize(asked_of(address)))
    return client.get(f"{back.path}?{back.query}")


def sign_in(client, provider, **data):
    return come_back(client, provider, leave(client, **data))


def names():
    return list(Event.objects.filter(object_type="user").order_by("pk").values_list("name", flat=True))


def is_in(client):
    return "_auth_user_id" in client.session


def test_the_button_is_there_where_a_provider_is(client, rep, provider, settings):
    assert "Sign in with Acme ID" in client.get(LOGIN).content.decode()

    settings.OIDC_ISSUER = ""

    assert "oidc" not in client.get(LOGIN).content.decode()
    assert "login/provider" not in client.get(LOGIN).content.decode()
    assert client.post(reverse("accounts:oidc-begin")).status_code == 404
    assert client.get(reverse("accounts:oidc-callback")).status_code == 404


def test_a_person_signs_in_by_the_verified_address_and_is_known_by_the_id_from_then_on(client, rep, provider):
    provider.person["email"] = "REP@example.com"

    answer = sign_in(client, provider, next="/settings/profile/")

    assert answer.url == "/settings/profile/"
    assert client.get(answer.url).status_code == 200
    assert names() == ["user.identity_connected", "user.signed_in"]
    assert Event.objects.get(name="user.signed_in").data["channel"] == "openid_connect"
    assert "connected" in OutgoingMail.objects.get().subject
    account = SocialAccount.objects.get()
    assert (account.user, account.uid, account.extra_data) == (rep, "person-1", {})
    assert not SocialToken.objects.exists()
    assert not SocialApp.objects.exists()

    client.logout()
    provider.person |= {"email": "rita.new@example.com", "email_verified": False}
    assert sign_in(client, provider).url == "/"
    assert int(client.session["_auth_user_id"]) == rep.pk


def test_what_leaves_asks_for_a_code_with_proof_state_and_nonce_new_each_time(client, rep, provider):
    first, second = asked_of(leave(client)), asked_of(leave(client))

    assert (first["response_type"], first["code_challenge_method"]) == ("code", "S256")
    assert set(first["scope"].split()) == {"openid", "profile", "email"}
    assert first["redirect_uri"] == configuration.callback()
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]


def test_an_address_of_the_begin_changes_nothing_of_what_is_asked(client, rep, provider):
    query = urllib.parse.urlencode({"auth_params": "redirect_uri=//evil", "scope": "all"})

    page = client.post(f"{reverse('accounts:oidc-begin')}?{query}", {"next": "https://evil.example/"})

    asked = asked_of(html.unescape(re.search(r'content="0;url=([^"]+)"', page.content.decode())[1]))
    assert (asked["redirect_uri"], "all" in asked["scope"].split()) == (configuration.callback(), False)


@pytest.mark.parametrize(
    "wrong",
    [
        {"signed_strangely": True},
        {"token": {"aud": "another client"}},
        {"token": {"aud": [identity_provider.CLIENT_ID, "other"], "azp": "other"}},
        {"token": {"nonce": "of another sign-in"}},
        {"token": {"iss": "https://evil.example"}},
        {"token": {"exp": 1_700_000_000}},
        {"token": {"sub": ""}},
        {"header": {"kid": "unknown"}},
    ],
    ids=lambda wrong: str(wrong)[:40],
)
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(client, rep, provider, wrong):
    vars(provider).update(wrong)

    answer = sign_in(client, provider)

    assert answer.status_code == 403
    assert "can&#x27;t be trusted" in answer.content.decode()
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
    assert names() == []


def test_an_unsigned_token_and_one_signed_with_the_shared_secret_are_refused(client, rep, provider):
    for provider.signing in (("", "none"), (identity_provider.CLIENT_SECRET.ljust(64), "HS256")):
        answer = sign_in(client, provider)

        assert (answer.status_code, is_in(client)) == (403, False)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email_verified": False}, "is not verified"),
        ({"email_verified": None}, "is not verified"),
        ({"email": ""}, "told no e-mail address"),
        ({"email": "stranger@example.com"}, "You have no account here"),
    ],
)
def test_an_address_that_proves_nothing_lets_nobody_in(client, rep, provider, claims, words):
    provider.person |= claims

    answer = sign_in(client, provider)

    assert (answer.status_code, words in answer.content.decode()) == (403, True)
    assert not is_in(client)
    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()


def test_a_deactivated_person_stays_out_before_and_after_the_first_sign_in(client, rep, provider):
    for _again in range(2):
        User.objects.filter(pk=rep.pk).update(is_active=False)
        answer = sign_in(client, provider)
        assert (answer.status_code, "switched off" in answer.content.decode()) == (403, True)
        assert not is_in(client)
        User.objects.filter(pk=rep.pk).update(is_active=True)
        sign_in(client, provider)
        client.logout()

    refused = Event.objects.filter(name="user.identity_refused")
    assert [event.data["reason"] for event in refused] == ["inactive", "inactive"]


def test_a_second_identity_with_the_same_address_is_refused_until_an_administrator_disconnects(
    client, rep, provider, admin
):
    sign_in(client, provider)
    client.logout()
    provider.person["sub"] = "person-2"

    answer = sign_in(client, provider)

    assert (answer.status_code, "another identity" in answer.content.decode()) == (403, True)
    assert not is_in(client)
    assert SocialAccount.objects.get().uid == "person-1"
    client.force_login(admin)
    assert "Disconnect" in client.get(reverse("accounts:user-edit", args=[rep.pk])).content.decode()
    client.post(reverse("accounts:user-identity-off", args=[rep.pk]))
    client.logout()
    assert sign_in(client, provider).url == "/"
    assert SocialAccount.objects.get().uid == "person-2"


@pytest.fixture
def admin():
    return User.objects.create_user("ada@example.com", PASSWORD, name="Ada Admin", role=Role.objects.get(name="Admin"))


def test_another_issuers_people_are_other_people(client, rep, admin, provider, settings):
    SocialAccount.objects.create(user=admin, provider="oidc-of-another-issuer", uid="person-1")

    sign_in(client, provider)

    assert int(client.session["_auth_user_id"]) == rep.pk


def test_an_open_invitation_is_accepted_by_signing_in_and_one_that_is_over_is_not(client, admin, provider):
    role = Role.objects.get(name="Sales rep")
    team = Team.objects.create(name="North")
    invitation = invitations.invite(name="Rita", email="Rep@example.com", role=role, teams=[team], by=admin)
    type(invitation).objects.update(expires_at=timezone.now() - datetime.timedelta(minutes=1))
    assert sign_in(client, provider).status_code == 403
    type(invitation).objects.update(expires_at=timezone.now() + datetime.timedelta(days=1))

    assert sign_in(client, provider).url == "/"

    person = User.objects.get(email__iexact="rep@example.com")
    assert (person.role, person.has_usable_password(), list(person.teams.all())) == (role, False, [team])
    invitation.refresh_from_db()
    assert invitation.accepted_at is not None
    client.post(reverse("accounts:oidc-disconnect"))
    assert SocialAccount.objects.filter(user=person).exists()


def test_who_was_not_invited_joins_only_with_the_role_that_is_named_and_manages_nobody(
    client, admin, provider, settings
):
    settings.OIDC_SIGN_UP_ROLE = "Admin"
    assert sign_in(client, provider).status_code == 403
    assert User.objects.count() == 1
    settings.OIDC_SIGN_UP_ROLE = "Sales rep"

    assert sign_in(client, provider).url == "/"

    made = User.objects.get(email="rep@example.com")
    assert (made.name, made.role.name, made.has_usable_password()) == ("Rita at Work", "Sales rep", False)


def test_the_second_factor_is_asked_for_and_only_then_the_identity_is_bound(client, rep, provider, settings):
    Authenticator.objects.create(user=rep, type=Authenticator.Type.TOTP, data={"secret": "x"})

    halfway = sign_in(client, provider)

    assert halfway.url == reverse("mfa_authenticate")
    assert not is_in(client)
    assert not SocialAccount.objects.exists()

    settings.OIDC_TRUST_SECOND_FACTOR = True
    assert sign_in(client, provider).url == "/"
    assert is_in(client)


def test_a_role_that_needs_a_second_factor_needs_it_unless_the_provider_is_trusted_with_it(
    client, rep, provider, settings
):
    Role.objects.filter(pk=rep.role_id).update(requires_two_factor=True)
    sign_in(client, provider)
    assert client.get("/").url == reverse("mfa_activate_totp")

    settings.OIDC_TRUST_SECOND_FACTOR = True
    assert client.get("/").status_code == 200
    client.logout()
    client.post(LOGIN, {"username": rep.email, "password": PASSWORD})
    assert client.get("/").url == reverse("mfa_activate_totp")


def test_what_was_answered_works_once_and_in_the_browser_that_asked(client, rep, provider):
    address = leave(client)
    back = urlsplit(provider.authorize(asked_of(address)))
    stranger = type(client)()

    assert stranger.get(f"{back.path}?{back.query}").status_code == 400
    assert client.get(f"{back.path}?{back.query}").url == "/"
    client.logout()
    again = client.get(f"{back.path}?{back.query}")

    assert (again.status_code, "This sign-in is over" in again.content.decode()) == (400, True)
    assert not is_in(client)


def test_each_way_it_can_fail_has_a_page(client, rep, provider, settings):
    def coming_back(**query):
        state = asked_of(leave(client))["state"]
        return client.get(reverse("accounts:oidc-callback"), {"state": state} | query)

    denied = coming_back(error="access_denied")
    assert (denied.status_code, "did not let you in" in denied.content.decode()) == (403, True)
    broken = coming_back(error="server_error", error_description="<script>")
    assert (broken.status_code, b"<script>" in broken.content) == (502, False)
    assert coming_back(code="x", iss="https://evil.example").status_code == 502
    unknown_code = coming_back(code="nobody gave this")
    assert (unknown_code.status_code, "Try again" in unknown_code.content.decode()) == (502, True)

    address = leave(client)
    provider.away = True
    assert come_back(client, provider, address).status_code == 502
    gone = client.post(reverse("accounts:oidc-begin"))
    assert (gone.status_code, "Acme ID does not answer" in gone.content.decode()) == (502, True)
    provider.away = False
    for described in ({"issuer": "https://evil.example"}, {"token_endpoint": "http://10.0.0.1/token"}):
        provider.described = described
        wrong = client.post(reverse("accounts:oidc-begin"))
        assert (wrong.status_code, "not the Acme ID" in wrong.content.decode()) == (502, True)
    provider.described = {}
    settings.OIDC_ISSUER = "http://127.0.0.1:9/nobody"
    assert client.post(reverse("accounts:oidc-begin")).status_code == 502
    assert not is_in(client)


def test_an_address_told_only_on_asking_counts_for_the_same_person_alone(client, rep, provider):
    provider.email_in_userinfo_only = True
    assert sign_in(client, provider).url == "/"
    client.logout()
    SocialAccount.objects.all().delete()
    provider.token = {"sub": "somebody else"}

    assert sign_in(client, provider).status_code == 403
    assert not SocialAccount.objects.exists()


def test_where_the_provider_is_the_only_way_passwords_are_for_administrators(client, rep, admin, provider, settings):
    settings.OIDC_ONLY = True
    page = client.get(LOGIN).content.decode()
    assert ('id="login-form"' in page, 'id="provider-form"' in page) == (False, True)
    assert 'id="login-form"' in client.get(f"{LOGIN}?emergency=1").content.decode()

    refused = client.post(LOGIN, {"username": rep.email, "password": PASSWORD})
    assert (refused.status_code, "people sign in with Acme ID" in refused.content.decode()) == (422, True)
    assert not is_in(client)
    assert client.post(LOGIN, {"username": admin.email, "password": PASSWORD}).url == "/"


def test_one_disconnects_ones_own_account_after_proving_who_one_is(client, rep, provider):
    sign_in(client, provider)
    off = reverse("accounts:oidc-disconnect")
    assert "Disconnect" in client.get(reverse("mfa_index")).content.decode()

    asked = client.post(off)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert SocialAccount.objects.exists()
    client.post(asked.url, {"password": PASSWORD})

    assert not SocialAccount.objects.exists()
    assert "user.identity_disconnected" in names()


def test_the_doctor_says_what_is_wrong_with_it(provider, settings):
    def told():
        return [(str(one.level), one.text.split(".")[0][:60]) for one in identity.provider()]

    assert [level for level, _text in told()] == ["ok"]
    provider.described = {"issuer": "https://other.example"}
    assert told() == [("failure", "The provider calls itself 'https://other")]
    provider.described = {}
    settings.OIDC_SIGN_UP_ROLE = "Admin"
    assert told()[0][0] == "failure"
    settings.OIDC_SIGN_UP_ROLE, settings.OIDC_ISSUER = "", "http://id.example"
    assert "OIDC_ISSUER" in told()[0][1]
    settings.OIDC_ISSUER = ""
    assert told() == [("ok", "No identity provider is set up")]
