"""What is changed in the CRM reaches QuickBooks: created, updated, made inactive and active again."""

from decimal import Decimal

import pytest

from core.models import Event
from crm.models import Company, Contact, Product
from crm.services import companies, contacts, products
from qbo_connector.models import MirrorObject, Operation
from qbo_connector.outbox import drain
from sync.enums import Outcome
from sync.models import ConnectionSettings, Link
from sync.publish import records
from tests.books import Books, open_books
from tests.makers import user
from tests.unkept import unkept


@pytest.fixture
def books(quickbooks, transactional_db):
    """A small company, read, with everything switched on."""
    opened = open_books(quickbooks)
    opened.sync()
    return opened


def published(books: Books) -> None:
    """What people changed since the last call goes to QuickBooks and is settled."""
    publish_only()
    books.settle()


def publish_only() -> None:
    """What people changed is planned."""
    ids = list(Event.objects.filter(data__seen__isnull=True).values_list("pk", flat=True))
    records.publish_events(ids)
    with unkept():
        Event.objects.filter(pk__in=ids).update(data={"seen": True})


def garden(**values) -> Company:
    return companies.create(
        by=user("Admin"), **{"name": "Green Garden", "email": "hello@green.example", "phone": "555 1", **values}
    )


def in_quickbooks(books: Books, entity: str = "Customer") -> list[dict]:
    return books.quickbooks.objects(books.connection.realm_id, entity)


def writes(books: Books) -> list[dict]:
    calls = books.quickbooks.call("GET", "calls?method=POST&limit=1000")["calls"]
    return [call for call in calls if call["requestid"]]


def test_a_new_company_becomes_a_customer(books):
    company = garden(billing_address={"line1": "1 Main St", "city": "Bend"})

    published(books)

    (customer,) = in_quickbooks(books)
    assert customer["DisplayName"] == customer["CompanyName"] == "Green Garden"
    assert customer["PrimaryEmailAddr"] == {"Address": "hello@green.example"}
    assert customer["BillAddr"]["City"] == "Bend"
    link = books.link("company")
    assert (link.object_id, link.qbo_id, link.outcome) == (company.pk, customer["Id"], Outcome.IN_SYNC)
    assert Company.objects.count() == 1


def test_a_change_is_sent_sparsely_and_comes_back_as_nothing_new(books):
    company = garden(notes="Our own notes")
    published(books)
    companies.update(company, by=user("Admin"), phone="555 2")

    published(books)

    (customer,) = in_quickbooks(books)
    assert customer["PrimaryPhone"]["FreeFormNumber"] == "555 2"
    operation = Operation.objects.get(verb="update")
    assert set(operation.intent) == {"Id", "SyncToken", "sparse", "PrimaryPhone"}
    sent, events = len(writes(books)), Event.objects.filter(origin="sync").exclude(object_type="connection").count()
    for _cycle in range(2):
        books.sync()
        published(books)
    assert len(writes(books)) == sent
    assert Event.objects.filter(origin="sync").exclude(object_type="connection").count() == events
    assert books.link("company").outcome == Outcome.IN_SYNC


