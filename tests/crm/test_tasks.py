"""Tasks: made once, done once, told once; seen on their record and on the home page."""

import datetime
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event, EventLink, OutgoingMail
from crm.models import Task
from crm.queries import tasks as queries
from crm.services import tasks

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


def test_lists_by_when_they_are_due(rep):
    day = queries.today()
    due = {
        "today": day.ends - datetime.timedelta(minutes=1),
        "overdue": day.begins - datetime.timedelta(minutes=1),
        "upcoming": day.ends,
        "someday": None,
    }
    for name, moment in due.items():
        tasks.create(by=rep, title=name, assignee=rep, due_at=moment)
    tasks.create(by=rep, title="somebody else's", due_at=None)
    for name in due:
        assert name in {task.title for task in queries.rows(rep, mine=True, view=name)}
    assert [task.title for task in queries.rows(rep, mine=True, view="someday")] == ["someday"]
    assert queries.rows(rep, mine=True, view="").count() == 4
    assert queries.rows(rep, mine=False, view="").count() == 5


def test_the_pages(client, rep, deal):
    client.force_login(rep)
    assert "Nothing to do" in client.get(reverse("crm:task-list")).text
    address = f"{reverse('crm:task-create')}?about=deal&id={deal.pk}"
    typed = {"title": "Send the offer", "kind": "email", "priority": "high", "due_at": "2026-12-01T09:30",
             "assignee": rep.pk, "details": ""}  # fmt: skip
    assert client.post(address, {**typed, "title": ""}).status_code == 422
    assert client.post(address, typed).status_code == 302
    task = Task.objects.get()
    assert (task.about_type, task.about_id, task.assignee) == ("deal", deal.pk, rep)
    for name, arguments in (("crm:task-list", []), ("crm:deal-tasks-card", [deal.pk]), ("crm:task-home", [])):
        assert "Send the offer" in client.get(reverse(name, args=arguments)).text
    answer = client.post(reverse("crm:task-act", args=[task.pk, "done"]), {"card": "1"}, headers={"HX-Request": "true"})
    assert "Reopen Send the offer" in answer.text
    assert client.post(reverse("crm:task-act", args=[task.pk, "explode"])).status_code == 404


@pytest.mark.parametrize("name", ["crm:task-list", "crm:task-home", "crm:deal-tasks-card"])
def test_lists_cost_the_same_for_one_and_for_many(name, client, rep, deal, django_assert_max_num_queries):
    client.force_login(rep)
    arguments = [deal.pk] if "deal" in name else []
    tasks.create(by=rep, about=deal, title="one", assignee=rep)
    with django_assert_max_num_queries(15) as few:
        client.get(reverse(name, args=arguments))
    for number in range(29):
        tasks.create(by=rep, about=deal, title=str(number), assignee=rep)
    with django_assert_max_num_queries(len(few.captured_queries)):
        client.get(reverse(name, args=arguments))
