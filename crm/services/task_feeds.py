"""The address of somebody's tasks for a calendar: make, replace, switch off, and what stands there."""

import datetime
import hashlib
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from core import registry
from core.encryption import UnreadableSecret, decrypt, encrypt
from core.events import Draft, emit_many
from core.models import Origin
from crm.models import Priority, Task, TaskFeed
from crm.task_calendar import Entry, calendar

CONTEXT = "crm.task_feed"
MOST = 500


def address_of(user: Any) -> str:
    """The address of a person's feed; empty where there is none."""
    row = TaskFeed.objects.filter(user=user).first()
    if row is None:
        return ""
    try:
        token = decrypt(row.sealed_token, context=CONTEXT)
    except UnreadableSecret:
        return ""
    return f"{settings.BASE_URL.rstrip('/')}{reverse('crm:task-feed', args=[token])}"


@transaction.atomic
def renew(user: Any) -> None:
    """Make an address, or another one: the former leads nowhere from now on."""
    token = secrets.token_urlsafe(32)
    fresh = {"digest": _digest(token), "sealed_token": encrypt(token, context=CONTEXT), "read_at": None}
    TaskFeed.objects.update_or_create(user=user, defaults=fresh)
    emit_many([Draft("task_feed.renewed", "user", user.pk)], by=user, origin=Origin.PERSON)


@transaction.atomic
def switch_off(user: Any) -> None:
    """Let the address lead nowhere."""
    if TaskFeed.objects.filter(user=user).delete()[0]:
        emit_many([Draft("task_feed.switched_off", "user", user.pk)], by=user, origin=Origin.PERSON)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def read(token: str) -> str | None:
    """The calendar at an address; None where there is none, or its owner can't sign in any more."""
    row = TaskFeed.objects.select_related("user").filter(digest=_digest(token), user__is_active=True).first()
    if row is None:
        return None
    now = timezone.now()
    if row.read_at is None or now - row.read_at > datetime.timedelta(hours=1):
        TaskFeed.objects.filter(pk=row.pk).update(read_at=now)
    tasks = Task.objects.filter(assignee_id=row.user_id, done_at=None, due_at__isnull=False).order_by("due_at", "pk")
    return calendar(_("My tasks"), [_entry(task) for task in tasks[:MOST]])


def _entry(task: Task) -> Entry:
    assert task.due_at is not None
    base = settings.BASE_URL.rstrip("/")
    kind = registry.object_types.get(task.about_type)
    about = reverse(kind.url_name, args=[task.about_id]) if kind is not None and task.about_id is not None else ""
    page = about or reverse("crm:task-list")
    details = "\n\n".join(part for part in (task.about_title, task.details) if part)
    return Entry(
        uid=f"task-{task.pk}@{base.partition('//')[2]}",
        title=task.title,
        details=details,
        url=base + page,
        due_at=task.due_at,
        changed_at=task.updated_at,
        urgent=task.priority == Priority.HIGH,
    )
