"""What people keep about index pages: saved views, their own columns and tabs, and long jobs over a list."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Visibility(models.TextChoices):
    """Who sees a saved view."""

    PRIVATE = "private", _("Only me")
    TEAM = "team", _("My team")
    EVERYONE = "everyone", _("Everyone")


class SavedView(models.Model):
    """A named state of an index page: its filters and order as a query string, its columns and its density.

    ``team`` is the id of the team that sees it; core knows no teams, ``core.tables.saved.teams_of`` does. Deleted ones
    stay for a while, so that they can be brought back.
    """

    object_type = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    visibility = models.CharField(max_length=8, choices=Visibility, default=Visibility.PRIVATE)
    team = models.BigIntegerField(null=True, blank=True)
    query = models.TextField(blank=True, help_text="Search, filters and order in canonical form.")
    columns = models.JSONField(default=list, blank=True, help_text="Names in order; empty: the reader's own.")
    density = models.CharField(max_length=12, blank=True)
    position = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["object_type", "position", "id"], name="core_view_of_list")]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="a_saved_view_has_a_name"),
            models.CheckConstraint(
                condition=~Q(visibility="team") | Q(team__isnull=False), name="a_view_of_a_team_names_the_team"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ListPreference(models.Model):
    """How a person wants the index page of an object: columns, tabs (hidden, in order), the view to start with."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    object_type = models.CharField(max_length=40)
    columns = models.JSONField(default=list)
    hidden = models.JSONField(default=list, help_text="Keys of views without a tab.")
    shown = models.JSONField(default=list, help_text="Keys of views with a tab that have none by default.")
    order = models.JSONField(default=list, help_text="Keys of views in order.")
    start = models.CharField(max_length=40, blank=True, help_text="Key of the view that the bare address opens.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "object_type"], name="a_person_has_one_preference_per_list"),
        ]

    def __str__(self) -> str:
        return f"list of {self.object_type} for user {self.user_id}"


class ListJob(models.Model):
    """An export of a list, or an action on many of its rows: what was asked, how far it is, what came of it.

    Small ones are done while the reader waits; long ones are done by a worker, slice by slice.
    """

    class Kind(models.TextChoices):
        """What it does."""

        EXPORT = "export", _("Export")
        ACTION = "action", _("Change")

    class State(models.TextChoices):
        """How far it is."""

        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")
        UNDONE = "undone", _("Undone")

    kind = models.CharField(max_length=6, choices=Kind)
    object_type = models.CharField(max_length=40)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    name = models.CharField(max_length=40, help_text="Of the action, or the format of the export.")
    query = models.TextField(blank=True, help_text="The list's state, as in the address.")
    columns = models.JSONField(default=list)
    choice = models.JSONField(default=dict, help_text="What was chosen for the action.")
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    problem = models.TextField(blank=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often it began without getting on by a slice.")
    created_at = models.DateTimeField(default=timezone.now)
    worked_at = models.DateTimeField(null=True, help_text="When a worker last held it.")
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, help_text="When its file is deleted.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="core_list_job_of_person"),
            models.Index(fields=["id"], condition=Q(state__in=["waiting", "running"]), name="core_list_job_open"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="core_list_job_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.object_type} {self.pk}"

    @property
    def under_way(self) -> bool:
        """Whether something is still to be done."""
        return self.state in (self.State.WAITING, self.State.RUNNING)

    @property
    def percent(self) -> int:
        """How much is done."""
        return 100 * (self.done + self.refused) // self.total if self.total else 0


class ListSlice(models.Model):
    """Some rows of a job, in order: done as a whole, or not yet."""

    job = models.ForeignKey(ListJob, models.CASCADE, related_name="slices")
    position = models.PositiveIntegerField()
    ids = ArrayField(models.BigIntegerField())
    done_at = models.DateTimeField(null=True)
    content = models.BinaryField(null=True, help_text="Of an export: a piece of a raw deflate stream.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of the content before compression.")
    checksum = models.PositiveBigIntegerField(default=0, help_text="CRC-32 of the content before compression.")
    refusals = models.JSONField(default=list, help_text="Of an action: [id, title, sentence] of each refused row.")
    before = models.JSONField(default=dict, help_text="Of an action: what undoing it needs, by id.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="a_job_has_each_slice_once"),
        ]

    def __str__(self) -> str:
        return f"slice {self.position} of job {self.job_id}"
