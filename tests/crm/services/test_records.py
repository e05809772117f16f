"""Companies, contacts and products: create, update, archive, restore, note."""

import pytest

from core.models import Event, EventLink, Origin
from crm.models import Company
from crm.services import companies, contacts, products, records, timeline

pytestmark = pytest.mark.django_db


def names_since(pk: int = 0) -> list[str]:
    return list(Event.objects.filter(pk__gt=pk).order_by("pk").values_list("name", flat=True))


def test_a_record_belongs_to_who_made_it(rep):
    company = companies.create(by=rep, name="Cool Cars")

    assert company.owner == rep
    event = Event.objects.get()
    assert (event.name, event.actor, event.origin, event.object_id) == (
        "company.created",
        rep,
        Origin.PERSON,
        company.pk,
    )


def test_only_given_values_that_differ_are_written_and_told(rep, contact):
    last = Event.objects.latest("pk").pk

    changed = contacts.update(contact, by=rep, email="new@example.com", first_name="Grace", company=None)

    assert (changed.email, changed.last_name, changed.company_id) == ("new@example.com", "Pariente", None)
    event = Event.objects.get(pk__gt=last)
    assert event.name == "contact.changed"
    assert event.data == {
        "title": "Grace Pariente",
        "changes": {"email": ["grace@example.com", "new@example.com"], "company_id": [contact.company_id, None]},
    }


def test_nothing_happens_when_nothing_differs(rep, company):
    last = Event.objects.latest("pk").pk

    same = companies.update(company, by=rep, name=company.name, owner=rep)

    assert same.updated_at == company.updated_at
    assert names_since(last) == []


def test_an_unknown_column_is_a_mistake_of_the_caller(rep, company):
    with pytest.raises(records.UnknownField, match="archived_at"):
        companies.update(company, by=rep, archived_at=None)


def test_archived_records_do_not_change_until_they_are_restored(rep, company):
    last = Event.objects.latest("pk").pk
    companies.archive(company, by=rep)
    companies.archive(company, by=rep)

    with pytest.raises(records.Archived):
        companies.update(company, by=rep, name="Other")
    assert Company.objects.get(pk=company.pk).name == "Cool Cars"

    companies.restore(company, by=rep)
    companies.restore(company, by=rep)
    assert companies.update(company, by=rep, name="Other").name == "Other"
    assert names_since(last) == ["company.archived", "company.restored", "company.changed"]


def test_events_of_a_contact_show_on_its_company(rep, contact, company):
    contacts.archive(contact, by=rep)

    shown = EventLink.objects.filter(object_type="company", object_id=company.pk).order_by("event_id")
    assert [link.event.name for link in shown] == ["company.created", "contact.created", "contact.archived"]


def test_products_keep_their_price_exactly(rep, product):
    last = Event.objects.latest("pk").pk

    products.update(product, by=rep, unit_price="75.0000001")

    assert Event.objects.get(pk__gt=last).data["changes"] == {"unit_price": ["75", "75.0000001"]}


def test_a_note_is_text_on_the_timeline(rep, company):
    note = timeline.add_note(company, "  Called,\x00 wants <b>roses</b>  ", by=rep)

    event = Event.objects.get(name="note.added")
    assert (note.body, note.by) == ("Called, wants <b>roses</b>", rep)
    assert (event.data["text"], event.data["activity"], event.actor) == (note.body, note.pk, rep)


@pytest.mark.parametrize(("text", "refusal"), [("   ", timeline.EmptyNote), ("x" * 10_001, timeline.NoteTooLong)])
def test_a_note_without_text_or_end_is_refused(rep, company, text, refusal):
    with pytest.raises(refusal):
        timeline.add_note(company, text, by=rep)
    assert not Event.objects.filter(name="note.added").exists()
