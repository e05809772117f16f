"""The page of an invoice, its PDF, history and deal."""

import datetime
import re
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import Role
from core.events import emit
from core.models import Event
from crm.models import Deal, DealBilling
from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from invoices.ports import SyncMark
from invoices.services import billing, moves
from tests.invoices.fakes import TODAY, books


def url(name, invoice):
    return reverse(f"invoices:invoice-{name}", args=[invoice.pk])


def text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def invoice(make_invoice, deal, product, connection, rep):
    made = make_invoice(
        number="1037",
        deal=deal,
        total=Decimal("162.00"),
        balance=Decimal("62.00"),
        status="partial",
        subtotal=Decimal(150),
        tax_total=Decimal(12),
        recipient="cars@x.example",
        owner=rep,
        message="Thank you\nfor all",
    )
    InvoiceLine.objects.create(invoice=made, product=product, item_name="Design", quantity=2, unit_price=75, amount=150)
    payment = Payment.objects.create(
        connection=connection,
        external_id="200",
        amount=100,
        currency="USD",
        received_on=TODAY,
        method_name="Check",
        reference="4711",
    )
    PaymentApplication.objects.create(payment=payment, invoice=made, invoice_external_id=made.external_id, amount=100)
    return made


def test_the_page_shows_lines_totals_payments_and_where_it_belongs(web, invoice):
    response = web.get(url("detail", invoice))

    page = text(response)
    for words in (
        "Invoice 1037",
        "Partial payment",
        "In sync",
        "Design",
        "$150.00",
        "$12.00",
        "$162.00",
        "$62.00",
        "Garden redesign",
        "cars@x.example",
        "Thank you<br>for all",
    ):
        assert words in page, words
    assert response["Cache-Control"] == "no-cache, no-store"
    assert response["X-Frame-Options"] == "DENY"


def test_payments_come_as_a_fragment(web, invoice, make_invoice):
    page = text(web.get(url("payments", invoice)))
    for words in ("Nov 22, 2026", "Check", "4711", "$100.00"):
        assert words in page, words
    assert "No payments yet" in text(web.get(url("payments", make_invoice())))


@pytest.mark.parametrize("count", [1, 30])
def test_the_page_costs_the_same_for_one_and_many_lines(web, invoice, connection, django_assert_max_num_queries, count):
    for number in range(count):
        InvoiceLine.objects.create(invoice=invoice, item_name=f"L{number}", amount=1)
        payment = Payment.objects.create(connection=connection, external_id=f"p{number}", amount=1, currency="USD")
        PaymentApplication.objects.create(payment=payment, invoice=invoice, invoice_external_id="x", amount=1)

    with django_assert_max_num_queries(8):
        web.get(url("detail", invoice))
    with django_assert_max_num_queries(8):
        web.get(url("payments", invoice))


def test_the_pdf_may_be_framed_by_our_own_pages_alone(web, invoice):
    response = web.get(url("pdf", invoice))

    assert response.content == b"%PDF-1.4 the invoice"
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self';" in response["Content-Security-Policy"] + ";"
    assert response["Cache-Control"] == "no-cache, no-store"
    assert response["Content-Disposition"] == 'inline; filename="invoice-1037.pdf"'
    assert web.get(url("pdf", invoice) + "?download=1")["Content-Disposition"].startswith("attachment")


def test_a_pdf_that_cannot_be_had_says_why(web, invoice, make_invoice):
    books.pdf = None
    response = web.get(url("pdf", invoice))
    assert response.status_code == 503
    assert "did not answer within 10 seconds" in response.content.decode()
    assert response["X-Frame-Options"] == "SAMEORIGIN"

    unborn = make_invoice(external_id="")
    assert "does not have this invoice yet" in web.get(url("pdf", unborn)).content.decode()


def test_a_file_name_never_carries_what_quickbooks_sent(web, make_invoice):
    invoice = make_invoice(number='1"; filename=evil\r\nSet-Cookie: x')

    assert (
        web.get(url("pdf", invoice))["Content-Disposition"] == 'inline; filename="invoice-1filenameevilSet-Cookiex.pdf"'
    )


def test_the_history_is_filtered_by_the_kinds_that_there_are(web, invoice, rep):
    emit("invoice.reminded", invoice, by=rep, number="1037", recipient="cars@x.example")
    assert "Kinds of activity" not in web.get(url("history", invoice)).text
    emit("payment.received", invoice, by=rep, amount="5", currency="USD", number="1037", customer="Cool Cars")

    page = web.get(url("history", invoice)).text

    assert 'id="history-invoice"' in page
    assert 'id="history-payment"' in page
    assert 'id="history-file"' not in page
    only = web.get(url("history", invoice), {"kind": "payment"}).text
    assert "reminded" not in only
    assert "reminded" in web.get(url("history", invoice), {"kind": "nonsense"}).text


def test_the_history_is_told_in_sentences(web, invoice, rep, deal, stage):
    moves.link_to_deal(invoice, Deal.objects.create(name="Other deal", stage=stage), by=rep, move=True)

    page = text(web.get(url("history", invoice)))

    assert "added invoice 1037 to the deal Other deal" in page
    assert "took invoice 1037 off the deal Garden redesign" in page


