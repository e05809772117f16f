"""Properties on record pages: changed where they stand, refused at their field, with a history of each."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.enums import PropertyKind
from core.models import Event, Origin
from core.services import properties
from crm import record_properties
from crm.forms.addresses import AddressForm
from crm.kinds import KINDS
from crm.queries import property_history
from crm.services import companies, contacts, deal_lines, deals, from_sync
from crm.services.lines import LineValues

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def send(client, record, name, **data):
    """Save a property from its place on the page."""
    address = reverse("crm:property", args=[record._meta.model_name, record.pk, name])
    return client.post(address, data, headers=HTMX)


def test_every_property_of_every_kind_has_a_field(signed_in, company, contact, deal, product):
    for record in (company, contact, deal, product):
        kind = KINDS[record._meta.model_name]
        for own in record_properties.OWN[kind.name]:
            address = reverse("crm:property", args=[kind.name, record.pk, own.name])
            assert signed_in.get(address).status_code == 200, own
            form = signed_in.get(address, {"edit": 1}, headers=HTMX)
            assert form.status_code == (200 if own.editable else 404), own
    assert signed_in.get(reverse("crm:property", args=["deal", deal.pk, "password"])).status_code == 404


def test_a_value_is_saved_in_the_readers_notation(signed_in, rep, deal):
    answer = send(signed_in, deal, "amount", value="1,234.50")

    assert answer.status_code == 200
    assert "$1,234.50" in answer.content.decode()
    assert "record:changed" in answer["HX-Trigger"]
    deal.refresh_from_db()
    assert deal.amount == Decimal("1234.5")
    assert Event.objects.filter(name="deal.changed", actor=rep).count() == 1
    named = send(signed_in, deal, "name", value="Terrace").content.decode()
    assert 'id="record-title"' in named
    assert "Terrace" in named


def test_what_does_not_fit_is_refused_at_the_field(signed_in, rep, contact, deal, company):
    wrong = send(signed_in, deal, "amount", value="ten")
    assert wrong.status_code == 422
    assert "is not a number" in wrong.content.decode()
    assert "ten" in wrong.content.decode()
    empty = send(signed_in, deal, "name", value=" ")
    assert (empty.status_code, "required" in empty.content.decode()) == (422, True)
    assert send(signed_in, contact, "email", value="nobody").status_code == 422
    contacts.update(contact, by=rep, first_name="", last_name="")
    assert send(signed_in, contact, "email", value="").status_code == 422
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)
    assert "sum of the line items" in send(signed_in, deal, "amount", value="3").content.decode()
    companies.archive(company, by=rep)
    assert "archived" in send(signed_in, company, "name", value="x").content.decode()
    deal.refresh_from_db()
    assert (deal.amount, deal.name) == (Decimal(150), "Garden redesign")


def test_a_required_custom_property_is_not_emptied(signed_in, rep, admin, company):
    region = properties.create("company", by=admin, label="Region", kind=PropertyKind.TEXT, required=True)
    name = f"property:{region.pk}"

    assert send(signed_in, company, name, value="North").status_code == 200
    assert send(signed_in, company, name, value="").status_code == 422
    company.refresh_from_db()
    assert company.properties == {str(region.pk): "North"}
    page = signed_in.get(reverse("crm:company-detail", args=[company.pk])).content.decode()
    assert "Region" in page


def test_an_address_is_typed_part_by_part(signed_in, company):
    refused = send(signed_in, company, "billing_address", country="USA")
    assert "An address needs a street or a city." in refused.content.decode()

    done = send(signed_in, company, "billing_address", line1="12 Main St", city="Bayshore", country="USA")

    assert "12 Main St" in done.content.decode()
    company.refresh_from_db()
    assert company.billing_address == {"line1": "12 Main St", "city": "Bayshore", "country": "USA"}
    form = AddressForm({"line1": "x"}, stored={"line5": "c/o Ann"})
    assert form.is_valid()
    assert form.address() == {"line5": "c/o Ann", "line1": "x"}


def test_the_history_says_who_what_and_through_which_channel(signed_in, rep, ops, company, deal, stages, contact):
    companies.update(company, by=ops, name="Cooler Cars", owner=ops)
    from_sync.upsert_companies([from_sync.SyncedRow(company.pk, {"name": "Coolest Cars"})], quiet=False)
    companies.update(company, by=rep, origin=Origin.IMPORT, name="Cars")
    company.refresh_from_db()

    found = property_history.of_property(company, "company", "name", "text")

    assert [(c.who, c.source, c.old, c.new) for c in found[:3]] == [
        ("Rita Rep", "Import", "Coolest Cars", "Cars"),
        ("", "QuickBooks sync", "Cooler Cars", "Coolest Cars"),
        ("Oscar Ops", "Person", "Cool Cars", "Cooler Cars"),
    ]
    assert found[-1].made
    (owner, _made) = property_history.of_property(company, "company", "owner", "person")
    assert (owner.old, owner.new) == ("Rita Rep", "Oscar Ops")
    deals.move_to_stage(deal, stages["Won"], by=rep)
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75))], by=rep)
    assert property_history.of_property(deal, "deal", "stage", "stage")[0].new == "Won"
    assert property_history.of_property(deal, "deal", "amount", "money")[0].new == "$150.00"
    page = signed_in.get(reverse("crm:property-history", args=["company", company.pk, "name"]), headers=HTMX)
    assert "Coolest Cars" in page.content.decode()


def test_all_properties_stand_on_one_page_at_one_cost(signed_in, client, rep, admin, looker, company):
    address = reverse("crm:property-list", args=["company", company.pk])

    def cost():
        with CaptureQueriesContext(connection) as captured:
            page = signed_in.get(address)
        assert page.status_code == 200
        return len(captured), page.content.decode()

    few, page = cost()
    assert "Billing address" in page
    for number in range(30):
        properties.create("company", by=admin, label=f"Extra {number}", kind=PropertyKind.TEXT)
    many, page = cost()
    assert many == few <= 8
    assert "Extra 29" in page
    client.force_login(looker)
    assert "data-property-edit" not in client.get(address).content.decode()
    assert send(client, company, "name", value="x").status_code == 403
    assert client.get(reverse("crm:property", args=["company", company.pk, "name"])).status_code == 200
