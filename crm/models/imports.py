"""Files that bring records in: what was uploaded, how it is read, what becomes of each row."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Import(models.Model):
    """One file of one kind of record, from the upload to its undoing.

    Its content is an ``ImportFile``; once it was read, its rows are slices. ``mapping`` has the name of a target for
    each column of the file, empty for one that is left out; ``options`` are described in ``crm.imports.options``.
    """

    class State(models.TextChoices):
        """How far it is."""

        READING = "reading", _("Being read")
        DRAFT = "draft", _("Being prepared")
        CHECKING = "checking", _("Being checked")
        CHECKED = "checked", _("Checked")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        STOPPED = "stopped", _("Stopped")
        UNDOING = "undoing", _("Being undone")
        UNDONE = "undone", _("Undone")

    object_type = models.CharField(max_length=40)
    batch = models.ForeignKey(
        "crm.HubspotImport", models.CASCADE, null=True, related_name="files", help_text="The export it is a file of."
    )
    found = models.JSONField(default=dict, help_text="What reading all of its rows found, column by column.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.DRAFT)
    name = models.CharField(max_length=200, help_text="Of the file.")
    kind = models.CharField(max_length=4, help_text="csv or xlsx.")
    encoding = models.CharField(max_length=20, blank=True)
    delimiter = models.CharField(max_length=1, blank=True)
    sheets = models.JSONField(default=list, help_text="Names of the sheets of a workbook.")
    sheet = models.CharField(max_length=100, blank=True)
    headers = models.JSONField(default=list)
    samples = models.JSONField(default=list, help_text="The first rows, as read.")
    mapping = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    step = models.CharField(max_length=8, default="file", help_text="Where preparing it goes on.")
    problem = models.TextField(blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Rows, once the file was read.")
    progress = models.PositiveIntegerField(default=0, help_text="Rows that are done with in what runs now.")
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    companies = models.PositiveIntegerField(default=0, help_text="Companies created on the way.")
    preview = models.JSONField(default=dict, help_text="The first rows of each fate, field by field.")
    undone = models.PositiveIntegerField(default=0)
    kept = models.JSONField(default=list, help_text="[id, title, why] of records that undoing left as they are.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False, help_text="When a worker last held it.")
    finished_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, editable=False, help_text="When file and rows are deleted.")

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="crm_import_of_person"),
            models.Index(
                fields=["id"],
                condition=Q(state__in=["reading", "checking", "running", "undoing"]),
                name="crm_import_under_way",
            ),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="crm_import_expiry"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def under_way(self) -> bool:
        """Whether a worker has something to do."""
        return self.state in (self.State.READING, self.State.CHECKING, self.State.RUNNING, self.State.UNDOING)

    @property
    def percent(self) -> int:
        """How much of what runs now is done."""
        return min(100, 100 * self.progress // self.total) if self.total else 0

    @property
    def done_rows(self) -> int:
        """Rows that were decided on."""
        return self.created + self.updated + self.unchanged + self.failed


class ImportFile(models.Model):
    """The uploaded content, compressed where it is text."""

    job = models.OneToOneField(Import, models.CASCADE, primary_key=True, related_name="file")
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"file of import {self.job_id}"


class ImportSlice(models.Model):
    """Some rows of a file, in order. Each stage of an import does a slice as a whole, in one transaction.

    ``rows`` are packed by ``crm.imports.cells``; ``keys`` is what each row is matched by, empty for nothing.
    """

    job = models.ForeignKey(Import, models.CASCADE, related_name="slices")
    position = models.PositiveIntegerField()
    rows = models.BinaryField()
    size = models.PositiveIntegerField()
    keys: Any = ArrayField(models.TextField(), default=list)
    keyed_at = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict, help_text="Rows by fate, of the check and then of the run.")
    new_companies = models.JSONField(default=list, help_text="Companies that the check would create, by key.")
    errors = models.JSONField(default=dict, help_text="Sentences by the row's place in the slice.")
    created: Any = ArrayField(models.BigIntegerField(), default=list, help_text="Records that it created.")
    created_companies: Any = ArrayField(models.BigIntegerField(), default=list)
    before = models.JSONField(default=dict, help_text="What it changed: {id: {column: [old, new]}}.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["job", "position"], name="an_import_has_each_slice_once"),
        ]

    def __str__(self) -> str:
        return f"slice {self.position} of import {self.job_id}"
