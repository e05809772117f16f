"""A HubSpot export comes in as a whole: files in any order, by HubSpot's ids, twice as once, and back out."""

import datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.files import BadFile
from core.models import Event, PropertyDefinition
from crm.hubspot import proposing, uploading
from crm.imports import files
from crm.imports.runs import NotPossible
from crm.models import (
    Association,
    Company,
    Contact,
    Deal,
    DealContact,
    DealLine,
    HubspotClaim,
    HubspotLink,
    HubspotRecord,
    Pipeline,
    Product,
    Quote,
)
from tests.unkept import unkept

pytestmark = pytest.mark.django_db

ALL = ("deals.csv", "invoices.csv", "line-items.csv", "contacts.csv", "quotes.csv", "companies.csv", "products.csv")


def figures(batch):
    return {
        job.object_type: tuple(getattr(job, name) for name in ("created", "updated", "unchanged", "failed"))
        for job in proposing.files_of(batch)
    }


@pytest.fixture(autouse=True)
def rita(rep):
    type(rep).objects.filter(pk=rep.pk).update(name="Rita Rep", email="rep@example.com")
    return rep


def test_all_files_of_an_export_come_in_with_their_associations(imported, rita):
    batch = imported(*ALL)

    assert figures(batch) == {
        "company": (3, 0, 0, 0), "contact": (3, 0, 0, 0), "product": (2, 0, 0, 0), "deal": (3, 0, 0, 0),
        "quote": (2, 0, 0, 0), "line_item": (4, 0, 0, 1), "invoice": (2, 0, 0, 1),
    }  # fmt: skip
    grace, otto = Contact.objects.get(first_name="Grace"), Contact.objects.get(first_name="Otto")
    cool, kestrel = Company.objects.get(name="Cool Cars"), Company.objects.get(name="Kestrel Sports")
    assert (grace.company, grace.owner, cool.owner, otto.owner) == (cool, rita, rita, None)
    assert cool.billing_address == {
        "line1": "65 Ocean Dr.", "city": "Half Moon Bay", "postal_code": "94019", "country": "USA"
    }  # fmt: skip
    assert otto.company.name == "Berger Gardens"
    assert Association.objects.get().to_id == kestrel.pk
    deal = Deal.objects.get(name="Garden redesign")
    assert (deal.stage.name, deal.stage.pipeline.name, deal.status) == ("Closed Won", "Garden Pipeline", "won")
    assert (deal.company, deal.close_on, deal.amount) == (cool, datetime.date(2026, 1, 31), Decimal(1200))
    contacts = deal.deal_contacts.order_by("pk").values_list("contact__first_name", "primary")
    assert list(contacts) == [("Grace", True), ("Otto", False)]
    assert list(deal.lines.values_list("name", "quantity", "unit_price", "product__sku")) == [
        ("Design", 12, 75, "D-1"), ("Fountain", 1, 300, "F-1")
    ]  # fmt: skip
    upkeep = DealLine.objects.get(name="Upkeep")
    assert (upkeep.billing_period, upkeep.billing_count, upkeep.discount_percent) == ("month", 12, 10)
    quote = Quote.objects.get(number="20240201-1")
    assert (quote.status, quote.deal, quote.contact, quote.company) == ("published", deal, grace, cool)
    assert (quote.amount, [line.name for line in quote.lines.all()]) == (Decimal(150), ["Design"])
    claim = HubspotClaim.objects.get(source="deal", hubspot_id="7001")
    assert (claim.number, claim.amount, claim.status, claim.due_on, claim.recipient) == (
        "1037", Decimal("362.07"), "Overdue", datetime.date(2026, 2, 15), "grace@coolcars.example"
    )  # fmt: skip


def test_stages_pipelines_and_properties_are_made_on_the_way(imported, uploaded):
    batch = uploaded("deals.csv", "companies.csv")

    assert [(each.words, each.note, each.chosen) for each in proposing.stages(batch)] == [
        ("Closed Won", "Garden Pipeline", "new:won"), ("Site visit", "Garden Pipeline", "new:open"),
        ("Closed Lost", "Garden Pipeline", "new:lost"),
    ]  # fmt: skip
    asked = {each.words: each.chosen for _job, some in proposing.columns(batch) for each in some}
    assert (asked["Deal Type"], asked["Customer tier"], asked["Create Date"]) == ("new:choice", "new:choice", "")

    imported("deals.csv", "companies.csv")

    assert [stage.name for stage in Pipeline.objects.get(name="Garden Pipeline").stages.all()] == [
        "Site visit", "Closed Won", "Closed Lost"
    ]  # fmt: skip
    tier = PropertyDefinition.objects.get(object_type="company", label="Customer tier")
    assert {choice.label for choice in tier.choices.all()} == {"Tier 1", "Tier 2"}
    assert not PropertyDefinition.objects.filter(label="Create Date").exists()


