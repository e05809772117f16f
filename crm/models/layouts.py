"""How people arrange record pages."""

from django.conf import settings
from django.db import models


class RecordLayout(models.Model):
    """How a person wants the pages of a kind of record: the cards in order, those away, those folded (by key)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    object_type = models.CharField(max_length=40)
    order = models.JSONField(default=list, help_text="Cards that are not named come after them.")
    hidden = models.JSONField(default=list)
    folded = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "object_type"], name="a_person_has_one_layout_per_kind_of_record"),
        ]

    def __str__(self) -> str:
        return f"layout of {self.object_type} for user {self.user_id}"
