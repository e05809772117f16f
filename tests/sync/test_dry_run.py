"""A dry run says field by field what would happen on both sides, and does nothing."""

import hashlib
from collections import Counter

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from crm.models import Company, Product
from crm.services import companies, products
from qbo_connector.models import ApiUsage, Connection
from sync.dry_run import CRM, QUICKBOOKS, dry_run
from sync.enums import Generation, Matching, Removal, SyncObject, WithoutEmail
from sync.services import settings as settings_service
from tests.books import Books
from tests.makers import user
from tests.quickbooks import QuickBooks, read_company, sync_company


def content() -> dict[str, str]:
    """A hash of every row of every table; sequences and the broker's marks aside."""
    found = {}
    with database.cursor() as cursor:
        for table in database.introspection.table_names(cursor):
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" AS t")
            found[table] = cursor.fetchone()[0]
    return found


def test_everything_is_told_and_nothing_is_done(books: Books) -> None:
    by = user("Admin")
    known = books.customer("Known", "known@example.com", PrimaryPhone={"FreeFormNumber": "1"})
    books.sync()
    books.settings(enabled=False)
    companies.update(Company.objects.get(name="Known"), by=by, website="https://known.example")
    companies.create(by=by, name="Ours alone", email="ours@example.com")
    companies.create(by=by, name="Silent")
    companies.create(by=by, name="Shared", email="SHARED@example.com", phone="7")
    books.act("Customer", known, PrimaryPhone={"FreeFormNumber": "2"})
    books.customer("Theirs", "theirs@example.com")
    books.customer("Their silent one", "")
    books.customer("Shared in the books", "shared@example.com")
    books.sync()
    before, calls = content(), ApiUsage.objects.count()

    report = dry_run(books.connection, SyncObject.CONTACT)

    assert content() == before
    assert ApiUsage.objects.count() == calls
    told = {(c.side, c.kind, c.title): {f.field: (f.before, f.after) for f in c.fields} for c in report.changes}
    assert told[CRM, "update", "Known"] == {"phone": ("1", "2")}
    assert told[QUICKBOOKS, "update", "Known"] == {"website": (None, "https://known.example")}
    assert told[CRM, "create", "Theirs"]["email"] == (None, "theirs@example.com")
    assert told[CRM, "link", "Shared in the books"] == {
        "name": ("Shared", "Shared in the books"),
        "email": ("SHARED@example.com", "shared@example.com"),
        "currency": (None, "USD"),
    }
    assert told[QUICKBOOKS, "update", "Shared in the books"] == {"phone": (None, "7")}
    assert told[CRM, "stay_out", "Their silent one"] == told[QUICKBOOKS, "stay_out", "Silent"] == {}
    assert told[QUICKBOOKS, "create", "Ours alone"]["email"] == (None, "ours@example.com")
    assert len(told) == len(report.changes) == 8
    assert report.reasons[CRM, "no_email"] == report.reasons[QUICKBOOKS, "no_email"] == 1
    assert not report.cut


def test_a_customer_that_stands_for_a_company_and_a_contact_stays_out_once(books: Books) -> None:
    books.customer("Silent Gardens", "", GivenName="Lena", FamilyName="Silent")
    books.sync()

    report = dry_run(books.connection, SyncObject.CONTACT)

    assert report.count(CRM, "stay_out") == report.reasons[CRM, "no_email"] == 1
    assert [change.title for change in report.changes if change.kind == "stay_out"] == ["Silent Gardens"]


def test_it_is_cut_but_counts_on(books: Books) -> None:
    for number in range(4):
        books.customer(f"Customer {number}", f"c{number}@example.com")
    books.settings(enabled=False)
    books.sync()

    report = dry_run(books.connection, SyncObject.CONTACT, limit=2)

    assert (len(report.changes), report.cut, report.count(CRM, "create")) == (2, True, 4)


def test_other_settings_are_tried_without_being_saved(books: Books) -> None:
    books.settings(without_email=WithoutEmail.EXCLUDED)
    customer = books.customer("Known", "known@example.com")
    books.customer("Silent", "")
    books.sync()
    books.act("Customer", customer, operation="deactivate")
    books.settings(removal=Removal.NOTHING)
    books.sync()
    before = content()

    report = settings_service.preview(
        books.connection,
        SyncObject.CONTACT,
        {"without_email": WithoutEmail.INCLUDED, "removal": Removal.ARCHIVE, "matching": Matching.NONE},
    )

    assert report.count(CRM, "create") == 1
    assert report.count(CRM, "archive") == 1
    assert content() == before


def test_the_simple_sync_sends_nothing(books: Books) -> None:
    books.sync()
    companies.create(by=user("Admin"), name="Ours alone", email="ours@example.com")

    assert dry_run(books.connection, SyncObject.CONTACT).count(QUICKBOOKS, "create") == 1
    assert not dry_run(books.connection, SyncObject.CONTACT, generation=Generation.SIMPLE).count(QUICKBOOKS, "create")


def test_products_and_invoices(us_company: Connection, quickbooks: QuickBooks) -> None:
    read_company(us_company)

    from_items = dry_run(us_company, SyncObject.PRODUCT, limit=500)
    from_invoices = dry_run(us_company, SyncObject.INVOICE, limit=500)

    fountain = next(change for change in from_items.changes if change.title == "Rock Fountain")
    assert {each.label: each.after for each in fountain.fields}["Unit price"] == "275"
    assert from_items.count(CRM, "create") == 18
    kinds = Counter(change.record_type for change in from_invoices.changes)
    books = {
        "Estimate": "estimate",
        "CreditMemo": "creditmemo",
        "RefundReceipt": "refund",
        "SalesReceipt": "salesreceipt",
    }
    others = {kind: len(quickbooks.objects(us_company.realm_id, entity)) for entity, kind in books.items()}
    assert kinds == {"invoice": 31, "payment": 16} | others
    sync_company(us_company)
    assert not dry_run(us_company, SyncObject.PRODUCT).changes
    assert not dry_run(us_company, SyncObject.INVOICE).changes


@pytest.mark.parametrize("size", [3, 30])
def test_statements_do_not_grow_with_the_records(books: Books, size: int) -> None:
    realm = books.connection.realm_id
    books.quickbooks.call("POST", "generate", {"realmId": realm, "customers": size, "items": size, "seed": 1})
    books.settings("contact", enabled=False)
    books.settings("product", enabled=False)
    books.sync()
    by = user("Admin")
    for number in range(size):
        products.create(by=by, name=f"Ours {number}", sku=f"o-{number}")

    with CaptureQueriesContext(database) as captured:
        report = dry_run(books.connection, SyncObject.PRODUCT)

    assert report.count(QUICKBOOKS, "create") == size
    assert report.count(CRM, "create") >= size
    assert Product.objects.count() == size
    assert len(captured) <= 25, len(captured)


def test_the_hash_sees_a_change(books: Books) -> None:
    before = hashlib.md5(repr(content()).encode(), usedforsecurity=False).hexdigest()
    companies.create(by=user("Admin"), name="Seen")
    assert hashlib.md5(repr(content()).encode(), usedforsecurity=False).hexdigest() != before