def test_unknown_owners_are_asked_for_and_a_person_can_be_chosen(checked, imported, uploaded, ops):
    assert [each.words for each in proposing.owners(uploaded("companies.csv", "contacts.csv"))] == ["Former Employee"]

    imported("companies.csv", "contacts.csv", **{"owner-0": str(ops.pk)})

    assert Company.objects.get(name="Berger Gardens").owner == ops
    assert Contact.objects.get(first_name="Otto").owner == ops


def test_the_same_export_again_changes_nothing(imported):
    imported(*ALL)
    with unkept():
        Event.objects.all().delete()

    batch = imported(*ALL)

    assert figures(batch) == {
        "company": (0, 0, 3, 0), "contact": (0, 0, 3, 0), "product": (0, 0, 2, 0), "deal": (0, 0, 3, 0),
        "quote": (0, 0, 2, 0), "line_item": (0, 0, 4, 1), "invoice": (0, 0, 2, 1),
    }  # fmt: skip
    changes = Event.objects.exclude(name__in=("import.finished", "hubspot_import.finished"))
    assert list(changes.values_list("name", flat=True)) == []
    assert PropertyDefinition.objects.filter(label="Customer tier").count() == 1


def test_associations_wait_for_a_file_that_comes_later(imported):
    imported("deals.csv")
    assert Deal.objects.get(name="Garden redesign").company is None

    imported("contacts.csv")
    batch = imported("companies.csv")

    deal = Deal.objects.get(name="Garden redesign")
    assert (deal.company.name, deal.contacts.count()) == ("Cool Cars", 2)
    assert Contact.objects.get(first_name="Grace").company == deal.company
    assert batch.links == 5
    # Whom nobody has brought yet is still waited for.
    assert HubspotLink.objects.get(done=False).to_id == "8999"


def test_records_that_were_here_before_are_found_by_address_domain_and_sku(imported, admin):
    contact = Contact.objects.create(first_name="G.", email="Grace@CoolCars.example")
    company = Company.objects.create(name="Cool Cars Ltd", domain="coolcars.example")
    product = Product.objects.create(name="Old", sku="d-1", currency="USD")
    kestrel = Company.objects.create(name="kestrel sports")

    imported("contacts.csv", "companies.csv", "products.csv")

    known = {(each.object_type, each.hubspot_id): each.record_id for each in HubspotRecord.objects.all()}
    assert known["contact", "8001"] == contact.pk
    assert known["company", "9001"] == company.pk
    assert known["product", "6001"] == product.pk
    # A name alone is no match, unless somebody says so.
    assert known["company", "9003"] != kestrel.pk
    contact.refresh_from_db()
    assert (contact.first_name, contact.company) == ("Grace", company)


def test_the_same_name_is_the_same_where_somebody_says_so(imported):
    kestrel = Company.objects.create(name="kestrel sports")

    imported("companies.csv", same_names="on")

    assert HubspotRecord.objects.get(hubspot_id="9003").record_id == kestrel.pk


def test_undoing_takes_back_everything(imported, undone):
    company = Company.objects.create(name="Cool Cars", domain="coolcars.example")
    contact = Contact.objects.create(first_name="Otto", last_name="Berger", email="otto@berger.example")

    batch = undone(imported(*ALL))

    assert batch.state == "undone"
    for model in (Contact, Company, Product, Deal, Quote):
        assert set(model.objects.filter(archived_at=None)) <= {company, contact}
    company.refresh_from_db()
    contact.refresh_from_db()
    assert (company.phone, company.billing_address, contact.company, contact.owner) == ("", {}, None, None)
    assert not DealLine.objects.exists()
    assert not DealContact.objects.exists()
    assert not HubspotRecord.objects.exists()
    assert not HubspotLink.objects.exists()

    # And it can come in again.
    assert figures(imported(*ALL))["deal"] == (3, 0, 0, 0)


def test_rows_that_are_left_out_can_be_corrected_and_join_the_others(imported):
    batch = imported("deals.csv", "line-items.csv")
    job = next(job for job in proposing.files_of(batch) if job.object_type == "line_item")
    faulty = b"".join(files.faulty(job)).decode("utf-8-sig")
    assert "The deal with HubSpot's ID 7777 is not here." in faulty

    again = imported(("again.csv", faulty.replace("7777", "7001")))

    # The quote of the other row is still missing.
    assert figures(again) == {"line_item": (0, 1, 0, 1)}
    lines = Deal.objects.get(name="Garden redesign").lines.all()
    assert [line.name for line in lines] == ["Design", "Fountain", "Lost"]


def test_a_file_that_is_no_export_is_named(admin):
    with pytest.raises(BadFile, match=r"people\.csv.*not recognised"):
        uploading.upload([SimpleUploadedFile("people.csv", b"Name,Colour\nAnn,red\n")], by=admin)


def test_somebody_without_the_permissions_makes_no_property_and_no_stage(uploaded, ops):
    batch = uploaded("deals.csv", by=ops)
    given = {each.field: each.chosen for each in proposing.stages(batch)}

    with pytest.raises(NotPossible, match="permission to change pipelines"):
        proposing.decide(batch, given, by=ops)
    assert not Pipeline.objects.filter(name="Garden Pipeline").exists()
