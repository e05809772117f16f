"""Tasks: what somebody has to do, perhaps about a record."""

from typing import Any

from django.contrib.auth import get_user_model

from accounts.access import require
from api.described import Answer, Call, Operation
from api.dispatch import same_version
from api.listed import Filter, Listed
from api.listing import Shown, View
from api.moments import moment
from api.problems import missing, unfit_at
from api.resources.records import EDITS
from api.schemas import ID, MOMENT, named, nullable, record, text
from api.scopes import CRM_READ, CRM_WRITE
from core.conditions import registry
from crm import task_hosts
from crm.models import Priority, Task, TaskKind
from crm.services import tasks

TAG = "Tasks"
KIND = {"type": "string", "enum": list(TaskKind.values)}
PRIORITY = {"type": "string", "enum": list(Priority.values)}


def _rows(user: Any) -> Any:
    return registry.objects["task"].visible_to(user)


def _etag(row: Any) -> str:
    done = int(row.done_at.timestamp()) if row.done_at else 0
    return f'"{row.pk}-{int(row.updated_at.timestamp() * 1_000_000):x}-{done:x}"'


TASKS = Listed(
    "task",
    "tasks",
    TAG,
    View(
        [
            Shown("id", ID),
            Shown("title", {"type": "string"}),
            Shown("details", {"type": "string"}),
            Shown("kind", KIND),
            Shown("priority", PRIORITY),
            Shown("due_at", nullable(MOMENT)),
            Shown("assignee", nullable(ID), "assignee_id"),
            Shown("about_type", {"type": "string"}),
            Shown("about_id", nullable(ID)),
            Shown("created_by", nullable(ID), "created_by_id"),
            Shown("created_at", MOMENT),
            Shown("updated_at", MOMENT),
            Shown("done_at", nullable(MOMENT)),
        ],
        needs=("id", "updated_at", "done_at"),
        sorts=("-id", "id", "due_at", "-created_at", "-done_at"),
    ),
    _rows,
    CRM_READ,
    "",
    "task",
    {
        "assignee": Filter(ID, "assignee_id", "Only those of this person."),
        "about_type": Filter(text(30), "about_type", "Only those about this kind of record."),
        "about_id": Filter(ID, "about_id", "Only those about this record."),
        "open": Filter({"type": "boolean"}, "done_at__isnull", "Only open ones, or only done ones."),
    },
    _etag,
)
FIELDS = {
    "title": text(300, minLength=1, pattern=r"\S"),
    "details": text(10_000),
    "kind": KIND,
    "priority": PRIORITY,
    "due_at": nullable(MOMENT),
    "assignee": nullable(ID),
}


def _values(call: Call) -> dict[str, Any]:
    given = {name: call.body[name] for name in FIELDS if name in call.body}
    if given.get("due_at") is not None:
        given["due_at"] = moment(given["due_at"], "/due_at")
    if given.get("assignee") is not None:
        person = get_user_model()._default_manager.filter(pk=given["assignee"], is_active=True).first()
        if person is None:
            raise unfit_at("/assignee", "There is no such person.")
        given["assignee"] = person
    return given


def create(call: Call) -> Answer:
    """A new task."""
    require(call.user, EDITS)
    about = None
    if "about" in call.body:
        named_ = call.body["about"]
        rows = task_hosts.visible_to(call.user, named_["type"])
        about = rows.filter(pk=named_["id"]).first() if rows is not None else None
        if about is None:
            raise unfit_at("/about", "There is no such record, or none that tasks are about.")
    try:
        made = tasks.create(by=call.user, about=about, **{"assignee": call.user, **_values(call)})
    except tasks.BadTask as error:
        raise unfit_at("/title", error) from error
    return TASKS.answer(call, TASKS.found(call, made.pk), 201)


def _held(call: Call) -> Task:
    row = TASKS.visible(call).select_for_update(of=("self",)).filter(pk=call.at["id"]).first()
    if row is None:
        raise missing()
    same_version(call, _etag(row))
    found: Task = row
    return found


def _may_complete(call: Call, row: Task) -> None:
    """Whoever it is given to may, and who may edit. Raises PermissionDenied."""
    if row.assignee_id != call.user.pk:
        require(call.user, EDITS)


def change(call: Call) -> Answer:
    """Change what is given."""
    require(call.user, EDITS)
    try:
        row = tasks.change(_held(call), by=call.user, **_values(call))
    except tasks.BadTask as error:
        raise unfit_at("/title", error) from error
    return TASKS.answer(call, row)


def done(call: Call) -> Answer:
    """Mark a task as done."""
    row = _held(call)
    _may_complete(call, row)
    tasks.complete([row], by=call.user)
    return TASKS.answer(call, TASKS.found(call))


def reopen(call: Call) -> Answer:
    """Mark a done task as open again."""
    row = _held(call)
    _may_complete(call, row)
    tasks.reopen(row, by=call.user)
    return TASKS.answer(call, TASKS.found(call))


def delete(call: Call) -> Answer:
    """Forget a task."""
    require(call.user, EDITS)
    tasks.delete(_held(call), by=call.user)
    return Answer(None, 204)


def operations() -> list[Operation]:
    """What can be done with tasks."""
    about = record({"type": text(30), "id": ID}, "type", "id", description="The record that it is about.")
    new = named("NewTask", record({**FIELDS, "about": about}, "title"))
    changed = named("TaskChange", record(FIELDS, minProperties=1))
    own: dict[str, Any] = {"tag": TAG, "scope": CRM_WRITE, "params": TASKS.view.params, "shows_version": True}
    one: dict[str, Any] = {**own, "versioned": True, "answers": {200: TASKS.shown}}
    return [
        *TASKS.operations(),
        Operation("POST", "tasks", "create-task", summary="Create a task", run=create, answers={201: TASKS.shown},
                  body=new, **own),
        Operation("PATCH", "tasks/{id}", "change-task", summary="Change a task", run=change, body=changed, **one),
        Operation("DELETE", "tasks/{id}", "delete-task", TAG, "Delete a task", CRM_WRITE, delete, {204: None},
                  versioned=True),
        Operation("POST", "tasks/{id}/done", "complete-task", summary="Mark a task as done", run=done, **one),
        Operation("POST", "tasks/{id}/reopen", "reopen-task", summary="Mark a task as open again", run=reopen, **one),
    ]  # fmt: skip