def test_our_change_read_before_its_answer_writes_nothing_more(books):
    company = garden()
    published(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    publish_only()
    books.quickbooks.fault(method="POST", entity="Customer", when="after", times=1, action="drop")
    for unit in drain.lease_units(books.connection.pk):
        unit()
    assert Operation.objects.get(verb="update").state == "unknown"

    books.sync()
    Operation.objects.update(due_at="2000-01-01T00:00:00Z")
    published(books)

    assert Operation.objects.get(verb="update").state == "done"
    assert [customer["SyncToken"] for customer in in_quickbooks(books)] == ["1"]
    company.refresh_from_db()
    assert company.phone == "555 2"


def test_changes_before_the_sending_are_one_operation(books):
    company = garden()
    published(books)
    rep = user("Admin")
    companies.update(company, by=rep, phone="555 2")
    publish_only()
    companies.update(company, by=rep, email="new@green.example", phone="555 3")
    publish_only()

    (operation,) = Operation.objects.filter(verb="update")
    assert operation.intent["PrimaryPhone"] == {"FreeFormNumber": "555 3"}
    assert operation.intent["PrimaryEmailAddr"] == {"Address": "new@green.example"}
    books.settle()
    assert in_quickbooks(books)[0]["SyncToken"] == "1"


def test_a_change_that_is_taken_back_is_never_sent(books):
    company = garden()
    published(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    publish_only()
    companies.update(company, by=user("Admin"), phone="555 1")
    publish_only()
    books.settle()

    assert Operation.objects.get(verb="update").state == "cancelled"
    assert in_quickbooks(books)[0]["SyncToken"] == "0"
    assert books.link("company").outcome == Outcome.IN_SYNC


def test_a_change_during_the_sending_is_the_next_operation(books):
    company = garden()
    published(books)
    companies.update(company, by=user("Admin"), phone="555 2")
    publish_only()
    units = drain.lease_units(books.connection.pk)
    companies.update(company, by=user("Admin"), phone="555 3")
    publish_only()
    for unit in units:
        unit()
    books.settle()

    sent = [o.intent["PrimaryPhone"]["FreeFormNumber"] for o in Operation.objects.filter(verb="update").order_by("pk")]
    assert sent == ["555 2", "555 3"]
    assert in_quickbooks(books)[0]["PrimaryPhone"]["FreeFormNumber"] == "555 3"


def test_both_sides_changed_different_fields(books):
    company = garden()
    published(books)
    qbo_id = books.link("company").qbo_id
    books.act("Customer", qbo_id, WebAddr={"URI": "https://green.example"})
    companies.update(company, by=user("Admin"), phone="555 2")

    published(books)

    company.refresh_from_db()
    assert company.website == "https://green.example"
    customer = books.read("Customer", qbo_id)
    assert customer["PrimaryPhone"]["FreeFormNumber"] == "555 2"
    assert [o.state for o in Operation.objects.filter(verb="update").order_by("pk")] == ["refused", "done"]
    assert books.link("company").outcome == Outcome.IN_SYNC


def test_archiving_makes_inactive_and_restoring_active(books):
    company = garden()
    published(books)
    qbo_id = books.link("company").qbo_id
    companies.archive(company, by=user("Admin"))
    published(books)
    assert books.read("Customer", qbo_id)["Active"] is False

    companies.restore(company, by=user("Admin"))
    published(books)

    customer = books.read("Customer", qbo_id)
    assert (customer["Active"], customer["DisplayName"]) == (True, "Green Garden")
    company.refresh_from_db()
    assert (company.archived_at, company.name) == (None, "Green Garden")


def test_a_name_that_was_taken_meanwhile_is_numbered_on_its_return(books):
    company = garden()
    published(books)
    companies.archive(company, by=user("Admin"))
    published(books)
    books.make("Vendor", DisplayName="Green Garden")
    books.sync()

    companies.restore(company, by=user("Admin"))
    published(books)

    assert books.read("Customer", books.link("company").qbo_id)["DisplayName"] == "Green Garden (2)"


def test_contacts_of_a_company_are_no_customers_of_their_own(books):
    company = garden()
    contacts.create(by=user("Admin"), first_name="Ann", last_name="Green", email="ann@green.example", company=company)
    contacts.create(by=user("Admin"), first_name="Bob", last_name="Alone", email="bob@alone.example")

    published(books)

    assert sorted(customer["DisplayName"] for customer in in_quickbooks(books)) == ["Bob Alone", "Green Garden"]
    left_out = books.link("contact", outcome=Outcome.EXCLUDED)
    assert left_out.exclusion == "company"


def test_people_are_customers_where_the_settings_say_so(books):
    books.settings(customer_is="person", display_name_template="{last}, {first} ({company})")
    company = garden()
    contacts.create(by=user("Admin"), first_name="Ann", last_name="Green", email="ann@green.example", company=company)

    published(books)

    (customer,) = in_quickbooks(books)
    assert customer["DisplayName"] == "Green, Ann (Green Garden)"
    assert (customer["GivenName"], customer["FamilyName"]) == ("Ann", "Green")
    assert "CompanyName" not in customer
    assert Company.objects.count() == 1


def test_records_without_email_wait_for_one(books):
    company = garden(email="")
    published(books)
    assert in_quickbooks(books) == []
    assert books.link("company").exclusion == "no_email"

    companies.update(company, by=user("Admin"), email="hello@green.example")
    published(books)

    assert [customer["DisplayName"] for customer in in_quickbooks(books)] == ["Green Garden"]


def test_a_customer_with_the_same_email_is_linked(books):
    qbo_id = books.customer("Green Gardens Inc", email="HELLO@green.example")
    books.settings(incoming="update")
    books.sync()
    company = garden()

    published(books)

    assert len(in_quickbooks(books)) == 1
    assert books.link("company").qbo_id == qbo_id
    company.refresh_from_db()
    assert company.email.lower() == "hello@green.example"


def test_a_customer_of_the_same_name_waits_for_a_person(books):
    books.customer("Green Garden", email="other@green.example")
    books.settings(incoming="update")
    books.sync()
    garden()

    published(books)

    assert len(in_quickbooks(books)) == 1
    assert books.link("company").exclusion == "suggested"


def test_read_only_plans_nothing_and_says_so(books):
    ConnectionSettings.objects.update_or_create(connection=books.connection, defaults={"read_only": True})
    company = garden()
    published(books)
    assert not Operation.objects.exists()
    link = books.link("company")
    assert (link.outcome, link.reason) == (Outcome.PENDING, "Read-only mode: nothing is written to QuickBooks.")

    ConnectionSettings.objects.update(read_only=False)
    records.publish_records("company", [company.pk])
    books.settle()
    assert len(in_quickbooks(books)) == 1


@pytest.mark.parametrize("values", [{"enabled": False}, {"direction": "in"}], ids=["off", "the other way only"])
def test_toggles_are_obeyed(values, books):
    books.settings(**values)
    garden()

    published(books)

    assert not Operation.objects.exists()
    assert not Link.objects.filter(object_type="company", outcome=Outcome.PENDING).exists()


def test_products_are_services_with_an_account(books):
    product = products.create(
        by=user("Admin"), name="Hedge: trimming", sku="H-1", unit_price=Decimal("49.50"), currency="USD"
    )
    published(books)
    (item,) = [row for row in in_quickbooks(books, "Item") if row.get("Sku") == "H-1"]
    assert (item["Name"], item["Type"], item["UnitPrice"]) == ("Hedge- trimming", "Service", 49.5)
    assert item["IncomeAccountRef"]["value"]

    products.update(product, by=user("Admin"), unit_price=Decimal("55.25"), active=False)
    published(books)
    item = books.read("Item", item["Id"])
    assert (item["Active"], item["UnitPrice"]) == (False, 55.25)
    product.refresh_from_db()
    assert (product.name, product.active) == ("Hedge: trimming", False)

    products.update(product, by=user("Admin"), active=True)
    published(books)
    item = books.read("Item", item["Id"])
    assert (item["Active"], item["Name"]) == (True, "Hedge- trimming")
    assert books.link("product", object_id=product.pk).outcome == Outcome.IN_SYNC


def test_stock_is_never_written(books):
    accounts = {row["AccountSubType"]: row["Id"] for row in in_quickbooks(books, "Account")}
    qbo_id = books.make(
        "Item",
        Name="Pump",
        Type="Inventory",
        TrackQtyOnHand=True,
        QtyOnHand=7,
        InvStartDate="2026-01-01",
        IncomeAccountRef={"value": accounts["SalesOfProductIncome"]},
        ExpenseAccountRef={"value": accounts["SuppliesMaterialsCogs"]},
        AssetAccountRef={"value": accounts["Inventory"]},
    )
    books.sync()
    product = Product.objects.get(name="Pump")

    products.update(product, by=user("Admin"), unit_price=Decimal(12), description="A pump")
    published(books)

    item = books.read("Item", qbo_id)
    assert (item["UnitPrice"], item["Description"], item["QtyOnHand"]) == (12, "A pump", 7)
    assert not any("Qty" in name for name in Operation.objects.get(verb="update").intent)


def test_typographic_signs_are_written_plainly_to_us_companies(books):
    company = garden(name="Green “Garden” – Łódź ✿", notes="")
    published(books)
    (customer,) = in_quickbooks(books)
    assert customer["CompanyName"] == 'Green "Garden" - Lódz'
    link = books.link("company")
    assert link.outcome == Outcome.IN_SYNC
    for _cycle in range(2):
        books.sync()
        records.publish_records("company", [company.pk])
        books.settle()
    company.refresh_from_db()
    assert company.name == "Green “Garden” – Łódź ✿"
    assert Operation.objects.count() == 1


def test_an_archived_record_is_not_created(books):
    company = garden()
    publish_only()
    companies.archive(company, by=user("Admin"))
    published(books)

    assert in_quickbooks(books) == []
    assert Operation.objects.get().state == "cancelled"
    assert not Link.objects.filter(object_type="company").exists()


def test_a_person_who_is_part_of_a_customer_in_use_keeps_it_active(books):
    books.customer("Green Garden", GivenName="Ann", FamilyName="Green")
    books.sync()
    contact = Contact.objects.get()
    contacts.archive(contact, by=user("Admin"))
    published(books)

    assert in_quickbooks(books)[0]["Active"] is True
    assert not Operation.objects.exists()


def test_a_thousand_changes_are_a_handful_of_statements(books, settings, django_assert_max_num_queries):
    settings.QBO_LIMITS = dict.fromkeys(settings.QBO_LIMITS, 10_000)
    made = Company.objects.bulk_create(
        Company(name=f"Garden {number}", email=f"garden{number}@example.com") for number in range(1000)
    )
    with django_assert_max_num_queries(45):
        records.publish_records("company", [company.pk for company in made])
    assert Operation.objects.filter(state="planned", urgent=False).count() == 1000
    books.settle()
    batches = books.quickbooks.call("GET", "calls?kind=batch&limit=1000")["calls"]
    assert len(batches) == 34
    assert Link.objects.filter(object_type="company", outcome=Outcome.IN_SYNC).count() == 1000

    Company.objects.update(phone="555 9")
    with django_assert_max_num_queries(45):
        records.publish_records("company", [company.pk for company in made])
    assert Operation.objects.filter(state="planned", verb="update").count() == 1000
    books.settle()
    assert all(row["PrimaryPhone"]["FreeFormNumber"] == "555 9" for row in in_quickbooks(books))
    assert not MirrorObject.objects.filter(unread=True).exists()
