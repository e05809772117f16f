"""The dialog in which an invoice is sent, and the list of its e-mails."""

import uuid

import pytest
from django.urls import reverse

from invoices.enums import SendState
from invoices.models import InvoiceSend
from invoices.ports import Delivery
from invoices.services import send
from tests.invoices.fakes import READ_AT, books

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(make_invoice):
    return make_invoice(number="1037", recipient="cars@x.example", cc="boss@x.example", message="Thank you")


def address(name, invoice):
    return reverse(f"invoices:{name}", args=[invoice.pk])


def text(response) -> str:
    return " ".join(response.content.decode().split())


def given(**more):
    return {"request_id": str(uuid.uuid4()), "recipient": "cars@x.example", "cc": "", "bcc": "", **more}


def test_the_dialog_knows_the_addresses_and_says_what_is_sent(web, invoice):
    page = text(web.get(address("invoice-send", invoice), headers={"HX-Request": "true"}))

    for words in ("cars@x.example", "boss@x.example", "Thank you", "Invoice 1037 over $100.00 as a PDF"):
        assert words in page, words


def test_two_clicks_ask_once(web, invoice, rep):
    data = given(bcc="us@x.example")
    for _click in range(2):
        answer = web.post(address("invoice-send", invoice), data, headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")

    row = InvoiceSend.objects.get()
    assert (row.state, row.asked_by, row.bcc) == (SendState.WAITING, rep, "us@x.example")
    page = text(web.get(address("invoice-sends", invoice)))
    assert "On its way" in page
    assert "every 2s" in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"recipient": ""}, "required"),
        ({"recipient": "nobody"}, "is not an e-mail address"),
        ({"cc": "x"}, "“x” is not"),
    ],
)
def test_a_wrong_address_is_told_at_its_field_and_nothing_is_asked(web, invoice, data, sentence):
    answer = web.post(address("invoice-send", invoice), given(**data))

    assert answer.status_code == 422
    assert sentence in text(answer)
    assert not InvoiceSend.objects.exists()


def test_what_can_not_be_sent_says_so_before_anything_is_typed(web, invoice, make_invoice):
    books.send_refusals[invoice.pk] = "Read-only mode."
    assert "Read-only mode." in text(web.get(address("invoice-send", invoice)))
    assert "A voided invoice is not sent." in text(web.get(address("invoice-send", make_invoice(voided=True))))
    assert web.post(address("invoice-send", invoice), given()).status_code == 422
    assert not InvoiceSend.objects.exists()


def test_after_a_doubt_somebody_has_to_have_looked(web, invoice, rep):
    row = send.send(invoice, send.Addresses("a@x.example"), request_id=uuid.uuid4(), by=rep)
    send.note_not_sent(row.pk, problem="QuickBooks did not answer.", doubtful=True)

    assert "Check in QuickBooks, then send it again." in text(web.get(address("invoice-send", invoice)))
    assert web.post(address("invoice-send", invoice), given()).status_code == 422
    assert web.post(address("invoice-send", invoice), given(despite_doubt="on")).status_code == 302
    assert list(InvoiceSend.objects.order_by("pk").values_list("state", flat=True)) == ["doubtful", "waiting"]


def test_the_list_tells_what_became_of_each(web, invoice, rep):
    assert "Not sent yet" in text(web.get(address("invoice-sends", invoice)))
    for number, act in enumerate((_sent, _failed, _bounced)):
        row = send.send(invoice, send.Addresses(f"{number}@x.example"), request_id=uuid.uuid4(), by=rep)
        act(row)
    books.delivery = Delivery(at=READ_AT, viewed=True)

    page = text(web.get(address("invoice-sends", invoice)))

    for words in ("0@x.example", "No mail today.", "Not sent", "Did not arrive", "The e-mail came back.", "seen by"):
        assert words in page, words


def _sent(row):
    send.note_sent(row.pk, at=READ_AT)


def _failed(row):
    send.note_not_sent(row.pk, problem="Refused.", detail="No mail today.")


def _bounced(row):
    send.note_sent(row.pk, at=READ_AT)
    send.note_bounced({row.invoice_id: "The e-mail came back."})


@pytest.mark.parametrize("count", [1, 15])
def test_the_list_costs_the_same_for_one_and_many(web, invoice, rep, django_assert_max_num_queries, count):
    for number in range(count):
        InvoiceSend.objects.create(invoice=invoice, recipient=f"{number}@x.example", state="sent", asked_by=rep)
    with django_assert_max_num_queries(6):
        web.get(address("invoice-sends", invoice))