def test_related_contacts_and_companies(web, invoice, contact, company):
    assert "is not linked to a contact" in text(web.get(url("records", invoice)))
    invoice.contacts.add(contact)
    invoice.companies.add(company)
    page = text(web.get(url("records", invoice)))
    assert "Grace Pariente" in page
    assert "Cool Cars" in page


def test_moving_to_another_deal_asks_first(web, invoice, deal, stage):
    other = Deal.objects.create(name="Other deal", stage=stage)
    billing.recompute_deals([deal.pk])
    assert "Other deal" in text(web.get(url("deal", invoice), {"q": "oth"}))

    asked = web.post(url("deal", invoice), {"deal": other.pk})
    assert asked.status_code == 422
    assert "Move it to Other deal?" in text(asked)
    assert DealBilling.objects.get(deal=deal).billed == 162

    web.post(url("deal", invoice), {"deal": other.pk, "move": "yes"})
    assert DealBilling.objects.get(deal=other).billed == 162
    assert DealBilling.objects.get(deal=deal).billed == 0

    web.post(url("deal", invoice), {"deal": ""})
    invoice.refresh_from_db()
    assert invoice.deal is None
    assert web.post(url("deal", invoice), {"deal": "99999"}).status_code == 404
    assert web.post(url("deal", invoice), {"deal": "x"}).status_code == 404


def test_a_refused_invoice_shows_the_refusal(web, invoice):
    books.marks[invoice.pk] = SyncMark(SyncState.FAILED, reason="Closed period.", detail="6210: closed")

    page = text(web.get(url("detail", invoice)))

    assert "Closed period." in page
    assert "6210: closed" in page


def test_while_under_way_the_page_follows_by_itself(web, invoice):
    books.marks[invoice.pk] = SyncMark(SyncState.CREATING)

    assert "every 2s" in text(web.get(url("detail", invoice)))


def test_the_page_of_an_invoice_is_renewed_once_its_figures_are_others(web, invoice):
    """A payment is settled before the pull that brings the new balance; the page must not stay behind."""
    address = re.search(
        r'hx-get="([^"]+/news/[^"]+)" hx-trigger="every 5s"', text(web.get(url("detail", invoice)))
    ).group(1)
    same = web.get(address)
    assert (same.status_code, same.headers.get("HX-Trigger", "{}")) == (204, "{}")

    Invoice.objects.filter(pk=invoice.pk).update(balance=0, status="paid")

    assert "invoices:changed" in web.get(address).headers["HX-Trigger"]


def test_deleted_in_quickbooks_is_told(web, make_invoice):
    invoice = make_invoice(removed_at=datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC))

    assert "Deleted in QuickBooks" in text(web.get(url("detail", invoice)))


def test_what_is_not_there_is_404_and_without_permission_it_is_403(web, client, admin, invoice):
    assert web.get("/invoices/999999/").status_code == 404
    Role.objects.create(name="Looker", permissions=[])
    admin.role = Role.objects.get(name="Looker")
    admin.save()
    client.force_login(admin)
    for path in ("/invoices/", url("detail", invoice), url("pdf", invoice), reverse("invoices:home-card")):
        response = client.get(path)
        assert response.status_code == 403
        assert "1037" not in response.content.decode()


def test_texts_from_quickbooks_are_inert(web, make_invoice):
    evil = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    invoice = make_invoice(number="9", customer_name=evil, message=evil, terms_name=evil, recipient=evil)
    InvoiceLine.objects.create(invoice=invoice, item_name=evil, description=evil, amount=1)
    books.marks[invoice.pk] = SyncMark(SyncState.FAILED, reason=evil, detail=evil, fix=evil)

    for path in (url("detail", invoice), "/invoices/", url("records", invoice)):
        page = web.get(path).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def _told_of(name: str) -> str:
    """The kind of record that an event of this name is about."""
    first = name.partition(".")[0]
    return "creditmemo" if first == "credit" else first


def test_every_event_has_a_sentence(invoice, rep):
    from invoices import automation_sentences, money_sentences  # noqa: PLC0415
    from invoices import sentences as telling  # noqa: PLC0415

    kinds = (*telling.KINDS, *money_sentences.KINDS, *automation_sentences.KINDS)
    data = {
        "number": "1037",
        "currency": "USD",
        "total": "10",
        "balance": "4",
        "amount": "6",
        "customer": "Cool Cars",
        "due_on": "2026-11-22",
        "received_on": "2026-11-22",
        "invoices": ["1037"],
        "old_amount": "8",
        "changes": {"total": ["8", "10"]},
        "deal": "Garden",
        "recipient": "a@x.example",
        "method": "Check",
    }
    events = [(kind, Event(name=kind.name, data=data, object_type=_told_of(kind.name))) for kind in kinds]
    sentences = {kind.name: kind.sentence(event) for kind, event in events}

    assert sentences["payment.received"] == "Payment of $6.00 received on Nov 22, 2026 for invoice 1037 · Check"
    assert sentences["invoice.edited"] == "Invoice 1037 was edited in QuickBooks: total from $8.00 to $10.00"
    assert sentences["invoice.partly_paid"] == "$6.00 of invoice 1037 was paid, $4.00 is left"
    assert sentences["invoice.overdue"] == "Invoice 1037 is overdue; it was due on Nov 22, 2026"
    assert all(sentences.values())
    assert all(kind.sentence(Event(name=kind.name, data={}, object_type=_told_of(kind.name))) for kind in kinds)
