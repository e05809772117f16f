"""What every record has."""

from django.conf import settings
from django.db import models
from django.utils import timezone

ADDRESS_KEYS = ("line1", "line2", "line3", "line4", "line5", "city", "region", "postal_code", "country")


class Record(models.Model):
    """Owner, times, archive mark and custom properties (JSON by property id, canonical text values)."""

    # Its index is the one by owner and id that each kind has: whose sight is limited is answered by it alone.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    properties = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True


def address_lines(address: dict[str, str]) -> list[str]:
    """An address as printed lines; ``address`` holds texts under ADDRESS_KEYS."""
    lines = [address.get(f"line{number}", "") for number in range(1, 6)]
    town = " ".join(address.get(key, "") for key in ("city", "region", "postal_code")).strip()
    return [line for line in [*lines, " ".join(town.split()), address.get("country", "")] if line]
