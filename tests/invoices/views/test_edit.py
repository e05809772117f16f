"""The form in which an invoice that QuickBooks has is changed."""

import datetime
import html
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from core.models import Event
from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceEdit, InvoiceLine
from invoices.ports import FormOptions, SyncMark
from tests.invoices.conftest import user_of
from tests.invoices.fakes import TODAY, books

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager(db, client):
    found = user_of("Sales manager", "manager@example.com")
    client.force_login(found)
    return client


@pytest.fixture
def invoice(make_invoice):
    made = make_invoice(
        number="1037", total=Decimal(162), subtotal=Decimal(150), tax_total=Decimal(12), message="Hello"
    )
    InvoiceLine.objects.create(
        invoice=made, position=0, external_id="1", item_external_id="4", item_name="Design", quantity=2,
        unit_price=75, amount=150,
    )  # fmt: skip
    return made


def address(name, invoice):
    return reverse(f"invoices:{name}", args=[invoice.pk])


def text(response) -> str:
    return " ".join(response.content.decode().split())


def form_of(client, invoice) -> dict[str, list[str]]:
    """What a browser would send back of the form as it is shown."""
    page = client.get(address("invoice-edit", invoice)).content.decode()
    page = page[page.index('<form id="edit-form"') :]
    data: dict[str, list[str]] = {}
    for tag, attributes, body in re.findall(r"<(input|select|textarea)([^>]*)>(?:(.*?)</\1>)?", page, re.DOTALL):
        name = re.search(r'\sname="([^"]*)"', attributes)
        if name is None:
            continue
        value = re.search(r'\svalue="([^"]*)"', attributes)
        sent = html.unescape(value[1]) if value else ""
        if tag == "textarea":
            sent = html.unescape(body)
        elif tag == "select":
            chosen = re.search(r'<option value="([^"]*)" selected', body)
            sent = chosen[1] if chosen else ""
        elif 'type="checkbox"' in attributes and "checked" not in attributes:
            continue
        data.setdefault(name[1], []).append(sent)
    return data


def test_what_was_not_touched_is_not_written(manager, invoice):
    answer = manager.post(address("invoice-edit", invoice), form_of(manager, invoice))

    assert answer.status_code == 302
    assert not InvoiceEdit.objects.exists()
    assert not Event.objects.filter(name="invoice.changed").exists()


def test_head_and_lines_are_changed_at_once(manager, invoice):
    data = form_of(manager, invoice)
    data |= {"message": ["Thank you"], "due_on": ["2026-12-31"], "terms_external_id": ["3"], "cc": ["boss@x.example"]}
    data |= {"billing_line1": ["1 Road"], "billing_city": ["Half Moon Bay"], "discount": ["10%"]}
    data |= {"shipping_total": ["5"], "line_quantity": ["3"], "line_description": ["Plan"]}

    assert manager.post(address("invoice-edit", invoice), data).status_code == 302

    invoice.refresh_from_db()
    (line,) = invoice.lines.all()
    assert (invoice.message, invoice.due_on, invoice.terms_name) == ("Thank you", datetime.date(2026, 12, 31), "Net 30")
    assert (invoice.cc, invoice.billing_address) == ("boss@x.example", {"line1": "1 Road", "city": "Half Moon Bay"})
    assert (line.quantity, line.amount, line.description) == (3, 225, "Plan")
    assert (invoice.subtotal, invoice.discount_percent, invoice.discount_total) == (225, 10, Decimal("22.5"))
    assert invoice.shipping_total == 5
    assert Event.objects.filter(name="invoice.changed", object_id=invoice.pk).count() == 1


def test_lines_are_added_ordered_and_removed(manager, invoice):
    row = manager.get(address("invoice-edit-line", invoice), {"item": "4"}).content.decode()
    added = dict(re.findall(r'name="(line_\w+)"[^>]*?value="([^"]*)"', row))
    assert added["line_item"] == "4"
    data = form_of(manager, invoice)
    for name in [key for key in data if key.startswith("line_")]:
        data[name] = [added.get(name, ""), data[name][0]]

    assert manager.post(address("invoice-edit", invoice), data).status_code == 302
    assert [line.external_id for line in invoice.lines.all()] == ["", "1"]

    data = form_of(manager, invoice)
    for name in [key for key in data if key.startswith("line_")]:
        data[name] = data[name][1:]
    assert manager.post(address("invoice-edit", invoice), data).status_code == 302
    assert [line.external_id for line in invoice.lines.all()] == ["1"]
    for name in [key for key in data if key.startswith("line_")]:
        data[name] = []
    assert "at least one line" in text(manager.post(address("invoice-edit", invoice), data))


