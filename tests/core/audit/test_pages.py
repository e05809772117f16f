"""The audit log as admins read it: lines, filters, one event, paging, permissions, statements."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from core.audit.source import Source, coming_from
from core.events import emit
from core.models import Event
from crm.services import companies
from tests.unkept import unkept

pytestmark = pytest.mark.django_db
LIST = reverse("core:audit-log")


def names(page):
    return [line.record.name for line in page.context["list"].lines]


def listed(web, **asked):
    page = web.get(LIST, {"view": "all", **asked})
    assert page.status_code == 200
    assert not page.context["problems"], page.context["problems"]
    return page


def test_only_who_may_read_it_does(company, rep):
    client = Client()
    client.force_login(rep)
    event = Event.objects.first()
    for address in (
        LIST,
        reverse("core:audit-event", args=[event.pk]),
        reverse("tables:peek", args=["event", event.pk]),
        reverse("tables:export", args=["event"]),
        reverse("tables:columns", args=["event"]),
    ):
        page = client.get(address)
        assert page.status_code == 403, address
        assert b"Acme" not in page.content
    assert "Audit log" not in client.get(reverse("core:settings")).content.decode()


def test_it_says_who_did_what_to_which_record_before_and_after(web, company, rep, admin):
    with coming_from(Source("203.0.113.9", 7, "Zapier")):
        companies.update(company, by=rep, domain="acme.test", owner=admin)

    body = listed(web, record=f"company:{company.pk}").content.decode()

    assert "Company changed" in body
    assert "API (Zapier)" in body
    assert "203.0.113.9" in body
    for words in ("<del>acme.example</del> <ins>acme.test</ins>", f"<ins>{admin}</ins>"):
        assert words in body
    assert f'href="{reverse("crm:company-detail", args=[company.pk])}"' in body


@pytest.fixture
def story(company, rep, admin):
    """Five events of different kinds, the oldest first."""
    role = Role.objects.get(name="Sales rep")
    emit("role.changed", role, by=admin, title="Seller", gained=["crm.edit"], lost=["crm.merge"])
    with coming_from(Source("198.51.100.7", 3, "Zapier")):
        emit("company.changed", company, by=rep, title="Acme", changes={"domain": ["a.example", "b.example"]})
    emit("list.exported", company, by=rep, list="deal", rows=3)
    emit("user.signed_in", rep, by=rep)
    emit("company.archived", company, title="Acme")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"kind": "settings"}, ["role.changed"]),
        ({"kind": "access"}, ["user.signed_in", "role.changed"]),
        ({"kind": "moved"}, ["list.exported"]),
        ({"kind": "deleted"}, ["company.archived"]),
        ({"kind": ["deleted", "moved"]}, ["company.archived", "list.exported"]),
        ({"channel": "api"}, ["company.changed"]),
        ({"channel": "system"}, ["company.archived"]),
        ({"object": "role"}, ["role.changed"]),
        ({"key": "3"}, ["company.changed"]),
        ({"from": "198.51.100.7"}, ["company.changed"]),
        ({"q": "198.51.100.7"}, ["company.changed"]),
        ({"q": "b.exam"}, ["company.changed"]),
        ({"q": "seller merge"}, ["role.changed"]),
        ({"q": "nowhere"}, []),
        ({"from": "nonsense"}, []),
        ({"record": "nonsense"}, []),
        ({"key": "9" * 40}, []),
    ],
)
def test_it_is_filtered_by_the_address(web, story, asked, found):
    kept = [name for name in names(listed(web, **asked)) if name not in ("company.created", "user.created")]
    assert kept == found


def test_people_times_and_records_narrow_it(web, story, company, rep, admin):
    assert set(names(listed(web, actor=admin.pk))) == {"role.changed"}
    assert "role.changed" not in names(listed(web, record=f"company:{company.pk}"))
    assert names(listed(web, record=f"role:{rep.role_id}")) == ["role.changed"]
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    assert "company.archived" in names(listed(web, occurred_at=f"{today}..{today}"))
    assert names(listed(web, occurred_at=f"{tomorrow}..")) == []


def test_days_are_those_of_the_readers_zone(web, admin, company):
    event = Event.objects.get(name="company.created")
    late = datetime.datetime(2026, 3, 1, 23, 30, tzinfo=datetime.UTC)
    with unkept():
        Event.objects.filter(pk=event.pk).update(occurred_at=late)
    type(admin).objects.filter(pk=admin.pk).update(time_zone="Europe/Berlin")
    assert names(listed(web, occurred_at="2026-03-01..2026-03-01")) == []
    page = listed(web, occurred_at="2026-03-02..2026-03-02")
    assert names(page) == ["company.created"]
    assert "00:30:00" in page.content.decode()


def test_what_one_request_wrote_is_found_together(web, rep):
    client = Client()
    client.force_login(rep)
    client.post(reverse("crm:company-create"), {"name": "Beta"})
    client.post(reverse("crm:company-create"), {"name": "Gamma"})
    event = Event.objects.filter(name="company.created").first()

    page = listed(web, request=event.pk)

    assert {line.record.request for line in page.context["list"].lines} == {event.request}
    assert names(page) == ["company.created"]


def test_one_event_says_all_it_knows(web, company, rep):
    with coming_from(Source("203.0.113.9")):
        event = emit("company.changed", company, by=rep, title="Acme", note="x < y",
                     changes={"domain": ["a.example", ""], "owner_id": [rep.pk, None]})  # fmt: skip

    body = web.get(reverse("core:audit-event", args=[event.pk])).content.decode()

    for words in ("Company changed", "203.0.113.9", "a.example", str(rep), "x &lt; y", "Before", "After"):
        assert words in body, words
    assert web.get(reverse("core:audit-event", args=[event.pk + 1000])).status_code == 404


def test_markup_in_values_is_printed_as_it_is(web, company, rep):
    evil = "<script>alert(1)</script>"
    event = emit("company.changed", company, by=rep, title=evil, why=evil, changes={"name": [evil, f'"{evil}']})
    for address in (LIST + "?view=all", reverse("core:audit-event", args=[event.pk]),
                    reverse("tables:peek", args=["event", event.pk])):  # fmt: skip
        assert "<script>alert" not in web.get(address).content.decode()


def test_a_record_that_was_deleted_leaves_lines_without_words(web, rep, admin, company):
    from crm.services import deletion  # noqa: PLC0415

    companies.archive(company, by=rep)
    company.refresh_from_db()
    pk = company.pk
    deletion.delete(company, by=admin)

    page = listed(web, record=f"company:{pk}")

    assert names(page)[0] == "company.deleted"
    assert set(names(page)) == {"company.deleted", "company.archived", "company.created"}
    created = Event.objects.get(name="company.created")
    body = web.get(reverse("core:audit-event", args=[created.pk])).content.decode()
    assert "was forgotten" in body
    assert "acme.example" not in body


def test_pages_and_order(web, company, rep):
    for number in range(60):
        emit("company.changed", company, by=rep, title="Acme", changes={"phone": ["", str(number)]})
    first = listed(web, object="company", size=25)
    second = listed(web, object="company", size=25, cursor=first.context["list"].page.next)
    seen = [line.record.pk for page in (first, second) for line in page.context["list"].lines]
    assert len(seen) == len(set(seen)) == 50
    assert seen == sorted(seen, reverse=True)


def test_the_number_of_statements_does_not_grow(web, company, rep, admin):
    def count(address):
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert web.get(address).status_code == 200
        return len(found)

    def add(number):
        for at in range(number):
            emit(
                "company.changed", company, by=rep, title="Acme", changes={"owner_id": [rep.pk, admin.pk], "n": [0, at]}
            )

    address = f"{LIST}?view=all&kind=changed"
    add(1)
    count(address)
    few = count(address)
    add(29)
    assert count(address) == few
    assert few <= 20


def test_a_record_leads_those_who_may_to_its_lines(web, company, rep):
    with coming_from(Source("203.0.113.9", 7, "Zapier")):
        companies.update(company, by=rep, domain="acme.test")
    address = f"{LIST}?view=all&amp;record=company:{company.pk}"
    page = web.get(reverse("crm:company-detail", args=[company.pk])).content.decode()
    assert address in page
    assert "through the API" in page
    theirs = Client()
    theirs.force_login(rep)
    assert address not in theirs.get(reverse("crm:company-detail", args=[company.pk])).content.decode()


def test_things_are_called_by_their_names(web, admin, rep):
    emit("user.signed_in", rep, by=rep, address="203.0.113.9")
    emit("user.api_key_created", rep, by=admin, key="Zapier", prefix="crm_abc")
    body = listed(web, kind="access").content.decode()
    assert body.count(f">{rep}<") >= 2
    assert "Key: Zapier" in body
