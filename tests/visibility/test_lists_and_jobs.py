"""Lists, exports, actions on many rows, reports, searches and imports of who sees only their own."""

import csv
import io
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from accounts import roles
from accounts.models import Role, User
from accounts.permissions import WHOLE
from accounts.visibility import Sight, sees_all, sight
from core.conditions import compile_conditions as compiled
from core.models import ListJob
from core.tables import jobs, tables
from crm.imports import matching
from crm.models import Company, Contact, Deal, Task
from crm.queries import companies, contacts, deals, quotes, tasks
from invoices import queries as invoices
from invoices.models import Invoice
from reports.definition import read
from reports.ready import registry as ready
from reports.shaping import result_of
from tests.visibility.test_every_route import body_of, browser, told
from tests.visibility.world import CANARY, OWN, build, role

pytestmark = pytest.mark.django_db
LISTS = ("company", "contact", "deal", "quote", "invoice", "payment", "task", "creditmemo")


def fresh(user: User) -> User:
    """The person as the next request has them."""
    return User.objects.select_related("role").get(pk=user.pk)


def rows_of_file(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))


def file_of(job: ListJob, person: User) -> list[list[str]]:
    """The rows of the file that a job made."""
    return rows_of_file(browser(person).get(reverse("tables:job-file", args=[job.pk])))


@pytest.mark.parametrize("kind", LISTS)
def test_an_export_holds_what_is_seen_and_nothing_else(kind):
    world = build("own")
    client = browser(world.me)

    answer = client.post(reverse("tables:export", args=[kind]), {"state": "", "format": "csv", "columns": "every"})

    found = rows_of_file(answer)
    text = str(found).lower()
    assert len(found) > 1, "nothing of one's own is in it, so it proves nothing"
    assert OWN.lower() in text
    assert not told(text)


def test_a_change_of_sight_between_an_export_and_its_run_counts(monkeypatch):
    world = build("all")
    job = jobs.start_export(tables["deal"], by=world.me, kind="csv", state="", columns=["every"])
    Role.objects.filter(pk=world.me.role_id).update(sees="own")

    jobs.work(job.pk)

    content = str(file_of(job, world.me)).lower()
    assert OWN.lower() in content
    assert not told(content)


def test_a_change_of_sight_within_an_export_counts_from_the_next_slice_on(monkeypatch):
    world = build("all")
    monkeypatch.setattr(jobs, "EXPORT_SLICE", 1)
    job = jobs.start_export(tables["company"], by=world.me, kind="csv", state="sort=-name", columns=["every"])
    steps, step = [], jobs._step

    def change_after_the_first(job: ListJob, part: Any) -> bool:
        done = step(job, part)
        steps.append(part.position)
        if len(steps) == 1:
            Role.objects.filter(pk=world.me.role_id).update(sees="own", permissions=["crm.export"])
        return done

    monkeypatch.setattr(jobs, "_step", change_after_the_first)
    jobs.work(job.pk)

    found = file_of(job, world.me)
    assert steps == list(range(Company.objects.count()))
    assert told(str(found).lower()) == told(str(found[:2]).lower()) == [CANARY.lower()]
    assert OWN.lower() in str(found[2:]).lower()
    assert not told(str(found[2:]).lower())


def test_an_action_on_mixed_rows_touches_ones_own_alone():
    world = build("own")
    client = browser(world.me)
    mine, theirs = world.mine["company"], world.theirs["company"]

    answer = client.post(
        reverse("tables:act", args=["company", "owner"]),
        {"state": "", "ids": f"{mine.pk},{theirs.pk}", "owner": world.mate.pk},
        headers={"HX-Request": "true"},
    )

    assert not told(body_of(answer))
    assert "1 record has a new owner" in body_of(answer)
    assert Company.objects.get(pk=mine.pk).owner == world.mate
    assert Company.objects.get(pk=theirs.pk).owner == world.stranger


def test_an_action_on_all_rows_of_a_list_reaches_no_stranger():
    world = build("own")
    client = browser(world.me)

    client.post(
        reverse("tables:act", args=["deal", "archive"]), {"state": "", "all": "1"}, headers={"HX-Request": "true"}
    )

    assert Deal.objects.get(pk=world.mine["deal"].pk).archived_at is not None
    assert not Deal.objects.filter(owner=world.stranger, archived_at__isnull=False).exists()


def test_a_report_counts_what_its_reader_sees():
    world = build("own")
    definition = {
        "object": "invoice", "groups": [{"field": "number", "bucket": None}],
        "measures": [{"kind": "count"}, {"kind": "sum", "field": "total"}],
    }  # fmt: skip

    def shown(user: User) -> str:
        return str(result_of(read(definition, fresh(user)), "Test")).lower()

    assert told(shown(world.stranger))
    assert not told(shown(world.me))
    assert OWN.lower() in shown(world.me)


def test_reports_about_the_whole_company_are_for_who_sees_all():
    world = build("own")

    assert ready.listed(fresh(world.stranger))
    assert ready.listed(fresh(world.me)) == []
    for report in ready.all_ready():
        with pytest.raises(ready.NoSuchReport):
            ready.run(report.key, fresh(world.me), {})


@pytest.mark.parametrize("words", [CANARY, f"{CANARY} Works", f"person@{CANARY}.example", "98765.43", f"{CANARY} said"])
def test_a_search_finds_no_stranger(words):
    world = build("own")
    client = browser(world.me)

    for page in ("core:search", "core:palette"):
        answer = client.get(reverse(page), {"q": words}, headers={"HX-Request": "true"})
        # What was typed stands in the field again.
        body = body_of(answer)
        for typed in (words, quote(words), quote_plus(words), escape(words)):
            body = body.replace(typed.lower(), "")
        assert not told(body)
        assert f"/companies/{world.theirs['company'].pk}/" not in body_of(answer)
    assert f"/companies/{world.theirs['company'].pk}/" in body_of(
        browser(world.stranger).get(reverse("core:search"), {"q": f"{CANARY} Works"})
    )


