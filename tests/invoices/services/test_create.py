"""From a draft to one invoice."""

import threading
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection as database

from core.models import Event, EventLink, Origin
from core.services import files
from invoices.drafts import DraftContent, DraftCustomer, DraftItem, DraftLine
from invoices.enums import InvoiceOrigin, InvoiceStatus, SyncState, TaxMode
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import Problem, SyncMark
from invoices.reading import DraftProblems
from invoices.services import drafts
from invoices.services.create import IntentReused, NotCorrectable, correct_invoice, create_invoice
from tests.invoices.fakes import TODAY, books


@pytest.fixture
def draft(connection, deal, rep) -> InvoiceDraft:
    """A draft of the deal's lines that is ready to be created: a customer is chosen, the second line gets an item."""
    books.matches[deal.pk] = [
        books.customers[connection.pk][0].__class__("3", "Cool Cars", "cars@x.example", certain=True)
    ]
    started = drafts.start(deal, from_lines=True, by=rep)

    def ready(content: DraftContent) -> None:
        content.lines[0].item = DraftItem("existing", "4", "Design")
        content.lines[1].item = DraftItem("create", "", "Pump", sku="P-1")
        content.message = "Thank you"

    drafts.save(started, ready)
    return started


def problems(draft, rep) -> list[tuple]:
    with pytest.raises(DraftProblems) as refused:
        create_invoice(draft, by=rep)
    assert not Invoice.objects.exists()
    assert not Event.objects.exists()
    return [(problem.step, problem.line, problem.field, str(problem.message)) for problem in refused.value.problems]


def test_an_invoice_is_written_with_its_lines_associations_and_event(draft, deal, contact, company, connection, rep):
    invoice = create_invoice(draft, by=rep)

    invoice.refresh_from_db()
    assert (invoice.request_id, invoice.connection, invoice.deal, invoice.owner) == (
        draft.request_id,
        connection,
        deal,
        rep,
    )
    assert (invoice.origin, invoice.tracked, invoice.number, invoice.external_id) == (InvoiceOrigin.CRM, True, "", "")
    assert (invoice.status, invoice.tax_mode) == (InvoiceStatus.WAITING, TaxMode.AUTOMATIC)
    assert (invoice.customer_external_id, invoice.recipient) == ("3", "cars@x.example")
    assert (invoice.issued_on, (invoice.due_on - TODAY).days, invoice.terms_name) == (TODAY, 30, "Net 30")
    assert (invoice.subtotal, invoice.total, invoice.balance) == (Decimal("362.5"),) * 3
    first, second = invoice.lines.all()
    assert (first.item_external_id, first.amount, first.new_item) == ("4", Decimal(150), None)
    assert (second.item_external_id, second.amount) == ("", Decimal("212.5"))
    assert second.new_item == {"name": "Pump", "sku": "P-1", "unit_price": "85", "description": ""}
    assert [*invoice.contacts.all(), *invoice.companies.all()] == [contact, company]
    event = Event.objects.get()
    assert (event.name, event.actor, event.origin) == ("invoice.requested", rep, Origin.PERSON)
    assert set(EventLink.objects.values_list("object_type", "object_id")) == {
        ("invoice", invoice.pk),
        ("deal", deal.pk),
        ("contact", contact.pk),
        ("company", company.pk),
    }
    draft.refresh_from_db()
    assert draft.invoice == invoice


def test_the_same_draft_twice_is_one_invoice(draft, rep):
    first = create_invoice(draft, by=rep)
    again = create_invoice(InvoiceDraft.objects.get(pk=draft.pk), by=rep)
    retried = create_invoice(InvoiceDraft(request_id=draft.request_id, owner=rep, data=draft.data), by=rep)

    assert {first.pk, again.pk, retried.pk} == {Invoice.objects.get().pk}
    assert Event.objects.count() == 1


