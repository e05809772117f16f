"""Invoices with shipping, discount, subtotal, text and bundle lines: an edit changes what was edited, nothing else."""

from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from invoices.editing import EditedLine
from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.services import edit
from sync.merge_lines import SHIPPING_ITEM
from sync.publish import invoice_changes
from tests import makers
from tests.books import Books

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


def sold(item: str, description: str, amount: int = 10) -> dict[str, Any]:
    return {
        "DetailType": "SalesItemLineDetail",
        "Amount": amount,
        "Description": description,
        "SalesItemLineDetail": {"ItemRef": {"value": item}, "Qty": 1, "UnitPrice": amount},
    }


@pytest.fixture
def invoice(books: Books) -> Invoice:
    """First, a text, Second, a bundle of two, Third; a discount, and shipping."""
    customer, item, other, bundle = books.customer(), books.item(), books.item("Pump"), books.item("Garden set")
    lines = [
        sold(item, "First"),
        {"DetailType": "DescriptionOnly", "Description": "All of oak"},
        sold(item, "Second", 20),
        {
            "DetailType": "GroupLineDetail",
            "Amount": 0,
            "Description": "The set",
            "GroupLineDetail": {
                "GroupItemRef": {"value": bundle},
                "Quantity": 1,
                "Line": [sold(item, "Inside"), sold(other, "Inside too")],
            },
        },
        sold(item, "Third", 30),
        {"DetailType": "DiscountLineDetail", "Amount": 5, "DiscountLineDetail": {"PercentBased": False}},
        {
            "DetailType": "SalesItemLineDetail",
            "Amount": 7,
            "SalesItemLineDetail": {"ItemRef": {"value": SHIPPING_ITEM}},
        },
    ]
    books.make("Invoice", CustomerRef={"value": customer}, Line=lines)
    books.sync()
    return Invoice.objects.get()


def there(books: Books, invoice: Invoice) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = books.read("Invoice", invoice.external_id)["Line"]
    return lines


def names(lines: list[dict[str, Any]]) -> list[str]:
    """The lines in their order, but for those of the whole."""
    of_items = [line for line in lines if line["DetailType"] not in ("SubTotalLineDetail", "DiscountLineDetail")]
    return [line["Description"] for line in of_items if not is_shipping(line)]


def is_shipping(line: dict[str, Any]) -> bool:
    detail = line.get("SalesItemLineDetail") or {}
    return bool(detail) and detail["ItemRef"]["value"] == SHIPPING_ITEM


def of_the_whole(lines: list[dict[str, Any]]) -> list[Any]:
    """Discount and shipping."""
    discounts = [line["Amount"] for line in lines if line["DetailType"] == "DiscountLineDetail"]
    return [discounts, [line["Amount"] for line in lines if is_shipping(line)]]


def items_of(invoice: Invoice) -> list[InvoiceLine]:
    return list(invoice.lines.filter(kind="item").exclude(item_external_id=SHIPPING_ITEM))


def rest_of(invoice: Invoice) -> list[EditedLine]:
    """Shipping, where it is a line."""
    return [edited(line) for line in invoice.lines.filter(item_external_id=SHIPPING_ITEM)]


def edited(line: InvoiceLine, **changes: Any) -> EditedLine:
    fields = ("item_external_id", "item_name", "description", "quantity", "unit_price", "amount", "service_on")
    values = {name: getattr(line, name) for name in fields} | {"tax_code_external_id": line.tax_code_external_id}
    return EditedLine(**({"pk": line.pk} | values | changes))


def carry_over(books: Books) -> None:
    for pk in invoice_changes.unplanned_changes():
        invoice_changes.plan_wish(pk)
    books.settle()
    books.sync()


ORDER = ["First", "All of oak", "Second", "The set", "Third"]


def test_only_the_edited_line_changes_and_all_keep_their_places(books: Books, invoice: Invoice, rep: User) -> None:
    before = there(books, invoice)
    assert names(before) == ORDER
    first, second, third = items_of(invoice)

    changed = edited(second, unit_price=Decimal(25))
    edit.edit_invoice(invoice, by=rep, lines=[edited(first), changed, edited(third), *rest_of(invoice)])
    carry_over(books)

    after = there(books, invoice)
    assert names(after) == ORDER
    assert [after[at] for at in (0, 1, 3, 4)] == [before[at] for at in (0, 1, 3, 4)]
    assert after[2]["Amount"] == 25
    assert of_the_whole(after) == of_the_whole(before) == [[5], [7]]
    assert books.read("Invoice", invoice.external_id)["TotalAmt"] == 10 + 25 + 20 + 30 + 7 - 5
    invoice.refresh_from_db()
    assert invoice.total == 87
    texts = [line.description for line in invoice.lines.order_by("position") if line.description]
    assert texts == ["First", "All of oak", "Second", "The set", "Inside", "Inside too", "Third"]
    assert not InvoiceEdit.objects.exists()


def test_a_line_taken_out_moved_and_added_leaves_texts_and_bundles_where_they_stood(
    books: Books, invoice: Invoice, rep: User
) -> None:
    first, second, third = items_of(invoice)
    new = EditedLine(None, first.item_external_id, description="New", quantity=Decimal(2), unit_price=Decimal(3))

    edit.edit_invoice(invoice, by=rep, lines=[edited(third), edited(first), new, *rest_of(invoice)])
    carry_over(books)

    lines = there(books, invoice)
    assert names(lines) == ["Third", "First", "All of oak", "The set", "New"]
    assert of_the_whole(lines) == [[5], [7]]
    assert len({line.external_id for line in items_of(invoice)}) == 3
    assert second.pk not in {line.pk for line in items_of(invoice)}


def test_an_edited_head_keeps_the_order_that_quickbooks_made_meanwhile(
    books: Books, invoice: Invoice, rep: User
) -> None:
    edit.edit_invoice(invoice, by=rep, message="Thank you")
    lines = there(books, invoice)
    moved = [lines[4], *lines[:4], *lines[5:]]
    books.act("Invoice", invoice.external_id, operation="update", fields={"Line": moved})
    carry_over(books)

    payload = books.read("Invoice", invoice.external_id)
    assert names(payload["Line"]) == ["Third", "First", "All of oak", "Second", "The set"]
    assert payload["CustomerMemo"]["value"] == "Thank you"
    texts = [line.description for line in invoice.lines.order_by("position") if line.kind == "item"]
    assert texts[:3] == ["Third", "First", "Second"]


def test_a_line_that_quickbooks_added_stays_where_it_was_put(books: Books, invoice: Invoice, rep: User) -> None:
    first, second, third = items_of(invoice)
    changed = edited(second, description="Second, changed")
    edit.edit_invoice(invoice, by=rep, lines=[edited(first), changed, edited(third), *rest_of(invoice)])
    lines = there(books, invoice)
    added = sold(first.item_external_id, "Added there")
    books.act("Invoice", invoice.external_id, operation="update", fields={"Line": [lines[0], added, *lines[1:]]})
    carry_over(books)

    assert names(there(books, invoice))[:4] == ["First", "Added there", "All of oak", "Second, changed"]
    assert invoice.lines.filter(description="Added there").count() == 1