def test_conditions_over_associated_records_are_no_oracle():
    """The customer is shared: what is asked about its invoices is answered from those that the reader sees."""
    world = build("own")
    asked = {"some": "invoices", "where": {"field": "total", "op": ">", "value": "90000"}}

    def fitting(user: User) -> set[str]:
        person = fresh(user)
        return {each.name for each in companies.visible_to(person).filter(compiled(asked, "company", user=person))}

    assert world.mine["both"].name in fitting(world.stranger)
    assert companies.visible_to(fresh(world.me)).filter(pk=world.mine["both"].pk).exists()
    assert fitting(world.me) == set()


def test_an_import_knows_no_strangers_record():
    world = build("own")
    email = world.theirs["contact"].email

    assert matching.contacts_by_email([email], fresh(world.stranger)) == {
        email.casefold(): [world.theirs["contact"].pk]
    }
    assert matching.contacts_by_email([email], fresh(world.me)) == {}


def test_records_of_nobody_are_seen_by_who_may_see_those():
    world = build("own")
    lone = Company.objects.create(name="Nobody's")
    person = Contact.objects.create(first_name="Lone", last_name="Person", company=lone)
    invoice = Invoice.objects.create(
        connection=world.mine["invoice"].connection, external_id="lone", customer_name="Nobody's",
        issued_on="2026-01-01", currency="USD",
    )  # fmt: skip
    todo = Task.objects.create(title="For anybody")
    held = {
        companies.visible_to: lone, contacts.visible_to: person, invoices.visible_to: invoice, tasks.visible_to: todo,
    }  # fmt: skip

    assert not any(visible_to(fresh(world.me)).filter(pk=each.pk).exists() for visible_to, each in held.items())
    Role.objects.filter(pk=world.me.role_id).update(sees_unassigned=True)
    assert all(visible_to(fresh(world.me)).filter(pk=each.pk).exists() for visible_to, each in held.items())
    assert not deals.visible_to(fresh(world.me)).filter(owner=world.stranger).exists()
    assert not quotes.visible_to(fresh(world.me)).filter(owner=world.stranger).exists()


def test_a_team_sees_its_mates_until_one_leaves():
    world = build("team")

    assert deals.visible_to(fresh(world.me)).filter(pk=world.mates["deal"].pk).exists()
    world.me.teams.get().members.remove(world.mate)
    assert not deals.visible_to(fresh(world.me)).filter(pk=world.mates["deal"].pk).exists()


def test_who_sees_all_pays_nothing():
    world = build("all")
    person = fresh(world.me)
    with CaptureQueriesContext(connection) as captured:
        assert sees_all(person)
        assert "UNION" not in str(invoices.visible_to(person).query)
    assert len(captured) == 0


def test_who_is_not_signed_in_sees_nothing():
    from django.contrib.auth.models import AnonymousUser  # noqa: PLC0415 -- of this test alone

    world = build("own")
    assert sight(AnonymousUser()) == Sight((), unassigned=False)
    assert world.mine["deal"].pk
    assert not deals.visible_to(AnonymousUser()).exists()


def test_a_role_that_does_not_see_all_holds_nothing_about_everybody():
    admin = User.objects.create_user("boss@example.com", None, role=role("all"))

    with pytest.raises(roles.RoleRefused, match="need a role that sees all records"):
        roles.create(name="Odd", permissions=["sync.view_health"], requires_two_factor=False, by=admin, sees="own")

    assert not Role.objects.filter(name="Odd").exists()
    # Also where a row says otherwise.
    odd = Role.objects.create(name="Odd", permissions=sorted(WHOLE), sees="team")
    person = User.objects.create_user("odd@example.com", None, role=odd)
    assert not [each for each in WHOLE if person.has_perm(each)]


def test_the_page_of_a_role_says_and_keeps_how_far_it_sees():
    admin = User.objects.create_user("boss@example.com", None, role=role("all"))
    client = Client()
    client.force_login(admin)
    typed = {"name": "Juniors", "permissions": ["crm.edit"], "sees": "own", "sees_unassigned": "on"}

    assert client.post(reverse("accounts:role-create"), typed).status_code == 302

    made = Role.objects.get(name="Juniors")
    assert (made.sees, made.sees_unassigned) == ("own", True)
    page = client.get(reverse("accounts:role-edit", args=[made.pk])).content.decode()
    assert 'value="own" id="sees-own" aria-describedby="sees-own-words" checked' in page
    client.post(reverse("accounts:role-edit", args=[made.pk]), {**typed, "sees": "all"})
    made.refresh_from_db()
    assert (made.sees, made.sees_unassigned) == ("all", False)
    refused = client.post(reverse("accounts:role-edit", args=[made.pk]), {**typed, "permissions": ["sync.run"]})
    assert refused.status_code == 422
    assert "Start a sync" in refused.content.decode()


def test_the_import_from_hubspot_is_for_who_sees_all():
    """It compares with all records, and would make those anew that its person does not see."""
    world = build("own")

    assert browser(world.me).get(reverse("imports:list")).content.count(b"hubspot") == 0
    assert browser(world.me).get(reverse("imports:hubspot-create")).status_code == 403
    assert browser(world.stranger).get(reverse("imports:hubspot-create")).status_code == 200
