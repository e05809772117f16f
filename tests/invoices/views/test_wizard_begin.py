"""The first page of the wizard: from a quote, from lines, from scratch, as a copy; drafts go on."""

import pytest
from django.test import Client
from django.urls import reverse

from crm.enums import QuoteStatus
from crm.models import Quote, QuoteLine
from invoices.drafts import DraftContent
from invoices.models import InvoiceDraft
from invoices.services import drafts
from tests.invoices.conftest import user_of

HTMX = {"HX-Request": "true"}


def text(response) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def url(deal) -> str:
    return reverse("invoices:draft-new", args=[deal.pk])


@pytest.fixture
def quote(deal) -> Quote:
    made = Quote.objects.create(deal=deal, title="Garden offer", status=QuoteStatus.PUBLISHED, number="Q-7")
    QuoteLine.objects.create(quote=made, name="Design", quantity=2, unit_price=80)
    return made


@pytest.fixture
def unpublished(deal) -> Quote:
    return Quote.objects.create(deal=deal, title="Not ready", status=QuoteStatus.DRAFT)


@pytest.fixture
def manager_web(db) -> Client:
    client = Client()
    client.force_login(user_of("Sales manager", "manager@example.com"))
    return client


def test_quotes_that_may_be_invoiced_are_offered_and_the_others_say_why_not(web, url, connection, quote, unpublished):
    page = text(web.get(url, headers=HTMX))

    assert "Garden offer" in page
    assert "Not ready" in page
    assert "It is not published yet." in page
    assert "Invoice it all the same" not in page

    assert 'data-step="customer"' in text(web.post(url, {"source": "quote", "quote": quote.pk}, headers=HTMX))
    content = DraftContent.from_json(InvoiceDraft.objects.get().data)
    assert (content.source, content.quote_id, len(content.lines)) == ("quote", quote.pk, 1)


def test_who_may_override_gives_a_reason(web, manager_web, url, connection, unpublished):
    chosen = {"source": "quote", "quote": unpublished.pk}
    assert web.post(url, chosen | {f"reason-{unpublished.pk}": "Please"}, headers=HTMX).status_code == 422

    assert "Invoice it all the same" in text(manager_web.get(url, headers=HTMX))
    refused = manager_web.post(url, chosen | {f"reason-{unpublished.pk}": " "}, headers=HTMX)
    assert refused.status_code == 422
    assert "Type a reason." in text(refused)
    assert not InvoiceDraft.objects.exists()

    started = manager_web.post(url, chosen | {f"reason-{unpublished.pk}": "Agreed by phone"}, headers=HTMX)

    assert 'data-step="customer"' in text(started)
    assert DraftContent.from_json(InvoiceDraft.objects.get().data).override_reason == "Agreed by phone"


def test_a_quote_that_was_invoiced_says_so_and_asks(web, url, connection, quote, make_invoice):
    made = make_invoice(quote=quote, number="1037")
    assert "Invoiced already" in text(web.get(url, headers=HTMX))

    asked = text(web.post(url, {"source": "quote", "quote": quote.pk}, headers=HTMX))

    assert "was invoiced already" in asked
    assert reverse("invoices:invoice-detail", args=[made.pk]) in asked
    assert not InvoiceDraft.objects.exists()
    again = web.post(url, {"source": "quote", "quote": quote.pk, "again": "yes"}, headers=HTMX)
    assert 'data-step="customer"' in text(again)


def test_earlier_invoices_of_deal_and_customer_are_offered_and_others_found(
    web, url, connection, deal, company, make_invoice
):
    make_invoice(number="2001", deal=deal)
    make_invoice(number="2002").companies.add(company)
    other = make_invoice(number="2003", customer_name="Somebody else")
    make_invoice(number="", external_id="", deal=deal)
    copies = reverse("invoices:draft-copies")

    own = text(web.get(copies, {"deal": deal.pk}, headers=HTMX))
    assert "2001" in own
    assert "2002" in own
    assert "2003" not in own
    assert "2003" in text(web.get(copies, {"deal": deal.pk, "q": "2003"}, headers=HTMX))
    assert "No invoice is found" in text(web.get(copies, {"q": "zzz"}, headers=HTMX))
    assert "2003" in text(web.get(copies, headers=HTMX))

    assert 'data-step="customer"' in text(web.post(url, {"source": "copy", "invoice": other.pk}, headers=HTMX))
    draft = InvoiceDraft.objects.get()
    assert (draft.deal, DraftContent.from_json(draft.data).copied_from) == (deal, other.pk)


def test_nothing_that_does_not_exist_can_be_chosen(web, url, connection, quote, deal):
    for chosen in ({"source": "quote", "quote": "0"}, {"source": "copy", "invoice": "x"}, {"source": "copy"}):
        assert web.post(url, chosen, headers=HTMX).status_code == 404
    assert web.get(reverse("invoices:draft-copies"), {"deal": "0"}).status_code == 404


def test_several_drafts_are_offered_with_the_latest_first(web, url, connection, deal, rep):
    older = drafts.start(deal, from_lines=True, by=rep)
    drafts.save(older, lambda content: setattr(content, "message", "typed"))
    drafts.start(deal, from_lines=False, by=rep)

    assert text(web.get(url, headers=HTMX)).count("Continue draft") == 2


def test_the_number_of_queries_does_not_grow_with_quotes(
    web, url, connection, deal, quote, make_invoice, django_assert_max_num_queries
):
    with django_assert_max_num_queries(20):
        web.get(url, headers=HTMX)
    for number in range(15):
        more = Quote.objects.create(deal=deal, title=f"Offer {number}", status=QuoteStatus.PUBLISHED)
        QuoteLine.objects.create(quote=more, name="Design", quantity=2, unit_price=80)
        make_invoice(quote=more)
    with django_assert_max_num_queries(20):
        web.get(url, headers=HTMX)
