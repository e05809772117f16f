"""Associations with labels: told on both pages, removed and brought back; several companies of a contact; labels."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.models import Event
from crm import associated
from crm.models import Association, AssociationLabel, Company, Contact
from crm.services import associations, companies, contact_companies, contacts, records

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def reports(db):
    """“Reports to” between contacts, “Manager of” the other way round."""
    AssociationLabel.objects.all().delete()
    return AssociationLabel.objects.create(
        from_type="contact", to_type="contact", name="Reports to", inverse="Manager of"
    )


def told(user, record):
    """What the record's card says, as (label, title)."""
    rows, _older = associated.of_record(user, record._meta.model_name, record.pk)
    return [(row.label, str(row.record)) for row in rows]


def test_a_label_is_told_on_both_pages(signed_in, rep, contact, reports):
    boss = contacts.create(by=rep, first_name="Ann", last_name="Boss")
    address = reverse("crm:association-add", args=["contact", contact.pk])
    form = signed_in.get(address, {"other": f"contact:{boss.pk}"}, headers=HTMX).content.decode()
    assert "Reports to" in form
    assert "Manager of" in form

    answer = signed_in.post(address, {"other": f"contact:{boss.pk}", "label": str(reports.pk)}, headers=HTMX)

    assert answer.status_code == 204
    assert "associations:changed" in answer["HX-Trigger"]
    assert told(rep, contact) == [("Reports to", "Ann Boss")]
    assert told(rep, boss) == [("Manager of", "Grace Pariente")]
    back = reverse("crm:association-add", args=["contact", boss.pk])
    signed_in.post(back, {"other": f"contact:{contact.pk}", "label": f"{reports.pk}:back"}, headers=HTMX)
    assert Association.objects.count() == 1
    for record in (contact, boss):
        timeline = signed_in.get(reverse("crm:timeline", args=["contact", record.pk])).content.decode()
        assert "associated Grace Pariente with Ann Boss (Reports to)" in timeline


def test_a_label_is_changed_turned_round_and_taken_off(signed_in, rep, contact, reports):
    boss = contacts.create(by=rep, first_name="Ann", last_name="Boss")
    held = associations.add(contact, boss, by=rep)
    address = reverse("crm:association-relabel", args=[held.pk])

    def save(of: Contact, label: str) -> int:
        values = {"of": f"contact:{of.pk}", "label": label}
        return signed_in.post(address, values, headers=HTMX).status_code

    assert save(contact, str(reports.pk)) == 204
    assert (told(rep, contact), told(rep, boss)) == (
        [("Reports to", "Ann Boss")], [("Manager of", "Grace Pariente")],
    )  # fmt: skip
    form = signed_in.get(address, {"of": f"contact:{boss.pk}"}, headers=HTMX)
    assert form.context["chosen"] == f"{reports.pk}:back"
    assert save(boss, str(reports.pk)) == 204
    assert told(rep, boss) == [("Reports to", "Grace Pariente")]
    timeline = signed_in.get(reverse("crm:timeline", args=["contact", contact.pk])).content.decode()
    assert "changed what Grace Pariente and Ann Boss are to one another (Reports to)" in timeline
    assert save(boss, "") == 204
    assert told(rep, contact) == [("", "Ann Boss")]
    assert Association.objects.get().pk == held.pk
    events = Event.objects.filter(name="association.relabelled").count()
    assert save(boss, "") == 204
    assert (events, Event.objects.filter(name="association.relabelled").count()) == (3, 3)


def test_a_label_is_not_given_twice_nor_where_it_does_not_fit(signed_in, rep, contact, deal, reports):
    boss = contacts.create(by=rep, first_name="Ann", last_name="Boss")
    associations.add(contact, boss, by=rep, label=reports)
    plain, other = associations.add(contact, boss, by=rep), associations.add(contact, deal, by=rep)

    for held, words in ((plain, "associated like this already"), (other, "does not fit")):
        values = {"of": f"contact:{contact.pk}", "label": str(reports.pk)}
        refused = signed_in.post(reverse("crm:association-relabel", args=[held.pk]), values, headers=HTMX)
        assert refused.status_code == 422
        assert words in refused.content.decode()
    associations.remove(plain, contact, boss, by=rep)
    assert signed_in.get(reverse("crm:association-relabel", args=[plain.pk])).status_code == 404
    assert not Event.objects.filter(name="association.relabelled").exists()


def test_what_does_not_fit_is_refused(signed_in, rep, contact, deal, reports):
    address = reverse("crm:association-add", args=["contact", contact.pk])
    for data, words in (
        ({}, "Choose a record."),
        ({"other": "contact:999999"}, "Choose a record."),
        ({"other": "user:1"}, "Choose a record."),
        ({"other": f"contact:{contact.pk}"}, "associated with itself"),
        ({"other": f"deal:{deal.pk}", "label": str(reports.pk)}, "does not fit"),
        ({"other": f"deal:{deal.pk}", "label": "99999"}, "does not exist"),
    ):
        answer = signed_in.post(address, data, headers=HTMX)
        assert answer.status_code == 422, data
        assert words in answer.content.decode(), data
    assert not Association.objects.exists()


