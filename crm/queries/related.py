"""Which other records what is done with a record usually concerns as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.enums import DealStatus
from crm.queries import contacts, deals

MOST_DEALS = 5
MOST_CONTACTS = 10


@dataclass(frozen=True)
class Related:
    """A record that an activity may be put on too; ``usual`` says whether it is chosen to begin with."""

    object_type: str
    record: Any
    usual: bool

    @property
    def value(self) -> str:
        """How forms name it."""
        return f"{self.object_type}:{self.record.pk}"


def of_record(user: Any, object_type: str, record: Any) -> Sequence[Related]:
    """The company, deals and contacts around a record, in at most two statements."""
    if object_type == "contact":
        found = [Related("company", record.company, True)] if record.company else []
        return [*found, *(Related("deal", deal, True) for deal in _open_deals(user, contacts=record.pk))]
    if object_type == "company":
        people = contacts.of_company(user, record.pk, MOST_CONTACTS)
        open_deals = _open_deals(user, company_id=record.pk)
        return [*(Related("contact", each, False) for each in people),
                *(Related("deal", each, False) for each in open_deals)]  # fmt: skip
    if object_type == "deal":
        found = [Related("company", record.company, True)] if record.company else []
        links = deals.contacts_of(record.pk)[:MOST_CONTACTS]
        return [*found, *(Related("contact", link.contact, link.primary) for link in links)]
    if object_type == "quote":
        around = (("deal", record.deal), ("company", record.company), ("contact", record.contact))
        return [Related(kind, each, True) for kind, each in around if each is not None]
    return []


def address_of(object_type: str, record: Any) -> str:
    """To whom an e-mail about a record goes unless somebody else is typed: its own address, or its first contact's."""
    if object_type == "deal":
        return next((link.contact.email for link in deals.contacts_of(record.pk) if link.contact.email), "")
    contact = getattr(record, "contact", None)
    return str(getattr(record, "email", "") or getattr(contact, "email", "") or "")


def _open_deals(user: Any, **of: int) -> list[Any]:
    return [deal for deal in deals.of_record(user, limit=MOST_DEALS, **of) if deal.status == DealStatus.OPEN]
