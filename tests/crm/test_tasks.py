"""Tasks: made once, done once, told once; seen on their record and on the home page."""

import datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event, EventLink, OutgoingMail
from crm.models import Task
from crm.queries import tasks as queries
from crm.services import task_feeds, tasks
from tests import makers

pytestmark = pytest.mark.django_db


def soon(**more: Any) -> datetime.datetime:
    return timezone.now() + datetime.timedelta(**more)


def test_a_task_lands_on_the_timeline_of_its_record_and_is_done_once(deal, rep):
    task = tasks.create(by=rep, about=deal, title="  Call   Grace ", assignee=rep, due_at=soon(hours=1))
    assert task.title == "Call Grace"

    assert tasks.complete([task], by=rep) == 1
    assert tasks.complete([task], by=rep) == 0

    assert list(Event.objects.filter(object_type="task").order_by("pk").values_list("name", flat=True)) == [
        "task.created",
        "task.done",
    ]
    assert EventLink.objects.filter(object_type="deal", object_id=deal.pk, event__name="task.done").exists()
    tasks.reopen(task, by=rep)
    task.refresh_from_db()
    assert task.done_at is None


def test_the_same_key_is_one_task(deal, rep):
    first = tasks.create(by=rep, about=deal, title="Approve", key="approve:1")
    assert tasks.create(by=None, about=deal, title="Approve again", key="approve:1") == first
    assert Task.objects.count() == 1


@pytest.mark.parametrize("title", ["", "  \n", "x" * 301])
def test_a_task_without_a_fitting_title_is_refused(title, rep):
    with pytest.raises(tasks.BadTask):
        tasks.create(by=rep, title=title)


def test_the_assignee_is_told_once_and_anew_of_a_new_time(rep):
    task = tasks.create(by=rep, title="Call", assignee=rep, due_at=soon(hours=-1))
    assert tasks.remind_due() == 1
    assert tasks.remind_due() == 0
    tasks.change(task, by=rep, due_at=soon(hours=2))
    assert tasks.remind_due() == 0
    assert tasks.remind_due(now=soon(hours=3)) == 1
    assert OutgoingMail.objects.filter(to=[rep.email], subject="Due: Call").count() == 2
    tasks.complete([task], by=rep)
    assert tasks.remind_due(now=soon(hours=9)) == 0


def test_the_pages(client, rep, deal):
    client.force_login(rep)
    assert "Nothing to do" in client.get(reverse("crm:task-list"), follow=True).text
    address = f"{reverse('crm:task-create')}?about=deal&id={deal.pk}"
    typed = {"title": "Send the offer", "kind": "email", "priority": "high", "due_at": "2026-12-01T09:30",
             "assignee": rep.pk, "details": ""}  # fmt: skip
    assert client.post(address, {**typed, "title": ""}).status_code == 422
    assert client.post(address, typed).status_code == 302
    task = Task.objects.get()
    assert (task.about_type, task.about_id, task.assignee) == ("deal", deal.pk, rep)
    for name, arguments in (("crm:task-list", []), ("crm:deal-tasks-card", [deal.pk]), ("crm:task-home", [])):
        assert "Send the offer" in client.get(reverse(name, args=arguments), follow=True).text
    answer = client.post(reverse("crm:task-act", args=[task.pk, "done"]), {"card": "1"}, headers={"HX-Request": "true"})
    assert "Reopen Send the offer" in answer.text
    assert client.post(reverse("crm:task-act", args=[task.pk, "explode"])).status_code == 404


@pytest.mark.parametrize("name", ["crm:task-list", "crm:task-home", "crm:deal-tasks-card"])
def test_lists_cost_the_same_for_one_and_for_many(name, client, rep, deal, django_assert_max_num_queries):
    client.force_login(rep)
    arguments = [deal.pk] if "deal" in name else []
    tasks.create(by=rep, about=deal, title="one", assignee=rep)
    with django_assert_max_num_queries(15) as few:
        client.get(reverse(name, args=arguments), follow=True)
    for number in range(29):
        tasks.create(by=rep, about=deal, title=str(number), assignee=rep)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse(name, args=arguments), follow=True)


def test_the_calendar_feed_shows_open_tasks_and_ends_with_its_address(client, rep, deal):
    tasks.create(
        by=rep, about=deal, title="Call; Grace, " + "ü" * 60, assignee=rep, due_at=soon(hours=1), details="a\nb"
    )
    tasks.create(by=rep, title="Without a date", assignee=rep)
    client.force_login(rep)
    page = reverse("crm:task-feed-settings")
    assert task_feeds.address_of(rep) == ""
    client.post(page)
    address = task_feeds.address_of(rep)
    assert address in client.get(page).text
    client.logout()

    path = address.removeprefix("http://127.0.0.1:8000")
    answer = client.get(path)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    lines = answer.content.decode().split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    whole = answer.content.decode().replace("\r\n ", "")
    assert "SUMMARY:Call\\; Grace\\, ü" in whole
    assert f"DESCRIPTION:{deal}\\n\\na\\nb" in whole
    assert f"/deals/{deal.pk}/" in whole
    assert "Without a date" not in whole

    client.force_login(rep)
    client.post(page, {"act": "renew"})
    assert client.get(path).status_code == 404
    newer = task_feeds.address_of(rep).removeprefix("http://127.0.0.1:8000")
    assert client.get(newer).status_code == 200
    client.post(page, {"act": "off"})
    assert client.get(newer).status_code == 404


def test_the_feed_of_who_can_not_sign_in_is_gone(client, rep):
    task_feeds.renew(rep)
    path = task_feeds.address_of(rep).removeprefix("http://127.0.0.1:8000")
    rep.is_active = False
    rep.save()
    assert client.get(path).status_code == 404


def test_approvals_wait_for_whoever_may_approve_and_remind_them(rep):
    boss = makers.user("Sales manager", "boss@example.com")
    task = tasks.create(by=rep, title="Approve the invoice", kind="approve", due_at=soon(hours=-1))

    assert queries.open_of_person(boss, limit=9) == [task]
    assert queries.open_of_person(rep, limit=9) == []
    assert tasks.remind_due() == 1
    assert tasks.remind_due() == 0
    assert OutgoingMail.objects.get().to == ["boss@example.com"]
