"""Which kinds of records tasks can be about: those of the CRM, and those that other apps offer."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core import registry
from core.conditions import registry as conditions
from crm.kinds import KINDS
from crm.models import Task
from crm.queries import tasks

# Kinds of records of other apps; conditions know who may see them.
others: list[str] = []


def offer(object_type: str, *, order: int = 15, permission: str = "") -> None:
    """Let tasks be about a kind of record of another app: a card on its page, at ``crm:<kind>-tasks-card``."""
    others.append(object_type)
    tasks.hosts.append(object_type)
    card = registry.RecordCard(object_type, "tasks", _("Tasks"), f"crm:{object_type}-tasks-card", order, permission)
    registry.record_cards.append(card)


def visible_to(user: Any, object_type: str) -> Any:
    """The records of a kind that a person may see; None for a kind that tasks are not about, or not for them."""
    kind = KINDS.get(object_type)
    if kind is not None:
        return kind.visible_to(user)
    if object_type not in others or not conditions.may_use(object_type, user):
        return None
    return conditions.objects[object_type].visible_to(user)


def page_of(task: Task) -> str:
    """The page of what a task is about; empty where there is none."""
    if task.about_type == "invoicedraft":
        return reverse("invoices:approval-list")
    kind = registry.object_types.get(task.about_type)
    return reverse(kind.url_name, args=[task.about_id]) if kind is not None and task.about_id is not None else ""
