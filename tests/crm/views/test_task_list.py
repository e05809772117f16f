"""The list of tasks: its views, what is done in its rows and with many of them, who may do it, and its files."""

import datetime
import json

import pytest
from django.urls import reverse
from django.utils import timezone

from core.models import Event
from crm.models import Task
from crm.services import tasks
from tests import makers

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
DAY = datetime.timedelta(days=1)


def shown(client, view):
    """The titles of a view, in their order."""
    page = client.get(reverse("crm:task-list"), {"open": view}, follow=True)
    assert not page.context["problems"]
    return [task.title for task in page.context["list"].rows]


def act(client, name, **data):
    return client.post(reverse("tables:act", args=["task", name]), {"state": "", **data}, headers=HTMX)


def told(answer):
    return json.loads(answer.headers["HX-Trigger"])["toast"]


def test_views_by_whose_tasks_they_are_and_when_they_are_due(client, rep, ops):
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    due = {
        "late": midnight - DAY,
        "today": midnight + DAY - datetime.timedelta(seconds=1),
        "tomorrow": midnight + DAY,
        "some day": None,
    }
    for name, moment in due.items():
        tasks.create(by=rep, title=name, assignee=rep, due_at=moment)
    tasks.create(by=rep, title="theirs", assignee=ops, due_at=midnight - DAY)
    tasks.create(by=rep, title="approve", kind="approve")
    tasks.complete([tasks.create(by=rep, title="ready", assignee=rep, due_at=midnight - DAY)], by=rep)
    client.force_login(rep)

    assert shown(client, "mine") == ["late", "today", "tomorrow", "some day"]
    assert shown(client, "today") == ["today"]
    assert shown(client, "overdue") == ["late"]
    assert shown(client, "upcoming") == ["tomorrow"]
    assert shown(client, "someday") == ["some day"]
    assert shown(client, "done") == ["ready"]
    assert shown(client, "approval") == ["approve"]
    assert shown(client, "all") == ["ready", "approve", "theirs", "some day", "tomorrow", "today", "late"]


def test_what_waits_for_any_approver_is_theirs(client):
    boss = makers.user("Sales manager", "boss@example.com")
    tasks.create(by=None, title="Approve it", kind="approve")
    client.force_login(boss)

    assert shown(client, "mine") == ["Approve it"]


def test_the_list_opens_with_my_tasks_unless_somebody_starts_elsewhere(client, rep):
    client.force_login(rep)
    page = reverse("crm:task-list")
    assert "view=mine" in client.get(page).headers["Location"]

    client.post(reverse("tables:views", args=["task"]), {"do": "start:all"}, headers=HTMX)

    assert client.get(page).context["views"].current.key == "all"


def test_a_task_is_completed_in_its_row_and_opened_again(client, rep):
    task = tasks.create(by=rep, title="Call", assignee=rep)
    client.force_login(rep)
    assert "Mark Call as done" in client.get(reverse("crm:task-list"), follow=True).text

    done = told(client.post(reverse("crm:task-act", args=[task.pk, "done"]), {"list": "1"}, headers=HTMX))

    task.refresh_from_db()
    assert (done["text"], task.done_by) == ("The task is done.", rep)
    client.post(done["action"]["url"], headers=HTMX)
    task.refresh_from_db()
    assert task.done_at is None


def test_many_are_completed_assigned_and_given_another_date_with_undo(client, rep, ops):
    made = [tasks.create(by=rep, title=str(number), assignee=rep) for number in range(3)]
    tasks.complete(made[:1], by=rep)
    client.force_login(rep)
    ids = ",".join(str(task.pk) for task in made)

    done = told(act(client, "complete", ids=ids))

    assert done["text"] == "3 tasks are done."
    assert Event.objects.filter(name="task.done").count() == 3
    client.post(done["action"]["url"], headers=HTMX)
    assert list(Task.objects.filter(done_at__isnull=False)) == made[:1]  # it was done before

    assigned = told(act(client, "assign", ids=ids, value=ops.pk))
    assert set(Task.objects.values_list("assignee", flat=True)) == {ops.pk}
    client.post(assigned["action"]["url"], headers=HTMX)
    assert set(Task.objects.values_list("assignee", flat=True)) == {rep.pk}

    told(act(client, "due", ids=ids, value="2026-12-01T09:30"))
    assert {timezone.localtime(due).hour for due in Task.objects.values_list("due_at", flat=True)} == {9}
    assert act(client, "due", ids=ids, value="soon").status_code == 422


def test_deleting_many_is_typed_first(client, rep):
    made = [tasks.create(by=rep, title=str(number)) for number in range(2)]
    client.force_login(rep)
    ids = ",".join(str(task.pk) for task in made)

    assert act(client, "delete", ids=ids, typed="yes").status_code == 422
    assert Task.objects.count() == 2
    assert told(act(client, "delete", ids=ids, typed="delete 2 tasks"))["text"] == "2 tasks are deleted."
    assert not Task.objects.exists()


def test_who_may_not_edit_reads_and_completes_only_what_is_theirs(client, rep, looker):
    theirs = tasks.create(by=rep, title="Theirs", assignee=rep)
    own = tasks.create(by=rep, title="Own", assignee=looker)
    client.force_login(looker)
    page = client.get(reverse("crm:task-list"), {"view": "all"}).text
    assert "Mark Own as done" in page
    assert "Mark Theirs as done" not in page
    form = reverse("crm:task-edit", args=[theirs.pk])
    read = client.get(form)
    assert "Theirs" in read.text
    assert "<textarea" not in read.text
    assert client.post(form, {"title": "Mine now"}).status_code == 403
    for name in ("assign", "due", "property", "delete"):
        assert act(client, name, ids=own.pk).status_code == 403

    answer = act(client, "complete", ids=f"{theirs.pk},{own.pk}")

    assert "somebody else" in answer.text
    assert list(Task.objects.filter(done_at__isnull=False)) == [own]


def test_cells_peek_and_files(client, admin, deal):
    task = tasks.create(by=admin, about=deal, title="Send the offer", assignee=admin, details="With prices")
    tasks.change(task, by=admin, due_at=timezone.now() + 3 * DAY)
    client.force_login(admin)
    cell = reverse("tables:cell", args=["task", task.pk, "priority"])
    assert "<select" in client.get(cell, {"edit": "1"}).text
    assert "High" in client.post(cell, {"value": "high"}).text
    peek = client.get(reverse("tables:peek", args=["task", task.pk])).text
    for words in ("With prices", reverse("crm:deal-detail", args=[deal.pk]), "High", "in 3 days"):
        assert words in peek
    assert client.get(reverse("tables:sums", args=["task"])).status_code == 200

    file = client.post(reverse("tables:export", args=["task"]), {"format": "csv", "columns": "every", "state": ""})

    head, line = b"".join(file.streaming_content).decode().splitlines()
    assert head.startswith("Task,State,Due,About,Assigned to,Priority,Kind,Details")
    assert line.startswith("Send the offer,Open,")
    assert f",{deal},{admin},High,To do,With prices," in line
    sheet = client.post(reverse("tables:export", args=["task"]), {"format": "xlsx", "state": ""})
    assert b"".join(sheet.streaming_content).startswith(b"PK")
