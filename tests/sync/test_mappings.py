"""Field mappings: what may be mapped, tried before it is saved, applied from the mirror, and how each is doing."""

from typing import Any

import pytest

from accounts.models import User
from core.enums import PropertyKind
from core.models import Event
from core.models.properties import PropertyDefinition
from core.properties import property_uses
from core.services import properties as property_service
from crm.models import Company
from crm.services import companies
from invoices.models import Invoice
from qbo_connector.models import ApiUsage, Connection
from sync import snapshots
from sync.enums import Direction, RecordType, SyncObject, Transform, Winner
from sync.mapping_lines import lines
from sync.models import FieldMapping, Link, MappingFailure, ObjectSettings
from sync.publish.records import publish_records
from sync.reconcile import run
from sync.services import again, mappings
from sync.services.connections import add_default_mappings
from sync.services.mappings import BadMapping, Tried
from tests.books import Books
from tests.makers import user
from tests.quickbooks import enable, read_company, sync_company
from tests.unkept import unkept


@pytest.fixture
def by() -> User:
    return user("Admin", "admin@example.com")


def applied(books: Books) -> None:
    """What the workers do once a mapping was saved; without a read."""
    before = sum(ApiUsage.objects.values_list("reads", flat=True))
    again.carry_out(list(Event.objects.filter(name="sync.look_again").values_list("pk", flat=True)))
    with unkept():
        Event.objects.filter(name="sync.look_again").delete()
    while not run.reconcile(books.connection):
        pass
    assert sum(ApiUsage.objects.values_list("reads", flat=True)) == before


def add(books: Books, by: User, crm: str, qbo: str, **values: Any) -> FieldMapping:
    return mappings.add(books.connection, RecordType.COMPANY, by=by, crm_field=crm, qbo_field=qbo, **values)


def new_property(by: User, label: str, kind: PropertyKind, **values: Any) -> PropertyDefinition:
    return property_service.create("company", by=by, label=label, kind=kind, **values)


def test_a_new_connection_has_the_standard_mappings(books: Books) -> None:
    rows = FieldMapping.objects.filter(connection=books.connection)
    assert rows.filter(record_type="company", crm_field="name", qbo_field="CompanyName", standard=True).exists()
    assert rows.filter(record_type="contact").count() == 8
    assert rows.filter(record_type="product", crm_field="unit_cost", qbo_field="PurchaseCost").exists()


def test_a_mapping_that_is_added_fills_what_is_empty_and_keeps_to_the_winner(books: Books, by: User) -> None:
    for number, notes in enumerate(("their notes", "", "theirs")):
        books.customer(f"Customer {number}", f"c{number}@example.com", Notes=notes)
    books.sync()
    filled, empty, both = Company.objects.order_by("name")
    companies.update(empty, by=by, notes="our notes")
    companies.update(both, by=by, notes="ours")

    mapping = add(books, by, "notes", "Notes", winner=Winner.CRM)
    applied(books)
    books.settle()

    assert list(Company.objects.order_by("name").values_list("notes", flat=True)) == [
        "their notes",
        "our notes",
        "ours",
    ]
    remote = {
        row["DisplayName"]: row.get("Notes") for row in books.quickbooks.objects(books.connection.realm_id, "Customer")
    }
    assert remote == {"Customer 0": "their notes", "Customer 1": "our notes", "Customer 2": "ours"}
    mapping.refresh_from_db()
    assert mapping.last_synced_at is not None
    assert mapping.failing_since is None
    assert filled.notes == ""
    told = Event.objects.get(name="sync.mapping_added")
    assert (told.actor, told.data["crm"], told.data["quickbooks"]) == (by, "Notes", "Notes")


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"crm_field": "nothing"}, "crm_field", "Choose a property of the CRM."),
        ({"qbo_field": "Nothing"}, "qbo_field", "Choose a field of QuickBooks."),
        ({"qbo_field": "Balance"}, "qbo_field", "can't be written in QuickBooks"),
        ({"qbo_field": "Taxable"}, "qbo_field", "of different kinds"),
        ({"crm_field": "email"}, "crm_field", "is mapped to another field"),
        ({"qbo_field": "WebAddr.URI"}, "qbo_field", "is filled from another property"),
        ({"crm_field": "billing_address", "qbo_field": "Notes"}, "qbo_field", "can't hold one"),
        (
            {"crm_field": "billing_address", "qbo_field": "Notes", "direction": "out"},
            "qbo_field",
            "can't hold one",
        ),
        ({"crm_field": "industry", "qbo_field": "BillAddr"}, "qbo_field", "one way only, into the text"),
        ({"transform": "rot13"}, "transform", "can't be chosen here"),
        ({"transform": Transform.UPPER, "default": "low"}, "default", "as the transform would make it"),
        ({"default": "9" * 200}, "default", "takes at most"),
        ({"direction": "up"}, "direction", "can't be chosen here"),
    ],
)
def test_what_can_not_be_mapped_is_said(
    books: Books, by: User, values: dict[str, Any], field: str, sentence: str
) -> None:
    given = {"crm_field": "industry", "qbo_field": "ResaleNum", **values}

    with pytest.raises(BadMapping) as refused:
        mappings.add(books.connection, RecordType.COMPANY, by=by, **given)

    assert sentence in refused.value.problems[field]
    assert not FieldMapping.objects.filter(standard=False).exists()


