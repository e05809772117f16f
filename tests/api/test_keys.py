"""Keys: what they open, for how long, and what is kept of them."""

import datetime

import pytest
from django.utils import timezone

from accounts import services
from accounts.models import User
from api.models import ApiKey
from api.services import keys
from core.models import Event
from crm.models import Company
from tests import makers
from tests.api.programs import Program, program_of


def test_a_key_is_shown_once_and_kept_as_a_digest(client, db):
    rep = makers.user()
    client.force_login(rep)

    page = client.post("/settings/api-keys/add/", {"name": "Shop", "scopes": ["crm:read"], "days": "30"})

    secret = page.context["secret"]
    assert secret in page.text
    assert "no-store" in page["Cache-Control"]
    key = ApiKey.objects.get()
    assert (key.user, key.scopes, key.prefix) == (rep, ["crm:read"], secret[:12])
    assert secret not in str(vars(key))
    assert datetime.timedelta(days=29) < key.expires_at - timezone.now() < datetime.timedelta(days=31)
    listed = client.get("/settings/api-keys/").text
    assert key.prefix in listed
    assert secret not in listed
    told = Event.objects.get(name="user.api_key_created")
    assert secret not in str(told.data)
    assert Program(rep, secret=secret).get("companies").status_code == 200


def test_a_key_without_a_purpose_is_not_made(client, db):
    client.force_login(makers.user())

    page = client.post("/settings/api-keys/add/", {"name": "Shop"})

    assert (page.status_code, ApiKey.objects.count()) == (422, 0)


def test_a_scope_that_the_key_lacks_stays_closed(db):
    reader = program_of(scopes=["crm:read"])

    refused = reader.post("companies", {"name": "Acme"})

    assert (refused.status_code, refused.json()["type"]) == (403, "urn:crm-sync:problem:scope")
    assert reader.get("companies").status_code == 200
    assert not Company.objects.exists()


def test_a_scope_gives_no_permission_that_its_person_lacks(db):
    user = makers.user()
    _key, secret = keys.create(user, name="All", scopes=["crm:write", "invoices:write"], expires_at=None, by=user)

    found, _same = keys.opened_by(secret)

    assert found.has_perm("crm.edit")
    assert found.has_perm("invoices.send")
    assert not found.has_perm("invoices.void"), "the role lacks it"
    assert not found.has_perm("reports.view"), "the key lacks it"
    assert User.objects.get(pk=user.pk).has_perm("reports.view"), "the person has it still"


@pytest.mark.parametrize("why", ["revoked", "expired", "inactive", "unknown", "none"])
def test_what_does_not_work_opens_nothing(why, program):
    if why == "revoked":
        assert keys.revoke(program.key, by=program.user)
        assert not keys.revoke(program.key, by=program.user)
    if why == "expired":
        ApiKey.objects.update(expires_at=timezone.now())
    if why == "inactive":
        services.set_active(makers.user("Admin", "other@example.com"), active=True, by=program.user)
        User.objects.filter(pk=program.user.pk).update(is_active=False)
    if why == "unknown":
        program.secret = "crm_somebody-elses"
    headers = {"Authorization": ""} if why == "none" else {}

    answer = program.get("companies", **headers)

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Bearer realm="api"')
    assert answer["Content-Type"] == "application/problem+json"


def test_a_session_of_a_browser_opens_nothing(client, db):
    client.force_login(makers.user("Admin"))

    assert client.get("/api/v1/companies").status_code == 401


def test_the_last_use_is_noted_once_a_minute(program, django_assert_max_num_queries):
    program.get("companies")
    first = ApiKey.objects.get().last_used_at
    with django_assert_max_num_queries(7):
        program.get("companies")

    assert first is not None
    assert ApiKey.objects.get().last_used_at == first


def test_admins_see_and_revoke_the_keys_of_others(client, db):
    rep = makers.user()
    key, _secret = keys.create(rep, name="Shop", scopes=["crm:read"], expires_at=None, by=rep)
    other = makers.user(email="other@example.com")
    client.force_login(other)
    assert client.post(f"/settings/api-keys/{key.pk}/revoke/").status_code == 404
    assert client.get("/settings/api-keys/everybody/").status_code == 403
    client.force_login(makers.user("Admin", "admin@example.com"))

    assert "Shop" in client.get("/settings/api-keys/everybody/").text
    client.post(f"/settings/api-keys/{key.pk}/revoke/", {"from": "everybody"})

    key.refresh_from_db()
    assert not key.works
    assert Event.objects.get(name="user.api_key_revoked").data["key"] == "Shop"


def test_the_reference_shows_every_operation(client, db):
    client.force_login(makers.user())

    page = client.get("/api/").text

    assert "/api/v1/companies/{id}" in page
    assert "<script" not in page.split("<main", 1)[1].split("</main>")[0]
