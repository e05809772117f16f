"""What somebody has to do."""

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.search import search_column


class TaskKind(models.TextChoices):
    """What sort of thing is to be done."""

    TODO = "todo", _("To do")
    CALL = "call", _("Call")
    EMAIL = "email", _("E-mail")
    APPROVE = "approve", _("Approve")


class Priority(models.TextChoices):
    """How much it matters."""

    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")


class Task(models.Model):
    """Something to do, perhaps about a record: ``about_type`` and ``about_id`` name it, ``about_title`` its title then.

    ``key`` names what made it, so that a workflow or an approval makes it once. Open as long as ``done_at`` is empty.
    """

    title = models.CharField(max_length=300)
    details = models.TextField(blank=True)
    kind = models.CharField(max_length=8, choices=TaskKind, default=TaskKind.TODO)
    priority = models.CharField(max_length=6, choices=Priority, default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="tasks")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    about_type = models.CharField(max_length=30, blank=True)
    about_id = models.BigIntegerField(null=True)
    about_title = models.CharField(max_length=300, blank=True)
    key = models.CharField(max_length=120, null=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reminded_at = models.DateTimeField(null=True, help_text="When its assignee was told that it is due.")

    search = search_column("title", "about_title")

    class Meta:
        indexes = [
            GinIndex(fields=["search"], name="crm_task_search"),
            models.Index(
                "assignee", F("due_at").asc(nulls_last=True), "id", name="crm_task_open", condition=Q(done_at=None)
            ),
            models.Index(F("due_at").asc(nulls_last=True), "id", name="crm_task_by_due", condition=Q(done_at=None)),
            # The orders of the whole list.
            models.Index(fields=["-created_at", "-id"], name="crm_task_by_creation"),
            models.Index(F("due_at").asc(nulls_last=True), "id", name="crm_task_all_by_due"),
            models.Index(F("done_at").desc(nulls_last=True), F("id").desc(), name="crm_task_by_done"),
            models.Index(
                F("due_at").asc(nulls_last=True),
                "id",
                name="crm_task_to_approve",
                condition=Q(done_at=None, kind=TaskKind.APPROVE),
            ),
            models.Index(fields=["about_type", "about_id", "-id"], name="crm_task_of_record"),
        ]

    def __str__(self) -> str:
        return self.title


class TaskFeed(models.Model):
    """The address of somebody's tasks for a calendar. Who has it can read them: it is random, and can be replaced.

    ``digest`` finds it; ``sealed_token`` is encrypted, to show the address again to its owner.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="task_feed")
    digest = models.CharField(max_length=64, unique=True)
    sealed_token = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True, help_text="When a calendar last asked, to the hour.")

    def __str__(self) -> str:
        return f"tasks of {self.user_id}"