def test_a_mapping_is_switched_off_edited_and_deleted(books: Books, by: User) -> None:
    customer = books.customer(Notes="first")
    books.sync()
    mapping = add(books, by, "notes", "Notes")
    applied(books)
    mappings.change(mapping, by=by, enabled=False)
    books.act("Customer", customer, Notes="second")
    books.sync()
    assert Company.objects.get().notes == "first"

    mappings.change(mapping, by=by, enabled=True, direction=Direction.IN, transform=Transform.UPPER)
    applied(books)
    assert Company.objects.get().notes == "SECOND"

    mappings.delete(mapping, by=by)
    books.act("Customer", customer, Notes="third")
    applied(books)
    books.sync()
    assert Company.objects.get().notes == "SECOND"
    assert "notes" not in Link.objects.get(object_type="company").snapshot


def test_what_was_agreed_before_counts_no_more_from_the_change_on(
    books: Books, by: User, django_assert_max_num_queries: Any
) -> None:
    """Whoever comes before the worker that takes it out of the snapshots merges as if it were out already."""
    customer = books.customer(Notes="theirs")
    books.sync()
    mapping = add(books, by, "notes", "Notes")
    applied(books)
    company = Company.objects.get()
    companies.update(company, by=by, notes="ours, sent by nobody yet")
    with django_assert_max_num_queries(25):  # however many links there are
        mappings.change(mapping, by=by, winner=Winner.QUICKBOOKS)
    assert Link.objects.get(object_type="company").snapshot["notes"] == "theirs"

    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "1"})
    books.sync()

    company.refresh_from_db()
    assert company.notes == "theirs"
    applied(books)
    assert Link.objects.get(object_type="company").snapshot["notes"] == "theirs"
    assert ObjectSettings.objects.get(connection=books.connection, sync_object="contact").forgetting == []


def test_a_change_during_the_tidying_waits_for_its_own_turn(books: Books, by: User, monkeypatch: Any) -> None:
    books.customer(Notes="theirs")
    books.sync()
    mapping = add(books, by, "notes", "Notes")
    tidied = snapshots._clean

    def meanwhile(connection: Connection, record_type: str, names: set[str]) -> None:
        tidied(connection, record_type, names)
        monkeypatch.setattr(snapshots, "_clean", tidied)
        mappings.delete(mapping, by=by)

    monkeypatch.setattr(snapshots, "_clean", meanwhile)
    snapshots.clean(books.connection, [SyncObject.CONTACT])

    settings = ObjectSettings.objects.get(connection=books.connection, sync_object="contact")
    assert [entry["fields"] for entry in settings.forgetting] == [["notes"]]


