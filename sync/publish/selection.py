"""Which records go to QuickBooks, and why the others don't."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _

from sync import filters
from sync.enums import CustomerIs, Exclusion, RecordType, WithoutEmail
from sync.filters import Asked
from sync.models import Link
from sync.policies import Policy
from sync.reconcile.decide import back_fill_start


@dataclass
class Item:
    """A record on its way: what is known of it, and its link if it has one."""

    record_id: int
    values: dict[str, Any]
    link: Link | None = None
    company: str = ""
    exclusion: Exclusion = Exclusion.NONE
    reason: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def archived(self) -> bool:
        """Whether the record is out of use here."""
        return self.values.get("archived_at") is not None

    @property
    def linked(self) -> bool:
        """Whether it has its object in QuickBooks."""
        return self.link is not None and bool(self.link.qbo_id)

    def exclude(self, exclusion: Exclusion, reason: str = "") -> None:
        """Leave it out, and say why."""
        self.exclusion, self.reason = exclusion, reason or str(exclusion.label)


def select(policy: Policy, record_type: RecordType, items: Sequence[Item]) -> list[Item]:
    """The items that take part; the others get their exclusion and its reason. At most a handful of statements."""
    for item in items:
        if not item.linked:
            _check_new(policy, record_type, item)
        if not item.exclusion and _lacks_email(policy, record_type, item.values):
            item.exclude(Exclusion.NO_EMAIL, _("It has no e-mail address."))
    passing = [item for item in items if not item.exclusion]
    asked = [Asked(item.record_id, item.values) for item in passing]
    reasons = filters.problems(policy.connection, policy.settings.filter_out, record_type, asked)
    for item, reason in zip(passing, reasons, strict=True):
        if reason:
            item.exclude(Exclusion.FILTER, reason)
    return [item for item in items if not item.exclusion]


def _check_new(policy: Policy, record_type: RecordType, item: Item) -> None:
    settings, values = policy.settings, item.values
    person = settings.customer_is == CustomerIs.PERSON
    if item.link is not None and item.link.exclusion == Exclusion.UNLINKED:
        item.exclude(Exclusion.UNLINKED, item.link.reason)
    elif record_type == RecordType.CONTACT and values.get("company_id") and not person:
        item.exclude(Exclusion.COMPANY_IS_CUSTOMER)
    elif record_type == RecordType.COMPANY and person:
        item.exclude(Exclusion.POLICY, _("The settings make customers of people, not of companies."))
    elif record_type == RecordType.CONTACT and not (values.get("first_name") or values.get("last_name")):
        item.exclude(Exclusion.POLICY, _("A person without a first or last name can't become a customer."))
    elif record_type == RecordType.PRODUCT and not values.get("active", True):
        item.exclude(Exclusion.POLICY, _("It is inactive, so it is not created in QuickBooks."))
    elif (start := back_fill_start(policy)) is not None and values["updated_at"] < start:
        day = formats.date_format(values["updated_at"], "DATE_FORMAT")
        item.exclude(Exclusion.BACK_FILL, _("It was changed last on %s, before the sync starts.") % day)


def _lacks_email(policy: Policy, record_type: RecordType, values: Mapping[str, Any]) -> bool:
    excluded = policy.settings.without_email == WithoutEmail.EXCLUDED
    return record_type != RecordType.PRODUCT and excluded and not values.get("email")
