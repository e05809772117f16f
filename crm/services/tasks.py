"""Tasks: make, change, complete, reopen, delete; tell the assignee when one is due."""

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import asks, needs, require, require_sight
from core.events import Draft, emit_many, object_type_of
from core.models import Origin
from core.services.mails import plan_mail
from crm.models import Task, TaskKind
from crm.queries import tasks as queries
from crm.queries.tasks import APPROVES, EDITS
from crm.services.changes import plain

FIELDS = ("title", "details", "kind", "priority", "due_at", "assignee")
LONGEST_TITLE = 300
MOST_TOLD = 50


class BadTask(ValueError):
    """The task can't be; the message says what to change."""


@needs("crm.edit")
@transaction.atomic
def create(*, by: Any, about: Any = None, key: str | None = None, origin: Origin | None = None, **fields: Any) -> Task:
    """A new task, perhaps about a record; the same ``key`` again gives the task that there is. Raises BadTask."""
    if key is not None and (made := Task.objects.filter(key=key).first()):
        return made
    task = Task(
        created_by=by,
        key=key,
        about_type=object_type_of(about) if about is not None else "",
        about_id=about.pk if about is not None else None,
        about_title=str(about)[:LONGEST_TITLE] if about is not None else "",
        **fields,
    )
    _check(task)
    task.save(force_insert=True)
    _tell("task.created", [task], by=by, origin=origin)
    return task


@needs("crm.edit")
@transaction.atomic
def change(task: Task, *, by: Any, **fields: Any) -> Task:
    """Write what differs; a new due time is reminded of anew. Raises BadTask."""
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(", ".join(sorted(unknown)))
    locked = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    found = {name: (getattr(locked, name), value) for name, value in fields.items() if getattr(locked, name) != value}
    if not found:
        return locked
    for name, (_old, new) in found.items():
        setattr(locked, name, new)
    _check(locked)
    if "due_at" in found or "assignee" in found:
        locked.reminded_at = None
    locked.updated_at = timezone.now()
    locked.save()
    told = {name: [plain(old), plain(new)] for name, (old, new) in found.items()}
    _tell("task.changed", [locked], by=by, changes=told)
    return locked


@transaction.atomic
def complete(tasks: Iterable[Task], *, by: Any, origin: Origin | None = None) -> int:
    """Mark tasks as done; those that were done stay as they were. Returns how many were still open."""
    ids = [task.pk for task in tasks]
    _require_doing(ids, by)
    rows = Task.objects.select_for_update(of=("self",)).filter(pk__in=ids, done_at=None)
    found = list(rows.order_by("pk"))
    Task.objects.filter(pk__in=[task.pk for task in found]).update(done_at=timezone.now(), done_by=by)
    _tell("task.done", found, by=by, origin=origin)
    return len(found)


@transaction.atomic
def reopen(task: Task, *, by: Any) -> None:
    """Mark a done task as open again."""
    _require_doing([task.pk], by)
    if Task.objects.filter(pk=task.pk, done_at__isnull=False).update(done_at=None, done_by=None, reminded_at=None):
        _tell("task.reopened", [task], by=by)


@needs("crm.edit")
@transaction.atomic
def delete(task: Task, *, by: Any) -> None:
    """Forget a task."""
    _tell("task.deleted", [task], by=by)
    Task.objects.filter(pk=task.pk).delete()


def remind_due(*, now: datetime.datetime | None = None, limit: int = 500) -> int:
    """Tell assignees by e-mail of tasks that have come due, once each; returns how many."""
    moment = now or timezone.now()
    due = Task.objects.filter(done_at=None, due_at__lte=moment, reminded_at=None)
    due = due.filter(Q(assignee__is_active=True) | Q(assignee=None, kind=TaskKind.APPROVE))
    told = 0
    for pk in due.order_by("due_at", "pk").values_list("pk", flat=True)[:limit]:
        told += _remind(pk, moment)
    return told


@transaction.atomic
def _remind(pk: int, moment: datetime.datetime) -> int:
    rows = Task.objects.select_for_update(of=("self",), skip_locked=True).select_related("assignee")
    task = rows.filter(pk=pk, done_at=None, reminded_at=None).first()
    if task is None or task.due_at is None:
        return 0
    Task.objects.filter(pk=pk).update(reminded_at=moment)
    lines = [task.title, task.details, task.about_title, settings.BASE_URL.rstrip("/") + reverse("crm:task-list")]
    told = [task.assignee] if task.assignee is not None else _approvers()
    for person in told:
        plan_mail(
            f"task:{pk}:{task.due_at.isoformat()}:{person.pk}",
            to=[person.email],
            subject=_("Due: %s") % task.title,
            body="\n\n".join(line for line in lines if line),
            about=task,
        )
    return 1 if told else 0


def _require_doing(ids: Sequence[int], by: Any) -> None:
    """Whoever a task is given to may complete it; others need to edit records, and to see it."""
    if not asks(by):
        return
    rows = Task.objects.filter(pk__in=ids)
    if not by.has_perm(EDITS) and rows.exclude(queries.of_person(by)).exists():
        require(by, EDITS)
    require_sight(by, list(rows))


def _approvers() -> list[Any]:
    """Who may do the tasks of approving that nobody in particular has."""
    holders = get_user_model()._default_manager.filter(is_active=True, role__permissions__contains=[APPROVES])
    return list(holders.order_by("pk")[:MOST_TOLD])


def _check(task: Task) -> None:
    task.title = " ".join(task.title.split())
    if not task.title:
        raise BadTask(_("Say what has to be done."))
    if len(task.title) > LONGEST_TITLE:
        raise BadTask(_("The title may have at most %d characters.") % LONGEST_TITLE)


def _tell(name: str, tasks: Iterable[Task], *, by: Any, origin: Origin | None = None, **data: Any) -> None:
    drafts = [
        Draft(
            name,
            "task",
            task.pk,
            [(task.about_type, task.about_id)] if task.about_id is not None else [],
            {"title": task.title, "assignee": str(task.assignee or ""), **data},
        )
        for task in tasks
    ]
    if drafts:
        emit_many(drafts, by=by, origin=origin or (Origin.PERSON if by is not None else Origin.SYSTEM))