def test_standard_mappings_are_switched_off_but_not_deleted(books: Books, by: User) -> None:
    phone = FieldMapping.objects.get(connection=books.connection, record_type="company", crm_field="phone")
    name = FieldMapping.objects.get(connection=books.connection, record_type="company", crm_field="name")

    with pytest.raises(mappings.Standard):
        mappings.delete(phone, by=by)
    with pytest.raises(BadMapping, match="keeps its fields"):
        mappings.change(phone, by=by, qbo_field="Fax.FreeFormNumber")
    with pytest.raises(BadMapping, match="can't be without it"):
        mappings.change(name, by=by, enabled=False)
    mappings.change(phone, by=by, enabled=False)
    books.customer(PrimaryPhone={"FreeFormNumber": "1"})
    books.sync()

    assert Company.objects.get().phone == ""


def test_a_mapping_is_tried_on_a_real_record(books: Books, by: User) -> None:
    books.customer(Notes="  their   notes ")
    books.sync()
    company, link = Company.objects.get(), books.link()
    companies.update(company, by=by, notes="ours")
    before = list(FieldMapping.objects.values())
    draft = FieldMapping(connection=books.connection, record_type="company", crm_field="notes", qbo_field="Notes")

    assert mappings.preview(draft, link, transform=Transform.TRIM) == Tried(
        crm_before="ours", crm_after="their notes", quickbooks_before="their notes", quickbooks_after="their notes"
    )
    assert mappings.preview(draft, link, winner=Winner.CRM) == Tried(
        crm_before="ours", crm_after="ours", quickbooks_before="  their   notes ", quickbooks_after="ours"
    )
    assert mappings.preview(draft, link, winner=Winner.ASK).conflict
    with pytest.raises(BadMapping):
        mappings.preview(draft, link, crm_field="email")
    assert list(FieldMapping.objects.values()) == before
    company.refresh_from_db()
    assert company.notes == "ours"


def test_custom_properties_flow_both_ways(books: Books, by: User) -> None:
    crew = new_property(by, "Crew", PropertyKind.TEXT)
    customer = books.customer(Notes="Blue  team")
    books.sync()
    add(books, by, f"property:{crew.pk}", "Notes")
    applied(books)
    company = Company.objects.get()
    assert company.properties == {str(crew.pk): "Blue team"}

    companies.update(company, by=by, properties={str(crew.pk): "Red team"})
    books.act("Customer", customer, PrimaryPhone={"FreeFormNumber": "4"})
    books.sync()
    books.settle()

    assert books.read("Customer", customer)["Notes"] == "Red team"
    company.refresh_from_db()
    assert (company.phone, company.properties) == ("4", {str(crew.pk): "Red team"})
    assert property_uses[-1]([crew.pk]) == {
        crew.pk: [f"mapped to the QuickBooks field “Notes” of “{books.connection}”"]
    }


def test_a_value_that_does_not_fit_is_told_on_mapping_and_record_and_stops_no_other(books: Books, by: User) -> None:
    customer = books.customer(Notes="9" * 130, PrimaryPhone={"FreeFormNumber": "1"})
    books.sync()
    mapping = add(books, by, "industry", "Notes", direction=Direction.IN)
    applied(books)

    mapping.refresh_from_db()
    assert mapping.problem == "Industry takes at most 120 characters."
    assert mapping.failing_since is not None
    company = Company.objects.get()
    assert (company.industry, company.phone) == ("", "1")
    assert "Industry takes at most 120 characters." in books.link().reason

    books.act("Customer", customer, Notes="Gardens")
    books.sync()
    mapping.refresh_from_db()
    assert (mapping.problem, mapping.failing_since) == ("", None)
    assert books.link().reason == ""


def test_a_mapping_fails_until_the_record_that_it_fails_for_is_mended(books: Books, by: User) -> None:
    customer = books.customer(Notes="9" * 130)
    books.customer("Fine", "fine@example.com", Notes="Gardens")
    books.sync()
    mapping = add(books, by, "industry", "Notes", direction=Direction.IN)
    applied(books)
    mapping.refresh_from_db()
    since = mapping.failing_since
    assert since is not None

    books.customer("Another", "another@example.com", Notes="Parks")
    books.sync()

    mapping.refresh_from_db()
    assert (mapping.failing_since, mapping.problem) == (since, "Industry takes at most 120 characters.")
    assert mapping.last_synced_at is not None
    assert mapping.last_synced_at > since
    (line,) = [each for each in lines(books.connection, RecordType.COMPANY) if each.row == mapping]
    failing = Link.objects.get(qbo_id=customer, object_type="company").object_id
    assert (line.standing.count, line.standing.more) == (1, 0)
    assert line.standing.records == [("Bright Gardens", f"/companies/{failing}/")]
    books.act("Customer", customer, Notes="Gardens")
    books.sync()
    mapping.refresh_from_db()
    assert (mapping.failing_since, mapping.problem) == (None, "")
    assert not MappingFailure.objects.exists()


