"""What people mean to win."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction

from core.access import needs
from core.audit import differences
from core.company import profile
from core.events import emit
from crm.models import SalesGoal
from crm.services.changes import plain


@needs("crm.manage_pipelines")
@transaction.atomic
def set_goals(goals: Mapping[tuple[int, datetime.date], Decimal | None], *, by: Any) -> int:
    """Write the goals of people (ids) for months (their first days); nothing or zero takes one away.

    Returns how many changed.
    """
    months = {month for _owner, month in goals}
    held = {
        (goal.owner_id, goal.month): goal.amount
        for goal in SalesGoal.objects.select_for_update().filter(month__in=months)
    }
    changed = {key: amount or None for key, amount in goals.items() if (amount or None) != held.get(key)}
    for (owner, month), amount in changed.items():
        if amount is None:
            SalesGoal.objects.filter(owner_id=owner, month=month).delete()
        else:
            SalesGoal.objects.update_or_create(owner_id=owner, month=month, defaults={"amount": amount})
    if changed:
        told = [[owner, month.isoformat(), plain(amount)] for (owner, month), amount in changed.items()]
        people = get_user_model()._default_manager.in_bulk([owner for owner, _month in changed])
        names = {key: f"{people.get(key[0], key[0])}, {key[1]:%Y-%m}" for key in changed}
        former = {names[key]: held.get(key) for key in changed}
        changes = differences.between(former, {names[key]: amount for key, amount in changed.items()})
        emit("sales_goals.changed", profile(), by=by, goals=told, changes=changes)
    return len(changed)