def test_the_same_request_id_with_other_content_is_refused(draft, rep):
    invoice = create_invoice(draft, by=rep)
    other = InvoiceDraft(request_id=draft.request_id, owner=rep, data={**draft.data, "message": "Something else"})

    with pytest.raises(IntentReused) as refused:
        create_invoice(other, by=rep)

    assert refused.value.invoice == invoice
    assert Invoice.objects.get().message == "Thank you"
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_tabs_at_the_same_moment_make_one_invoice(rep, connection):
    content = DraftContent(
        connection_id=connection.pk,
        customer=DraftCustomer("existing", "3", "Cool Cars"),
        lines=[DraftLine("l1", DraftItem("existing", "4", "Design"), quantity="1", unit_price="75")],
        issued_on=TODAY.isoformat(),
    )
    request_id = uuid.uuid4()
    barrier = threading.Barrier(4)
    made, failures = [], []

    def click() -> None:
        barrier.wait()
        try:
            draft = InvoiceDraft(request_id=request_id, owner=rep, data=content.to_json())
            made.append(create_invoice(draft, by=rep).pk)
        except Exception as error:
            failures.append(error)
        finally:
            database.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()

    assert failures == []
    assert set(made) == {Invoice.objects.get().pk}
    assert Event.objects.filter(name="invoice.requested").count() == 1


def change(draft, **fields) -> None:
    def apply(content: DraftContent) -> None:
        for name, value in fields.items():
            if name.startswith("line_"):
                setattr(content.lines[0], name[5:], value)
            else:
                setattr(content, name, value)

    drafts.save(draft, apply)


@pytest.mark.parametrize(
    ("fields", "step", "line", "field", "words"),
    [
        ({"lines": []}, "products", None, "lines", "at least one line"),
        ({"line_quantity": "0"}, "products", 0, "quantity", "more than 0"),
        ({"line_quantity": "-1"}, "products", 0, "quantity", "more than 0"),
        ({"line_quantity": ""}, "products", 0, "quantity", "Type a quantity"),
        ({"line_quantity": "two"}, "products", 0, "quantity", "“two” is not a number"),
        ({"line_quantity": "1e3"}, "products", 0, "quantity", "is not a number"),
        ({"line_quantity": "NaN"}, "products", 0, "quantity", "is not a number"),
        ({"line_quantity": "999999999999"}, "products", 0, "quantity", "too large"),
        ({"line_unit_price": "99999999999"}, "products", 0, "unit_price", "larger than QuickBooks can take"),
        ({"line_unit_price": ""}, "products", 0, "unit_price", "Type a price"),
        ({"line_service_on": "soon"}, "products", 0, "service_on", "is not a date"),
        ({"line_description": "x" * 4001}, "products", 0, "description", "4,000"),
        ({"line_item": DraftItem()}, "products", 0, "item", "has no product in QuickBooks"),
        ({"line_item": DraftItem("create", name=" ")}, "products", 0, "item", "needs a name"),
        ({"customer": DraftCustomer()}, "customer", None, "customer", "Choose a customer"),
        ({"customer": DraftCustomer("create")}, "customer", None, "name", "needs a name"),
        ({"customer": DraftCustomer("create", name="A:B")}, "customer", None, "name", "colons"),
        ({"customer": DraftCustomer("create", name="A", email="x")}, "customer", None, "email", "“x” is not"),
        ({"recipient": "a@b.example, nobody"}, "customer", None, "recipient", "is not an e-mail"),
        ({"issued_on": ""}, "terms", None, "issued_on", "Choose the invoice date"),
        ({"issued_on": "2026-02-30"}, "terms", None, "issued_on", "is not a date"),
        ({"due_on": "2026-11-21"}, "terms", None, "due_on", "before the invoice date"),
        ({"message": "x" * 1001}, "message", None, "message", "at most 1000"),
        ({"connection_id": None}, "account", None, "", "Choose the QuickBooks company"),
        ({"connection_id": 999_999}, "account", None, "", "Choose the QuickBooks company"),
    ],
)
def test_what_is_wrong_is_said_where_it_is_wrong(draft, rep, fields, step, line, field, words):
    change(draft, **fields)

    [found] = problems(draft, rep)

    assert found[:3] == (step, line, field)
    assert words in found[3]


