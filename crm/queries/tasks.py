"""Reads of tasks."""

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet, Value
from django.utils import timezone

from accounts.visibility import Sight, within
from core import registry
from core.conditions import registry as conditions
from crm.models import Task, TaskKind

# Whoever holds it does the tasks of approving that nobody in particular has.
APPROVES = "invoices.approve"
# Whoever holds it completes the tasks of others too.
EDITS = "crm.edit"
DONE_SHOWN = 5
# What tasks can be about, each with its own rule of who sees it; other apps add theirs.
hosts = ["company", "contact", "deal", "product", "quote"]


def of_person(user: Any) -> Q:
    """What somebody has to do: their own tasks, and what waits for anybody who may approve, if they may."""
    own = Q(assignee=user)
    return own | Q(assignee=None, kind=TaskKind.APPROVE) if user.has_perm(APPROVES) else own


def visible_to(user: Any) -> QuerySet[Task]:
    """Tasks that ``user`` may see: given to or made by them, or about a record that they may see.

    What waits for anybody who may approve is seen by those who may see what is to be approved.
    """

    def ways(sight: Sight) -> list[QuerySet[Any, Any]]:
        found = [
            Task.objects.filter(sight.by("assignee")).values_list("pk"),
            Task.objects.filter(sight.by("created_by")).values_list("pk"),
        ]
        if sight.unassigned:
            found.append(Task.objects.filter(assignee=None, about_type="").values_list("pk"))
        for name in [*hosts, "invoicedraft"]:
            if name in registry.file_hosts:
                records = registry.file_hosts[name].visible_to(user)
            elif conditions.may_use(name, user):
                records = conditions.objects[name].visible_to(user)
            else:
                continue
            about = Task.objects.filter(about_type=name, about_id__in=records.order_by().values("pk"))
            found.append(about.values_list("pk"))
        return found

    return within(Task.objects.all(), user, ways)


def listed(user: Any) -> QuerySet[Task]:
    """The tasks that ``user`` may see; ``may_complete`` says of each whether they may mark it as done."""
    own = ExpressionWrapper(Q(assignee=user.pk), output_field=BooleanField())
    return visible_to(user).defer("search").annotate(may_complete=Value(True) if user.has_perm(EDITS) else own)


def open_of_person(user: Any, *, limit: int) -> list[Task]:
    """What somebody has to do, the most urgent first."""
    found = visible_to(user).filter(of_person(user), done_at=None).select_related("assignee")
    return list(found.order_by("due_at", "pk")[:limit])


def state_of(task: Task) -> str:
    """Whether it is open, overdue or done, as ``task_states`` tells it in the database."""
    if task.done_at is not None:
        return "done"
    return "overdue" if task.due_at is not None and task.due_at < timezone.now() else "open"


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
