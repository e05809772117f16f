"""What people mean to sell."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from core.fields import MoneyField


class SalesGoal(models.Model):
    """What somebody means to win in a month, in the company's currency. ``month`` is its first day."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    month = models.DateField()
    amount = MoneyField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "month"], name="one_goal_for_each_owner_and_month"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_goal_is_more_than_nothing"),
            models.CheckConstraint(condition=Q(month__day=1), name="the_month_of_a_goal_is_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"goal of {self.owner_id} for {self.month:%Y-%m}"
