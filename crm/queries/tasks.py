"""Reads of tasks."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from crm.models import Task, TaskKind

# Whoever holds it does the tasks of approving that nobody in particular has.
APPROVES = "invoices.approve"
DONE_SHOWN = 5
VIEWS = ("today", "overdue", "upcoming", "someday", "done")


@dataclass(frozen=True)
class Day:
    """The reader's today: when it began and when it ends."""

    begins: datetime.datetime
    ends: datetime.datetime


def today() -> Day:
    """By the time zone of the reader."""
    begins = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return Day(begins, begins + datetime.timedelta(days=1))


def of_person(user: Any) -> Q:
    """What somebody has to do: their own tasks, and what waits for anybody who may approve, if they may."""
    own = Q(assignee=user)
    return own | Q(assignee=None, kind=TaskKind.APPROVE) if user.has_perm(APPROVES) else own


def rows(user: Any, *, mine: bool, view: str) -> QuerySet[Task]:
    """The tasks of one list: ``mine`` alone or everybody's; ``view`` is one of VIEWS, or empty for all open ones."""
    found = Task.objects.select_related("assignee", "created_by", "done_by")
    if mine:
        found = found.filter(of_person(user))
    if view == "done":
        return found.filter(done_at__isnull=False)
    found, day = found.filter(done_at=None), today()
    if view == "today":
        return found.filter(due_at__gte=day.begins, due_at__lt=day.ends)
    if view == "overdue":
        return found.filter(due_at__lt=timezone.now())
    if view == "upcoming":
        return found.filter(due_at__gte=day.ends)
    return found.filter(due_at=None) if view == "someday" else found


def of_record(object_type: str, object_id: int, *, limit: int = 20) -> list[Task]:
    """The open tasks of a record first, then the ones done last."""
    found = Task.objects.filter(about_type=object_type, about_id=object_id).select_related("assignee")
    open_ones = list(found.filter(done_at=None).order_by("due_at", "pk")[:limit])
    room = max(0, min(DONE_SHOWN, limit - len(open_ones)))
    done = list(found.filter(done_at__isnull=False).order_by("-done_at", "-pk")[:room])
    return [*open_ones, *done]


def open_of_record(object_type: str, object_id: int, *, limit: int = 10) -> list[Task]:
    """The open tasks of a record, the most urgent first."""
    found = Task.objects.filter(about_type=object_type, about_id=object_id, done_at=None).select_related("assignee")
    return list(found.order_by("due_at", "pk")[:limit])