def test_records_are_taken_apart_and_put_together_again(signed_in, client, rep, looker, contact, deal):
    held = associations.add(deal, contact, by=rep)
    address = reverse("crm:association-remove", args=[held.pk])

    answer = signed_in.post(address, headers=HTMX)

    assert f"{address}?undo=1" in answer["HX-Trigger"]
    assert told(rep, deal) == []
    assert Event.objects.filter(name="association.removed").count() == 1
    signed_in.post(f"{address}?undo=1", headers=HTMX)
    assert told(rep, deal) == [("", "Grace Pariente")]
    associations.remove(held, deal, contact, by=rep)
    associations.add(contact, deal, by=rep)
    assert not associations.restore(held, deal, contact, by=rep) or Association.objects.count() == 2
    client.force_login(looker)
    assert client.post(address).status_code == 403
    assert client.get(reverse("crm:deal-associations-card", args=[deal.pk])).status_code == 200


def test_any_kind_is_found_and_archived_ones_are_not_shown(signed_in, rep, contact, company, deal, product):
    address = reverse("crm:association-choices", args=["contact", contact.pk])
    found = {each["value"] for each in signed_in.get(address, {"q": ""}).json()["results"]}
    assert found == {f"company:{company.pk}", f"deal:{deal.pk}", f"product:{product.pk}"}
    other = companies.create(by=rep, name="Partner Ltd")
    associations.add(deal, other, by=rep)
    companies.archive(other, by=rep)
    assert told(rep, deal) == []


def test_a_card_costs_the_same_for_one_and_for_thirty(signed_in, rep, deal):
    address = reverse("crm:deal-associations-card", args=[deal.pk])

    def cost():
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    associations.add(deal, Contact.objects.create(first_name="A"), by=rep)
    few = cost()
    for number in range(30):
        associations.add(deal, Contact.objects.create(first_name=f"P{number}"), by=rep)
    assert cost() == few <= 6
    rows, older = associated.of_record(rep, "deal", deal.pk, limit=10)
    assert len(rows) == 10
    rest, end = associated.of_record(rep, "deal", deal.pk, before=older, limit=30)
    assert (len(rest), end) == (21, 0)
    page = signed_in.get(reverse("crm:association-list", args=["deal", deal.pk]))
    assert page.status_code == 200


def test_a_contact_has_several_companies_and_one_primary(signed_in, rep, contact, company):
    other = companies.create(by=rep, name="Second Ltd")
    address = reverse("crm:contact-company-change", args=[contact.pk])

    def send(**data):
        return signed_in.post(address, data, headers=HTMX)

    assert "Second Ltd" in send(act="add", company=other.pk).content.decode()
    contact.refresh_from_db()
    assert contact.company == company
    card = signed_in.get(reverse("crm:company-contacts-card", args=[other.pk])).content.decode()
    assert "Grace Pariente" in card

    send(act="primary", company=other.pk)
    contact.refresh_from_db()
    assert contact.company == other
    assert contact_companies.between(contact, company).count() == 1
    assert not contact_companies.between(contact, other).exists()

    send(act="remove", company=company.pk)
    send(act="remove", company=other.pk)
    contact.refresh_from_db()
    assert contact.company is None
    assert not Association.objects.filter(removed_at=None).exists()
    send(act="add", company=company.pk)
    contact.refresh_from_db()
    assert contact.company == company
    for wrong in ({"act": "add", "company": "x"}, {"act": "burn", "company": company.pk}, {}):
        assert send(**wrong).status_code == 422
    contacts.archive(contact, by=rep)
    assert send(act="add", company=other.pk).status_code == 422
    with pytest.raises(records.Archived):
        contact_companies.remove(contact, company, by=rep)
    assert Company.objects.count() == 2


def test_labels_are_managed_in_the_settings(client, admin, rep, contact, deal, reports):
    client.force_login(admin)
    address = reverse("crm:association-labels")
    new = {"from_type": "deal", "to_type": "contact", "name": "Decision maker", "inverse": "Decides about"}
    assert client.post(address, new).status_code == 302
    again = client.post(address, {**new, "name": "decision MAKER"})
    assert (again.status_code, "already" in again.content.decode()) == (422, True)
    label = AssociationLabel.objects.get(name="Decision maker")
    associations.add(deal, contact, label=label, by=rep)
    associations.add(deal, contact, by=rep)
    changed = client.post(reverse("crm:association-label", args=[label.pk]), {"name": "Decider", "inverse": ""})
    assert changed.status_code == 302
    assert ("Decider", "Garden redesign") in told(rep, contact)
    page = client.get(address).content.decode()
    assert "Decider" in page
    assert "Manager of" in page

    client.post(reverse("crm:association-label-delete", args=[label.pk]))

    assert told(rep, contact) == [("", "Garden redesign")]
