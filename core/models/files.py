"""Files that people put on records."""

import uuid

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.search import beginning_index, search_column


class Sharing(models.TextChoices):
    """Who gets a file of a record that accounting knows as well."""

    HERE = "here", _("Keep it here only")
    BOOKS = "books", _("Attach it in QuickBooks")
    EMAIL = "email", _("Attach it in QuickBooks and send it with the e-mail")


def place_of(file: "StoredFile", _name: str) -> str:
    """Where the content lies: nothing of what a person typed becomes part of a path."""
    return f"files/{file.key.hex[:2]}/{file.key.hex}"


class StoredFile(models.Model):
    """A file of one record. ``key`` names it in addresses; ``content_type`` is ours, by its ending and content."""

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    object_type = models.CharField(max_length=30)
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    content_type = models.CharField(max_length=100)
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.FileField(upload_to=place_of, max_length=200)
    sharing = models.CharField(max_length=5, choices=Sharing, default=Sharing.HERE)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    search = search_column("name")

    class Meta:
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="core_file_of_record"),
            GinIndex(fields=["search"], name="core_file_search"),
            beginning_index("name", name="core_file_beginning"),
        ]

    def __str__(self) -> str:
        return self.name