@pytest.mark.parametrize(
    ("typed", "price", "amount", "words"),
    [("10%", "67.5", "135", "$150.00 less 10%"), ("25.50", "62.25", "124.5", "$150.00 less $25.50")],
)
def test_a_line_is_discounted_by_its_price_and_says_so(manager, invoice, typed, price, amount, words):
    data = form_of(manager, invoice) | {"line_discount": [typed], "line_description": ["Plan"]}

    assert manager.post(address("invoice-edit", invoice), data).status_code == 302

    (line,) = invoice.lines.all()
    assert (line.quantity, line.unit_price, line.amount) == (2, Decimal(price), Decimal(amount))
    assert line.description == f"Plan\n{words}"
    assert form_of(manager, invoice)["line_discount"] == [""]


@pytest.mark.parametrize("typed", ["110%", "200", "a lot", "-5"])
def test_a_discount_of_a_line_that_can_not_be_is_told_at_the_line(manager, invoice, typed):
    answer = manager.post(address("invoice-edit", invoice), form_of(manager, invoice) | {"line_discount": [typed]})

    assert answer.status_code == 422
    assert f"“{typed}” is not a discount" in text(answer)
    assert invoice.lines.get().amount == 150


def test_a_discount_that_quickbooks_keeps_stays_where_nobody_touches_it(manager, invoice):
    invoice.lines.update(discount_percent=10, discount_amount=15, amount=135)
    data = form_of(manager, invoice)
    assert data["line_discount"] == ["10%"]

    assert manager.post(address("invoice-edit", invoice), data | {"message": ["Hi"]}).status_code == 302

    line = invoice.lines.get()
    assert (line.amount, line.discount_percent) == (135, 10)


def test_mistakes_are_told_at_their_fields_and_nothing_typed_is_lost(manager, invoice):
    data = form_of(manager, invoice)
    data |= {"deposit": ["lots"], "line_quantity": ["many"], "message": ["Thank you"], "recipient": ["x"]}

    answer = manager.post(address("invoice-edit", invoice), data)

    page = text(answer)
    assert answer.status_code == 422
    for words in ("“lots” is not an amount", "“many” is not a number", "Thank you", 'value="many"', 'value="lots"'):
        assert words in page, words
    data |= {"deposit": [""], "line_quantity": ["2"]}
    assert "“x” is not an e-mail address" in text(manager.post(address("invoice-edit", invoice), data))
    invoice.refresh_from_db()
    assert invoice.message == "Hello"


def test_what_quickbooks_changed_meanwhile_stays_and_is_told(manager, invoice):
    data = form_of(manager, invoice)
    Invoice.objects.filter(pk=invoice.pk).update(due_on=TODAY + datetime.timedelta(days=9), message="From there")
    invoice.lines.all().delete()
    InvoiceLine.objects.create(
        invoice=invoice, external_id="1", item_external_id="4", item_name="Design", quantity=2, unit_price=75,
        amount=150, description="Written there",
    )  # fmt: skip
    InvoiceLine.objects.create(
        invoice=invoice, position=1, external_id="2", item_external_id="5", item_name="Pump", quantity=1,
        unit_price=9, amount=9,
    )  # fmt: skip
    data |= {"message": ["Mine"], "number": ["1038"]}

    answer = manager.post(address("invoice-edit", invoice), data, follow=True)

    invoice.refresh_from_db()
    assert invoice.due_on == TODAY + datetime.timedelta(days=9)
    assert (invoice.message, invoice.number) == ("Mine", "1038")
    assert [line.external_id for line in invoice.lines.all()] == ["1", "2"]
    page = text(answer)
    assert "QuickBooks changed this meanwhile, and that stays: due date, lines." in page
    assert "QuickBooks changed this meanwhile as well; yours was taken: message." in page


