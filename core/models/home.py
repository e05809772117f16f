"""What people keep about their own way through the product: records opened last, and their home page."""

from django.conf import settings
from django.db import models
from django.utils import timezone


class RecentRecord(models.Model):
    """A record that somebody opened. Its title is read when it is shown, so renamed and removed ones tell the truth."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    object_type = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    opened_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "object_type", "object_id"], name="a_person_opened_a_record_last_once"
            ),
        ]
        indexes = [models.Index(fields=["user", "-opened_at"], name="core_recent_of_person")]

    def __str__(self) -> str:
        return f"{self.object_type} {self.object_id} opened by user {self.user_id}"


class HomeLayout(models.Model):
    """The cards of a person's home page, by key: in which order, and which are not there."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    order = models.JSONField(default=list, help_text="Keys; cards that are not named come after them.")
    hidden = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"home page of user {self.user_id}"
