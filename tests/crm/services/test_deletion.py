"""Deleting archived records for good: what goes with them, what keeps them, and who may."""

import pytest
from django.urls import reverse

from core.models import Event
from crm.models import Company, Contact, Task
from crm.services import companies, contacts, deals, deletion, quotes, tasks

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def test_a_record_goes_with_all_that_is_only_about_it(rep, admin, company, contact, deal):
    tasks.create(by=rep, about=contact, title="Call")
    contacts.update(contact, by=rep, email="grace@home.example")
    contacts.archive(contact, by=rep)
    contact.refresh_from_db()

    deletion.delete(contact, by=admin)

    assert not Contact.objects.exists()
    assert not Task.objects.exists()
    left = Event.objects.filter(object_type="contact").order_by("pk")
    assert [(event.name, event.actor, event.data) for event in left] == [
        ("contact.created", rep, {"forgotten": True}),
        ("contact.changed", rep, {"forgotten": True}),
        ("contact.archived", rep, {"forgotten": True}),
        ("contact.deleted", admin, {"title": "Grace Pariente"}),
    ]
    assert not any("Pariente" in str(event.data) for event in Event.objects.exclude(name="contact.deleted"))
    assert Company.objects.get() == company


def test_what_something_depends_on_stays(rep, admin, deal, company):
    with pytest.raises(deletion.NotDeletable, match="not archived"):
        deletion.delete(company, by=admin)
    quotes.create_from_deal(deal, by=rep)
    deals.archive(deal, by=rep)
    deal.refresh_from_db()
    with pytest.raises(deletion.NotDeletable, match="It still has Quotes"):
        deletion.delete(deal, by=admin)


def test_only_admins_delete_and_only_what_is_archived(client, rep, admin, company):
    companies.archive(company, by=rep)
    address = reverse("tables:act", args=["company", "delete"])
    sent = {"ids": company.pk, "state": "archived=1", "typed": "Delete 1 company"}
    client.force_login(rep)
    assert client.post(address, sent, headers=HTMX).status_code == 403
    client.force_login(admin)
    assert client.post(address, {**sent, "typed": "delete 2 companies"}, headers=HTMX).status_code == 422
    assert Company.objects.exists()

    client.post(address, sent, headers=HTMX)

    assert not Company.objects.exists()