def test_a_value_that_quickbooks_can_not_take_fails_until_it_is_shorter(books: Books, by: User) -> None:
    books.customer()
    books.sync()
    company = Company.objects.get()
    companies.update(company, by=by, industry="Gardens")
    mapping = add(books, by, "industry", "AlternatePhone.FreeFormNumber", direction=Direction.OUT)
    applied(books)
    companies.update(company, by=by, industry="9" * 40)
    publish_records(RecordType.COMPANY, [company.pk])

    mapping.refresh_from_db()
    assert "longer than the" in mapping.problem
    companies.update(company, by=by, industry="Gardens")
    publish_records(RecordType.COMPANY, [company.pk])

    mapping.refresh_from_db()
    assert (mapping.failing_since, mapping.problem) == (None, "")


def test_a_record_that_leaves_the_sync_no_longer_fails(books: Books, by: User) -> None:
    books.customer(Notes="9" * 130)
    fine = books.customer("Fine", "fine@example.com", Notes="Gardens")
    books.sync()
    mapping = add(books, by, "industry", "Notes", direction=Direction.IN)
    applied(books)
    Link.objects.exclude(qbo_id=fine).delete()

    books.act("Customer", fine, Notes="Parks")
    books.sync()

    mapping.refresh_from_db()
    assert mapping.failing_since is None


def test_invoices_and_their_lines_say_when_they_were_synced_and_what_fails(us_company: Connection, by: User) -> None:
    enable(us_company)
    add_default_mappings(us_company.pk)
    read_company(us_company)
    crew = property_service.create("invoice", by=by, label="Days", kind="number")
    FieldMapping.objects.create(
        connection=us_company,
        record_type="invoice",
        crm_field=f"property:{crew.pk}",
        qbo_field="TotalAmt",
        direction="in",
    )

    sync_company(us_company)

    rows = FieldMapping.objects.filter(connection=us_company, record_type__in=["invoice", "line"])
    assert rows.count() > 20
    assert not rows.exclude(direction="out").filter(last_synced_at=None).exists()
    assert not rows.exclude(failing_since=None).exists()


def test_a_property_with_its_own_rules_refuses_a_value_and_nothing_else(books: Books, by: User) -> None:
    size = new_property(by, "Level", PropertyKind.NUMBER, highest=5)
    books.customer(PrimaryPhone={"FreeFormNumber": "1"})
    books.sync()
    mapping = add(books, by, f"property:{size.pk}", "Balance", direction=Direction.IN)
    applied(books)

    assert Company.objects.get().properties == {str(size.pk): "0"}
    mapping.refresh_from_db()
    assert mapping.last_synced_at is not None


def test_custom_fields_of_quickbooks_are_found_in_what_was_read(books: Books, by: User) -> None:
    customer = books.customer()
    item = books.item("Design", UnitPrice=10)
    crews = [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType", "StringValue": "7"}]
    books.make(
        "Invoice",
        CustomerRef={"value": customer},
        CustomField=crews,
        Line=[
            {
                "Amount": 10,
                "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": 10},
            }
        ],
    )
    books.sync()

    ours, theirs = mappings.options(books.connection, RecordType.INVOICE)

    found = {field.name: str(field.label) for field in theirs}
    assert found["CustomField.1"] == "Crew #"
    assert {field.name for field in ours} >= {"number", "message", "due_on"}
    crew = property_service.create("invoice", by=by, label="Crew", kind=PropertyKind.TEXT)
    mappings.add(
        books.connection,
        RecordType.INVOICE,
        by=by,
        crm_field=f"property:{crew.pk}",
        qbo_field="CustomField.1",
        direction=Direction.IN,
    )
    applied(books)
    assert Invoice.objects.get().properties == {str(crew.pk): "7"}
