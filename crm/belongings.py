"""What people have in the CRM, for the day on which they leave."""

from contextlib import suppress
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.handing_over import Belonging, belongings
from accounts.models import User
from core.models import Origin
from crm.enums import DealStatus, QuoteStatus
from crm.models import Company, Contact, Deal, Product, Quote, Task
from crm.services import records, tasks

CLOSED_QUOTES = (QuoteStatus.DECLINED, QuoteStatus.REPLACED, QuoteStatus.CLOSED)


def register() -> None:
    """Tell accounts what there is: open records, open tasks. What is closed keeps its owner, as history."""
    belongings.extend(
        [
            Belonging(_("Open deals"), lambda pk: _live(Deal, pk).filter(status=DealStatus.OPEN), _give),
            Belonging(_("Open quotes"), lambda pk: _live(Quote, pk).exclude(status__in=CLOSED_QUOTES), _give),
            Belonging(_("Companies"), lambda pk: _live(Company, pk), _give),
            Belonging(_("Contacts"), lambda pk: _live(Contact, pk), _give),
            Belonging(_("Products"), lambda pk: _live(Product, pk), _give),
            Belonging(_("Open tasks"), lambda pk: Task.objects.filter(assignee_id=pk, done_at=None), _give_task),
        ]
    )


def _live(model: Any, owner: int) -> Any:
    return model._default_manager.filter(owner_id=owner, archived_at=None)


def _give(record: Any, to: User, by: Any) -> None:
    with suppress(records.Archived):  # a moment ago; it keeps its owner
        records.update(record, {"owner": to}, by=by, origin=Origin.SYSTEM)


def _give_task(task: Task, to: User, by: Any) -> None:
    tasks.change(task, by=by, assignee=to)