def test_a_typed_line_finds_its_row_again_after_a_read(manager, invoice):
    data = form_of(manager, invoice)
    old = invoice.lines.get().pk
    invoice.lines.all().delete()
    InvoiceLine.objects.create(
        invoice=invoice,
        external_id="1",
        item_external_id="4",
        item_name="Design",
        quantity=2,
        unit_price=75,
        amount=150,
    )
    assert invoice.lines.get().pk != old
    data |= {"line_quantity": ["5"]}

    assert manager.post(address("invoice-edit", invoice), data).status_code == 302
    assert invoice.lines.get().quantity == 5


def test_refusals_are_told_before_anything_is_typed(manager, invoice):
    books.edit_refusal = "Both sides changed this invoice."
    books.marks[invoice.pk] = SyncMark(SyncState.CONFLICT, fix_url="/sync/conflicts/")
    page = text(manager.get(address("invoice-edit", invoice)))
    assert "Both sides changed this invoice." in page
    assert "/sync/conflicts/" in page
    assert "edit-form" not in page
    assert manager.post(address("invoice-edit", invoice), {"message": "x"}).status_code == 200
    invoice.refresh_from_db()
    assert invoice.message == "Hello"
    books.edit_refusal = ""
    Invoice.objects.filter(pk=invoice.pk).update(voided=True)
    assert "A voided invoice can&#x27;t be changed." in text(manager.get(address("invoice-edit", invoice)))


def test_a_closed_period_is_told_before_anything_is_typed(manager, invoice):
    assert "The books are closed" not in text(manager.get(address("invoice-edit", invoice)))
    books.options = FormOptions(books_closed_on=invoice.issued_on)
    assert "The books are closed for this date" in text(manager.get(address("invoice-edit", invoice)))


def test_totals_follow_what_is_typed_and_nothing_is_saved(manager, invoice):
    data = form_of(manager, invoice) | {"line_quantity": ["4"], "discount": ["10%"]}

    page = text(manager.post(address("invoice-edit-totals", invoice), data))

    assert "$300.00" in page
    assert "−$30.00" in page
    assert "$270.00" in page
    assert "hx-swap-oob" in page
    data |= {"line_quantity": ["?"]}
    assert "without what can’t be read" in text(manager.post(address("invoice-edit-totals", invoice), data))
    invoice.refresh_from_db()
    assert invoice.lines.get().quantity == 2


def test_terms_say_when_it_is_due(manager, invoice):
    query = {"terms_external_id": "3", "issued_on": "2026-11-22", "due_on": "2026-01-01"}
    assert 'value="2026-12-22"' in text(manager.get(address("invoice-edit-due", invoice), query))
    query |= {"terms_external_id": ""}
    assert 'value="2026-01-01"' in text(manager.get(address("invoice-edit-due", invoice), query))


def test_products_of_the_company_are_offered(manager, invoice):
    found = manager.get(address("invoice-edit-items", invoice), {"q": "des"}).json()
    assert [row["text"] for row in found["results"]] == ["Design"]
    assert manager.get(address("invoice-edit-line", invoice), {"item": "999"}).status_code == 404


def test_a_product_is_offered_and_added_at_its_price_in_the_invoices_currency(manager, invoice):
    Invoice.objects.filter(pk=invoice.pk).update(currency="EUR", exchange_rate=Decimal("1.25"))

    found = manager.get(address("invoice-edit-items", invoice), {"q": "des"}).json()
    row = manager.get(address("invoice-edit-line", invoice), {"item": "4"}).content.decode()

    assert "€60.00" in found["results"][0]["detail"]
    assert dict(re.findall(r'name="(line_unit_price)"[^>]*?value="([^"]*)"', row)) == {"line_unit_price": "60"}


def test_a_rep_may_not_change_what_quickbooks_has(web, invoice):
    assert web.get(address("invoice-edit", invoice)).status_code == 403
    assert 'id="invoice-edit"' not in text(web.get(address("invoice-detail", invoice)))


@pytest.mark.parametrize("count", [1, 100])
def test_the_form_costs_the_same_for_one_and_many_lines(manager, invoice, django_assert_max_num_queries, count):
    for number in range(count):
        InvoiceLine.objects.create(invoice=invoice, external_id=f"e{number}", item_name=f"L{number}", amount=1)
    with django_assert_max_num_queries(8):
        manager.get(address("invoice-edit", invoice))
