"""Records as accounting has them, written in bulk."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.inserting import MANY
from core.models import Event, Origin
from crm.models import Company, Contact, Product
from crm.services import from_sync
from crm.services.from_sync import SyncedRow

pytestmark = pytest.mark.django_db


def statements(act):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        act()
    return [query["sql"] for query in captured.captured_queries]


def test_rows_without_an_id_become_records_and_events():
    results = from_sync.upsert_companies(
        [
            SyncedRow(None, {"name": "Cool Cars", "email": "cars@intuit.com"}),
            SyncedRow(None, {"name": "Amy's Bird Sanctuary"}),
        ],
        quiet=False,
    )

    assert [Company.objects.get(pk=result.id).name for result in results] == ["Cool Cars", "Amy's Bird Sanctuary"]
    assert all(result.created and not result.changed for result in results)
    assert [(e.name, e.object_id, e.origin) for e in Event.objects.order_by("pk")] == [
        ("company.created", results[0].id, Origin.SYNC),
        ("company.created", results[1].id, Origin.SYNC),
    ]


def test_only_changed_records_are_written_and_told():
    company = Company.objects.create(name="Cool Cars")
    changing = Contact.objects.create(first_name="Grace", email="old@example.com", company=company)
    staying = Contact.objects.create(first_name="Amy", email="amy@example.com", phone="1")
    before = staying.updated_at

    results = from_sync.upsert_contacts(
        [
            SyncedRow(staying.pk, {"first_name": "Amy", "email": "amy@example.com"}),
            SyncedRow(
                changing.pk,
                {"first_name": "Grace", "email": "new@example.com", "billing_address": {"city": "Half Moon Bay"}},
            ),
        ],
        quiet=False,
    )

    assert [(r.id, r.created, r.changed) for r in results] == [
        (staying.pk, False, ()),
        (changing.pk, False, ("email", "billing_address")),
    ]
    changing.refresh_from_db()
    staying.refresh_from_db()
    assert (changing.email, changing.billing_address, changing.company_id) == (
        "new@example.com",
        {"city": "Half Moon Bay"},
        company.pk,
    )
    assert (staying.updated_at, staying.phone) == (before, "1")
    event = Event.objects.get()
    assert event.name == "contact.changed"
    assert event.data == {
        "title": "Grace",
        "changes": {
            "email": ["old@example.com", "new@example.com"],
            "billing_address": [{}, {"city": "Half Moon Bay"}],
        },
    }
    assert set(event.links.values_list("object_type", "object_id")) == {
        ("contact", changing.pk),
        ("company", company.pk),
    }


def test_prices_are_compared_as_numbers():
    product = Product.objects.create(name="Design", unit_price=Decimal(75))

    results = from_sync.upsert_products([SyncedRow(product.pk, {"unit_price": Decimal("75.00")})], quiet=False)

    assert results[0].changed == ()
    assert not Event.objects.exists()
    results = from_sync.upsert_products([SyncedRow(product.pk, {"unit_price": "80.123456789012"})], quiet=True)
    assert results[0].changed == ("unit_price",)
    again = from_sync.upsert_products([SyncedRow(product.pk, {"unit_price": "80.123456789012"})], quiet=True)
    assert again[0].changed == ()


def test_the_first_load_is_quiet():
    from_sync.upsert_products([SyncedRow(None, {"name": "Pump"})], quiet=True)

    assert Product.objects.count() == 1
    assert not Event.objects.exists()


def test_archiving_and_restoring_follow():
    product = Product.objects.create(name="Old pump")

    assert from_sync.upsert_products([SyncedRow(product.pk, {"archived": True})], quiet=False)[0].changed == (
        "archived",
    )
    product.refresh_from_db()
    assert product.archived_at is not None
    assert from_sync.upsert_products([SyncedRow(product.pk, {"archived": True})], quiet=False)[0].changed == ()
    assert from_sync.upsert_products([SyncedRow(product.pk, {"archived": False})], quiet=False)[0].changed == (
        "archived",
    )
    product.refresh_from_db()
    assert product.archived_at is None


def test_one_odd_row_does_not_stop_the_others():
    results = from_sync.upsert_products(
        [
            SyncedRow(None, {"name": "x" * 201}),
            SyncedRow(None, {"name": "Fine\x00"}),
            SyncedRow(None, {"name": "Price", "unit_price": "NaN"}),
            SyncedRow(None, {"name": "Price", "unit_price": "1e30"}),
            SyncedRow(None, {"name": " "}),
        ],
        quiet=False,
    )

    assert [bool(result.problem) for result in results] == [True, False, True, True, True]
    assert results[0].problem == "name is longer than 200 characters."
    assert list(Product.objects.values_list("name", flat=True)) == ["Fine"]
    assert Event.objects.count() == 1


def test_an_id_whose_record_is_gone_makes_a_new_one():
    result = from_sync.upsert_companies([SyncedRow(987654, {"name": "Back again"})], quiet=True)[0]

    assert result.created
    assert Company.objects.get().pk == result.id


@pytest.mark.parametrize("kind", ["create", "change", "same"])
def test_the_number_of_statements_does_not_depend_on_the_number_of_rows(kind):
    counts = []
    for size in (MANY, 500):
        ids = [company.pk for company in Company.objects.bulk_create(Company(name=f"C{n}") for n in range(size))]
        rows = [
            SyncedRow(None if kind == "create" else pk, {"name": f"C{n}" if kind == "same" else f"D{n}"})
            for n, pk in enumerate(ids)
        ]
        counts.append(len(statements(lambda rows=rows: from_sync.upsert_companies(rows, quiet=False))))
    assert counts[0] == counts[1]
    assert counts[0] <= 8
