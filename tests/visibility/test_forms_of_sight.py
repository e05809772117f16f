"""Whoever sees few is asked for all ids, whoever sees many row by row: both ways show the same."""

from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import visibility
from accounts.models import Role, User
from core import paging, seeing
from core.tables import tables
from core.tables.listing import listing
from crm.models import Company, Deal
from invoices.models import Invoice
from tests.visibility.test_every_route import browser
from tests.visibility.test_lists_and_jobs import fresh
from tests.visibility.world import CANARY, build

pytestmark = pytest.mark.django_db
LISTS = ("company", "contact", "deal", "quote", "invoice", "payment", "task", "creditmemo", "activity")


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody counts as one who sees many records, and few rows are at hand."""
    monkeypatch.setattr(visibility, "MANY_OWNERS", 0)
    monkeypatch.setattr(paging, "AT_HAND", 30)


def unassigned(person: User) -> User:
    Role.objects.filter(pk=person.role_id).update(sees_unassigned=True)
    return fresh(person)


@pytest.mark.parametrize("nobody", [False, True])
@pytest.mark.parametrize("sees", ["own", "team"])
def test_both_forms_see_the_same(sees, nobody):
    world = build(sees)
    Company.objects.create(name="Nobody's")
    me = unassigned(world.me) if nobody else fresh(world.me)

    for kind in LISTS:
        rows = tables[kind].rows
        at_once, each, every = (
            sorted(rows(form).values_list("pk", flat=True))
            for form in (me, seeing.one_by_one(me), seeing.unlimited(me))
        )
        assert at_once == each, kind
        assert len(each) < len(every) or kind == "creditmemo", kind


def pages(person: User, kind: str, sort: str = "") -> list[list[int]]:
    """The ids on each page of a list, to its end and back."""
    found, cursor = [], ""
    for _page in range(20):
        query = QueryDict(mutable=True)
        query.update({"size": "25", "sort": sort, "cursor": cursor})
        page = listing(tables[kind], fresh(person), query).page
        found.append([row.pk for row in page.rows])
        if not page.next:
            break
        cursor = page.next
    query.update({"cursor": page.previous})
    return [*found, [row.pk for row in listing(tables[kind], fresh(person), query).page.rows]]


@pytest.mark.parametrize("share", [2, 9])
@pytest.mark.parametrize("sort", ["-total", "due"])
def test_pages_of_a_list_are_the_same_for_who_sees_many(request, sort, share):
    world = build("own")
    template = Invoice.objects.filter(owner=world.me).first() or Invoice.objects.first()
    day = timezone.localdate()
    Invoice.objects.bulk_create(
        Invoice(
            connection=template.connection, owner=world.me if n % share == 0 else None, issued_on=day, total=n % 7,
            external_id=f"n{n}", currency="USD", due_on=day if n % 3 else None,
        )
        for n in range(240)
    )  # fmt: skip
    expected = pages(world.me, "invoice", sort)

    request.getfixturevalue("many")

    assert pages(world.me, "invoice", sort) == expected
    assert sum(map(len, expected)) > 240 // share


def test_a_search_of_who_sees_many_finds_no_stranger_and_ones_own(many):
    world = build("own")
    client = browser(world.me)
    Company.objects.create(name="Tellingly Mine", owner=world.me)
    Company.objects.create(name=f"Tellingly {CANARY}")

    found = client.get("/search/", {"q": "tellingly"}).content.decode()
    offered = client.get("/search/palette/", {"q": "tellingly"}).content.decode()

    for text in (found, offered):
        assert "Mine" in text
        assert CANARY not in text


@pytest.mark.parametrize("sees", ["own", "team"])
@pytest.mark.parametrize("wide", [False, True])
def test_statements_of_a_list_do_not_grow_with_the_rows(request, sees, wide):
    world = build(sees)
    if wide:
        request.getfixturevalue("many")
    stage = Deal.objects.filter(owner=world.me).first().stage

    def statements(kind: str) -> int:
        with CaptureQueriesContext(connection) as caught:
            listing(tables[kind], fresh(world.me), QueryDict(""))
        return len(caught)

    before = {kind: statements(kind) for kind in ("company", "deal")}
    for number in range(20):
        company = Company.objects.create(name=f"More {number}", owner=world.me)
        Deal.objects.create(name=f"More {number}", owner=world.me, stage=stage, company=company)

    assert {kind: statements(kind) for kind in before} == before


def test_who_sees_all_is_asked_nothing():
    world = build("own")
    boss: Any = fresh(world.me)
    Role.objects.filter(pk=boss.role_id).update(sees="all")
    boss = fresh(boss)

    assert seeing.one_by_one(boss) is boss
    assert seeing.unlimited(boss) is boss
    assert not seeing.is_wide(boss)
