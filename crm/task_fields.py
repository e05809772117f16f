"""What conditions can say about tasks."""

from django.utils.translation import gettext_lazy as _

from core.conditions import ConditionObject, Field
from core.conditions.registry import add_fields, add_object
from crm.models import Priority, Task, TaskKind
from crm.queries import task_states, tasks

ABOUT, DATES = _("About"), _("Dates and people")


def register() -> None:
    """Add tasks and their properties."""
    add_object(ConditionObject("task", _("Tasks"), Task, lambda user: tasks.visible_to(user).defer("search")))
    add_fields(
        "task",
        Field("title", _("Title"), "text", "title", group=ABOUT),
        Field("kind", _("Kind"), "choice", "kind", tuple(TaskKind.choices), group=ABOUT),
        Field("priority", _("Priority"), "choice", "priority", tuple(Priority.choices), group=ABOUT),
        Field("state", _("State"), "choice", choices=task_states.STATES, expression=task_states.state, group=ABOUT),
        Field("about", _("About (title)"), "text", "about_title", group=ABOUT),
        Field("assignee", _("Assigned to"), "user", "assignee_id", group=DATES),
        Field("created_by", _("Created by"), "user", "created_by_id", group=DATES),
        Field("done_by", _("Done by"), "user", "done_by_id", group=DATES),
        Field("due", _("Due"), "datetime", "due_at", group=DATES),
        Field("done", _("Done"), "datetime", "done_at", group=DATES),
        Field("created", _("Created"), "datetime", "created_at", group=DATES),
    )
