"""Events know where they come from: page or API, address, request, key."""

import pytest
from django.test import RequestFactory
from django.urls import reverse

from api.services import keys
from core.audit.source import Source, client_address, coming_from, current
from core.events import emit
from core.models import Event, Origin
from crm.models import Company
from crm.services import companies

pytestmark = pytest.mark.django_db


def test_a_change_on_a_page_has_the_clients_address_and_the_request(client, rep):
    client.force_login(rep)
    client.post(reverse("crm:company-create"), {"name": "Acme"}, REMOTE_ADDR="203.0.113.9")

    event = Event.objects.get(name="company.created")

    assert (event.origin, event.address, event.actor) == (Origin.PERSON, "203.0.113.9", rep)
    assert len(event.request) >= 30
    assert (event.key, event.key_name) == (None, "")


def test_a_change_through_the_api_has_the_key(client, admin):
    key, secret = keys.create(admin, name="Zapier", scopes=["crm:read", "crm:write"], expires_at=None, by=admin)
    answer = client.post(
        "/api/v1/companies", {"name": "Acme"}, "application/json", headers={"Authorization": f"Bearer {secret}"},
        REMOTE_ADDR="203.0.113.9",
    )  # fmt: skip
    assert answer.status_code == 201, answer.content

    event = Event.objects.get(name="company.created")

    assert (event.origin, event.key, event.key_name) == (Origin.API, key.pk, "Zapier")
    assert (event.address, event.actor) == ("203.0.113.9", admin)
    assert secret not in str(list(Event.objects.values()))


def test_the_next_request_and_work_in_the_background_come_from_nowhere(rep):
    with coming_from(Source("203.0.113.9", 7, "Zapier")):
        companies.create(by=rep, name="Acme")
    companies.update(Company.objects.get(), by=rep, name="Acme Ltd")

    created, changed = Event.objects.order_by("pk")

    assert (created.origin, created.key) == (Origin.API, 7)
    assert (changed.origin, changed.address, changed.key, changed.key_name) == (Origin.PERSON, None, None, "")
    assert current() == Source()


def test_what_is_no_persons_doing_keeps_its_channel(rep, company):
    with coming_from(Source("203.0.113.9", 7, "Zapier")):
        event = emit("company.changed", company, by=rep, origin=Origin.IMPORT)
    assert (event.origin, event.key) == (Origin.IMPORT, 7)


@pytest.mark.parametrize(
    ("behind", "forwarded", "talks", "found"),
    [
        (False, "", "203.0.113.9", "203.0.113.9"),
        (False, "198.51.100.1", "203.0.113.9", "203.0.113.9"),  # anybody can write that header
        (True, "198.51.100.1, 192.0.2.44", "10.0.0.1", "192.0.2.44"),
        (True, "nonsense", "10.0.0.1", "10.0.0.1"),
        (False, "", "::ffff:203.0.113.9", "203.0.113.9"),
        (False, "", "fe80::1%eth0", "fe80::1"),
        (False, "", "", None),
    ],
)
def test_the_address_is_the_one_that_can_be_believed(settings, behind, forwarded, talks, found):
    settings.BEHIND_PROXY = behind
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=talks)
    assert client_address(request) == found
