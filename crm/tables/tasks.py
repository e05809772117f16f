"""The list of tasks, and what can be done with many of them at once."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L  # noqa: N812 -- short, as it stands before every label
from django.utils.translation import ngettext

from core.conditions import Condition, Field, fields
from core.tables import (
    Action,
    BuiltIn,
    Chip,
    Column,
    Editor,
    Outcome,
    Refused,
    Table,
    person_column,
    set_one,
    set_property,
    templated,
)
from crm import task_hosts
from crm.forms.tasks import TaskForm
from crm.models import Priority, Task, TaskKind
from crm.queries import people, task_states
from crm.queries import tasks as queries
from crm.services import tasks as services
from crm.tables.actions import EDITS
from crm.tables.parts import field, more

MINE = "mine"


def _state(task: Task) -> str:
    return str(dict(task_states.STATES)[queries.state_of(task)])


def _state_cell(_value: Any, task: Task) -> Any:
    return templated("crm/tasks/_state_cell.html", "state")(queries.state_of(task), task)


def _of(value: str, user: Any) -> Q:
    """The tasks of whoever asks, which is all that the address can name."""
    return queries.of_person(user) if value == MINE else Q()


def _completed(count: int) -> str:
    return ngettext("%d task is done.", "%d tasks are done.", count) % count


def _assigned(count: int) -> str:
    return ngettext("%d task is assigned anew.", "%d tasks are assigned anew.", count) % count


def _dated(count: int) -> str:
    return ngettext("%d task has a new due date.", "%d tasks have a new due date.", count) % count


def _deleted(count: int) -> str:
    return ngettext("%d task is deleted.", "%d tasks are deleted.", count) % count


def _complete(tasks: Sequence[Any], _choice: Mapping[str, Any], by: Any) -> Outcome:
    outcome, theirs = Outcome(), []
    for task in tasks:
        if task.may_complete:
            theirs.append(task)
            outcome.done[task.pk] = {"open": True} if task.done_at is None else None
        else:
            outcome.refused[task.pk] = _("It is somebody else's task.")
    services.complete(theirs, by=by)
    return outcome


def _open_again(task: Task, _before: Any, by: Any) -> None:
    services.reopen(task, by=by)


def _delete(task: Task, _choice: Mapping[str, Any], by: Any) -> None:
    services.delete(task, by=by)


def _deletion_warning(_count: str) -> str:
    return _("They are gone for good; timelines say that they were there.")


def _typed(count: str) -> str:
    return _("delete %(count)s %(what)s") % {"count": count, "what": _("task") if count == "1" else _("tasks")}


def _editor(name: str, task: Any, user: Any) -> Editor:
    return Editor(TaskForm(user=user, task=task).fields[name], getattr(task, name) if task is not None else None)


def _change(task: Task, values: Mapping[str, Any], *, by: Any) -> Task:
    try:
        return services.change(task, by=by, **values)
    except services.BadTask as bad:
        raise Refused(str(bad)) from bad


COLUMNS = (
    Column("title", L("Task")),
    Column("state", L("State"), value=_state, needs=("done_at", "due_at"), show=_state_cell),
    Column("due", L("Due"), "datetime", "due_at", sort="due_at", edit="due_at"),
    Column("about", L("About"), path="about_title", needs=("about_type", "about_id"), link=task_hosts.page_of),
    person_column("assignee", L("Assigned to"), edit="assignee"),
    Column(
        "priority", L("Priority"), value=lambda task: str(task.get_priority_display()), needs=("priority",),
        show=templated("crm/tasks/_priority_cell.html"), edit="priority",
    ),
    Column("kind", L("Kind"), value=lambda task: str(task.get_kind_display()), needs=("kind",), edit="kind"),
    more("details", L("Details"), "long"),
    person_column("created_by", L("Created by"), default=False),
    more("created", L("Created"), "datetime", path="created_at", sort="created_at"),
    more("done", L("Done"), "datetime", path="done_at", sort="done_at"),
    person_column("done_by", L("Done by"), default=False),
)  # fmt: skip
OPEN: Condition = {"field": "done", "op": "empty"}
OF_MINE = f"sort=due&whose={MINE}"


def _due(op: str, value: Any) -> Condition:
    return {"all": [OPEN, {"field": "due", "op": op, "value": value}]}


VIEWS = (
    BuiltIn("all", L("All")),
    BuiltIn("mine", L("My tasks"), OF_MINE, OPEN),
    BuiltIn("today", L("Due today"), OF_MINE, _due("relative", {"period": "today"})),
    BuiltIn("overdue", L("Overdue"), f"{OF_MINE}&state=overdue", OPEN),
    BuiltIn("upcoming", L("Upcoming"), OF_MINE, _due("relative", {"period": "more_than_days_ahead", "days": 0})),
    BuiltIn("someday", L("Without a date"), OF_MINE, {"all": [OPEN, {"field": "due", "op": "empty"}]}, tab=False),
    BuiltIn("done", L("Done"), f"sort=-done&whose={MINE}", {"field": "done", "op": "not_empty"}),
    BuiltIn("approval", L("Waiting for approval"), f"kind={TaskKind.APPROVE}&sort=due", OPEN),
)
ACTIONS = (
    # Who may not edit records completes what is given to them.
    Action("complete", L("Complete"), "circle-check", _completed, many=_complete, undo=_open_again),
    set_one("assign", "assignee", L("Assign"), "user-check", _assigned, EDITS),
    set_one("due", "due_at", L("Change due date"), "calendar-due", _dated, EDITS),
    set_property(EDITS),
    Action(
        "delete", L("Delete"), "trash", _deleted, EDITS, each=_delete, confirm=_deletion_warning, typed=_typed,
        tone="danger",
    ),
)  # fmt: skip
TASKS = Table(
    "task",
    L("Tasks"),
    "crm:task-list",
    "crm:task-edit",
    queries.listed,
    COLUMNS,
    fields(
        Field("state", L("State"), "choice", choices=task_states.STATES, expression=task_states.state),
        field("assignee", L("Assigned to"), "record", "assignee_id"),
        field("due", L("Due"), "datetime", "due_at"),
        field("priority", L("Priority"), "choice", "priority", Priority.choices),
        field("kind", L("Kind"), "choice", "kind", TaskKind.choices),
        field("created", L("Created"), "datetime", "created_at"),
        field("done", L("Done"), "datetime", "done_at"),
    ),
    "-created",
    chips=(
        Chip("whose", L("Whose"), choices=((MINE, L("Mine")),), icon="user"),
        Chip("assignee", L("Assigned to"), options=people.owners, icon="user-check"),
        Chip("state", L("State"), choices=task_states.STATES, icon="circle-dot"),
        Chip("due", L("Due"), "date", icon="calendar-due"),
        Chip("priority", L("Priority"), choices=Priority.choices, icon="flag"),
        Chip("kind", L("Kind"), choices=TaskKind.choices, icon="checkbox"),
    ),
    views=VIEWS,
    start="mine",
    actions=ACTIONS,
    export_permission="crm.export",
    archive=False,
    narrowed={"whose": _of},
    search_hint=L("Task, or what it is about"),
    needs=("title", "assignee_id", "done_at", "due_at"),
    template="crm/tasks/list.html",
    icon="checkbox",
    edit="crm:task-edit",
    change=_change,
    editor=_editor,
    edit_permission=EDITS,
)
