"""Each choice of the settings of products, in force over the simulator."""

import datetime
from typing import Any

import pytest
from django.utils import timezone

from crm.models import Product
from crm.services import products
from sync.enums import BackFill, Direction, Exclusion, Incoming, Matching, Outcome, Removal, Winner
from sync.models import Link, MatchSuggestion
from sync.publish import records
from tests.books import Books
from tests.makers import user


@pytest.mark.parametrize(
    ("incoming", "created", "updated"),
    [
        (Incoming.CREATE_AND_UPDATE, True, True),
        (Incoming.CREATE, True, False),
        (Incoming.UPDATE, False, True),
        (Incoming.NOTHING, False, False),
    ],
)
def test_created_or_updated_in_quickbooks(books: Books, incoming: Incoming, created: bool, updated: bool) -> None:
    known = books.item("Pump", Description="old")
    books.sync()
    books.settings("product", incoming=incoming)
    books.item("Hose")
    books.act("Item", known, Description="new")

    books.sync()

    assert Product.objects.filter(name="Hose").exists() == created
    assert Product.objects.get(name="Pump").description == ("new" if updated else "old")
    assert books.link("product", qbo_id=known).exclusion == ("" if updated else Exclusion.POLICY)


@pytest.mark.parametrize(
    ("direction", "comes", "goes"),
    [
        (Direction.BOTH, True, True),
        (Direction.IN, True, False),
        (Direction.OUT, False, True),
    ],
)
def test_direction(books: Books, direction: Direction, comes: bool, goes: bool) -> None:
    books.item("Pump")
    books.settings("product", direction=direction)
    books.sync()
    ours = products.create(by=user("Admin"), name="Hose")

    records.publish_records("product", [ours.pk])
    books.settle()

    assert Product.objects.filter(name="Pump").exists() == comes
    found = books.quickbooks.objects(books.connection.realm_id, "Item")
    assert any(item["Name"] == "Hose" for item in found) == goes


@pytest.mark.parametrize(
    ("removal", "archived", "outcome"),
    [
        (Removal.NOTHING, False, (Outcome.IN_SYNC, "")),
        (Removal.ARCHIVE, True, (Outcome.IN_SYNC, "")),
        (Removal.UNLINK, False, (Outcome.EXCLUDED, Exclusion.UNLINKED)),
        (Removal.DELETE, None, None),
    ],
)
def test_made_inactive_in_quickbooks(
    books: Books, removal: Removal, archived: bool | None, outcome: tuple[Outcome, str] | None
) -> None:
    books.settings("product", removal=removal)
    item = books.item("Pump")
    books.sync()
    books.act("Item", item, operation="deactivate")

    books.sync()

    product = Product.objects.filter(name="Pump").first()
    link = Link.objects.filter(object_type="product", qbo_id=item).first()
    assert (product and product.archived_at is not None) == archived
    assert (link and (link.outcome, link.exclusion)) == outcome
    assert not Product.objects.filter(name__contains="(deleted)").exists()


@pytest.mark.parametrize(
    ("winner", "described"),
    [
        (Winner.QUICKBOOKS, "books"),
        (Winner.CRM, "crm"),
        (Winner.NEWEST, "books"),
        (Winner.ASK, "crm"),
    ],
)
def test_both_sides_changed_one_field(books: Books, winner: Winner, described: str) -> None:
    item = books.item("Pump", Description="before")
    books.sync()
    books.settings("product", winner=winner)
    products.update(Product.objects.get(name="Pump"), by=user("Admin"), description="crm")
    books.quickbooks.call("POST", "clock", {"advance": 60})
    books.act("Item", item, Description="books")

    books.sync()
    books.settle()

    assert Product.objects.get(name="Pump").description == described
    assert (books.link("product", qbo_id=item).outcome == Outcome.CONFLICT) == (winner == Winner.ASK)
    assert books.read("Item", item)["Description"] == ("crm" if winner == Winner.CRM else "books")


@pytest.mark.parametrize(
    ("matching", "chosen", "linked", "suggested"),
    [
        (Matching.DEFAULT, [], True, False),
        (Matching.FIELDS, ["description"], False, False),
        (Matching.FIELDS, ["name"], False, True),
        (Matching.NONE, [], False, False),
    ],
)
def test_matching(books: Books, matching: Matching, chosen: list[str], linked: bool, suggested: bool) -> None:
    books.settings("product", matching=matching, matching_fields=chosen)
    mine = products.create(by=user("Admin"), name="Pump", sku="p-1", description="ours")
    item = books.item("Pump", Sku="P-1", Description="theirs")

    books.sync()

    assert Link.objects.filter(qbo_id=item, object_id=mine.pk).exists() == linked
    assert MatchSuggestion.objects.filter(qbo_id=item, object_id=mine.pk).exists() == suggested
    assert Product.objects.filter(name="Pump").count() == (1 if linked or suggested else 2)


def test_filters(books: Books) -> None:
    cheap = {"field": "unit_price", "op": "range", "value": [None, "100"]}
    books.settings("product", filter_in={"product": cheap}, filter_out={"product": cheap})
    books.item("Dear", UnitPrice=500)
    books.item("Cheap", UnitPrice=5)
    books.sync()
    by = user("Admin")
    ours = [products.create(by=by, name=name, unit_price=price) for name, price in (("Dearest", "600"), ("Least", "6"))]

    records.publish_records("product", [each.pk for each in ours])
    books.settle()

    assert not Product.objects.filter(name="Dear").exists()
    assert Product.objects.filter(name="Cheap").exists()
    names = {item["Name"] for item in books.quickbooks.objects(books.connection.realm_id, "Item")}
    assert names >= {"Dear", "Cheap", "Least"}
    assert "Dearest" not in names
    assert books.link("product", object_id=ours[0].pk).exclusion == Exclusion.FILTER


@pytest.mark.parametrize(
    ("values", "arrives"),
    [
        ({"back_fill": BackFill.EVERYTHING}, ["Now", "Old"]),
        ({"back_fill": BackFill.SINCE, "back_fill_since": datetime.date(2999, 1, 1)}, []),
        ({"back_fill": BackFill.SINCE, "back_fill_since": datetime.date(2001, 1, 1)}, ["Now", "Old"]),
        ({"back_fill": BackFill.FROM_NOW}, ["Now"]),
    ],
)
def test_back_fill(books: Books, values: dict[str, Any], arrives: list[str]) -> None:
    books.quickbooks.call("POST", "clock", {"offset": -3600})
    books.item("Old")
    books.quickbooks.call("POST", "clock", {"offset": 0})
    books.settings("product", **values, enabled_at=timezone.now() - datetime.timedelta(minutes=5))
    books.item("Now")

    books.sync()

    assert sorted(Product.objects.filter(name__in=["Now", "Old"]).values_list("name", flat=True)) == arrives
