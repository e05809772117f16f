"""Which contacts a deal has, and who of them gets its invoices."""

from typing import Any

from django.db import transaction

from core.access import needs
from core.events import emit
from crm.models import Contact, Deal, DealContact
from crm.services import deals, records


@needs("crm.edit")
@transaction.atomic
def add(deal: Deal, contact: Contact, *, by: Any) -> DealContact:
    """Put a contact on the deal; the first one becomes the primary one. Nothing when it is there already."""
    fresh = records.locked(deal)
    first = not fresh.deal_contacts.filter(primary=True).exists()
    link, added = DealContact.objects.get_or_create(deal=fresh, contact=contact, defaults={"primary": first})
    if added:
        emit("deal.contact_added", fresh, by=by, about=[*deals.related(fresh), contact], contact=str(contact))
    return link


@needs("crm.edit")
@transaction.atomic
def remove(deal: Deal, contact: Contact, *, by: Any) -> None:
    """Take a contact off the deal; the next one becomes the primary one if it was that."""
    fresh = records.locked(deal)
    link = fresh.deal_contacts.filter(contact=contact).first()
    if link is None:
        return
    link.delete()
    if link.primary and (heir := fresh.deal_contacts.order_by("pk").first()):
        fresh.deal_contacts.filter(pk=heir.pk).update(primary=True)
    emit("deal.contact_removed", fresh, by=by, about=[*deals.related(fresh), contact], contact=str(contact))


@needs("crm.edit")
@transaction.atomic
def make_primary(deal: Deal, contact: Contact, *, by: Any) -> None:
    """Let invoices go to this contact, which is put on the deal if it is not there. Nothing when it is so already."""
    fresh = records.locked(deal)
    add(fresh, contact, by=by)
    if fresh.deal_contacts.filter(contact=contact, primary=True).exists():
        return
    fresh.deal_contacts.filter(primary=True).update(primary=False)
    fresh.deal_contacts.filter(contact=contact).update(primary=True)
    emit("deal.primary_contact_changed", fresh, by=by, about=[contact], contact=str(contact))