def test_everything_wrong_is_said_at_once(draft, rep):
    change(draft, line_quantity="0", customer=DraftCustomer(), issued_on="")

    assert [found[0] for found in problems(draft, rep)] == ["customer", "products", "terms"]


def test_what_quickbooks_would_refuse_is_said_before_posting(draft, rep):
    books.problems = [Problem("The customer is inactive.", step="customer")]

    assert problems(draft, rep) == [("customer", None, "", "The customer is inactive.")]


def test_companies_outside_the_us_need_a_tax_code_on_every_line(uk_connection, deal, rep):
    draft = drafts.start(deal, from_lines=True, by=rep)
    item = DraftItem("existing", "4", "Design")

    def untaxed(content: DraftContent) -> None:
        content.customer = DraftCustomer("existing", "3", "Cool Cars")
        for line in content.lines:
            line.item = item

    drafts.save(draft, untaxed)
    assert [(found[1], found[2]) for found in problems(draft, rep)] == [(0, "tax_code"), (1, "tax_code")]

    def taxed(content: DraftContent) -> None:
        for line in content.lines:
            line.tax_code, line.tax_code_name = "2", "20.0% S"

    drafts.save(draft, taxed)
    invoice = create_invoice(draft, by=rep)
    assert (invoice.currency, invoice.tax_mode) == ("GBP", TaxMode.EXCLUSIVE)
    assert {line.tax_code_external_id for line in invoice.lines.all()} == {"2"}


def test_a_new_customer_travels_with_the_invoice(draft, rep):
    change(draft, customer=DraftCustomer("create", name=" New & Co ", email="new@x.example"), recipient="")

    invoice = create_invoice(draft, by=rep)

    assert (invoice.customer_external_id, invoice.customer_name) == ("", "New & Co")
    assert invoice.new_customer["email"] == invoice.recipient == "new@x.example"


def test_a_refused_invoice_is_mended_and_sent_again(draft, rep):
    invoice = create_invoice(draft, by=rep)
    books.marks[invoice.pk] = SyncMark(SyncState.FAILED, reason="The item is inactive.")
    change(draft, line_quantity="4", message="Mended")

    mended = correct_invoice(draft, by=rep)

    assert mended.pk == invoice.pk == Invoice.objects.get().pk
    assert (mended.message, mended.total) == ("Mended", Decimal("512.5"))
    assert [line.quantity for line in mended.lines.all()] == [4, Decimal("2.5")]
    assert books.retried == [invoice.pk]
    assert list(Event.objects.order_by("pk").values_list("name", flat=True)) == [
        "invoice.requested",
        "invoice.corrected",
    ]


def test_files_that_were_added_while_it_was_mended_go_to_the_invoice(draft, rep, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    invoice = create_invoice(draft, by=rep)
    books.marks[invoice.pk] = SyncMark(SyncState.FAILED, reason="The item is inactive.")
    change(draft, message="Mended")
    plan = SimpleUploadedFile("plan.txt", b"The plan")
    files.add_file("invoicedraft", draft.pk, plan, by=rep)

    correct_invoice(draft, by=rep)

    assert [file.name for file in files.files_of("invoice", invoice.pk)] == ["plan.txt"]


@pytest.mark.parametrize("state", [SyncState.CREATING, SyncState.WAITING, SyncState.IN_SYNC])
def test_an_invoice_on_its_way_is_not_changed(draft, rep, state):
    invoice = create_invoice(draft, by=rep)
    books.marks[invoice.pk] = SyncMark(state)

    with pytest.raises(drafts.DraftClosed):
        change(draft, message="Too late")
    with pytest.raises(NotCorrectable):
        correct_invoice(draft, by=rep)

    assert Invoice.objects.get().message == "Thank you"
    assert books.retried == []
