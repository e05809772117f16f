"""The public page of a quote: reached by its address alone, says what it is, takes one answer."""

import datetime
import io
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from core.logos import logo_from
from core.models import Event
from core.services import company
from crm import public, sentences
from crm.models import Quote
from crm.services import deal_lines, quote_life, quotes
from crm.services.lines import LineValues

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def quote(deal, rep, admin):
    company.change({"name": "Garden & Sons", "brand_colour": "#0f7a43", "address": "1 High St"}, by=admin)
    lines = [LineValues("Design <b>", Decimal(2), Decimal(75), description="All of it", tax_code="20% S")]
    deal_lines.set_lines(deal, lines, by=rep)
    return quotes.publish(quotes.create_from_deal(deal, by=rep, notes="Dear Grace", terms="Net 30"), by=rep)


def test_the_pdf_carries_the_logo(quote, stranger, admin):
    drawn = io.BytesIO()
    Image.new("RGB", (300, 100), "#0f7a43").save(drawn, "PNG")
    company.set_logo(logo_from(drawn.getvalue()), by=admin)

    content = stranger.get(address(quote, "quote-pdf")).content

    assert content.startswith(b"%PDF")
    assert b"/Subtype /Image" in content


@pytest.fixture
def stranger():
    return Client(REMOTE_ADDR="192.0.2.7", HTTP_USER_AGENT="Browser", enforce_csrf_checks=False)


def address(quote, name="quote-public"):
    return reverse(f"crm:{name}", args=[quote.token])


def test_a_stranger_reads_it_and_it_is_kept_nowhere(quote, stranger, django_assert_num_queries):
    stranger.get(address(quote))
    with django_assert_num_queries(6):  # quote, settings, view of today (in a savepoint), lines
        page = stranger.get(address(quote))
    text = page.content.decode()
    assert page.status_code == 200
    for word in ("Garden &amp; Sons", "Design &lt;b&gt;", "All of it", "20% S", "$150.00", "Dear Grace", "Net 30"):
        assert word in text
    assert page["Cache-Control"] == "no-store, private, no-cache"
    assert "noindex" in page["X-Robots-Tag"]
    assert page["Referrer-Policy"] == "same-origin"
    assert "sessionid" not in page.cookies
    assert "<script" not in text
    assert "style=" not in text
    assert Event.objects.filter(name="quote.viewed").count() == 1
    assert "--brand:#0f7a43" in stranger.get(reverse("crm:quote-style", args=["0f7a43"])).content.decode()


def test_the_page_tells_taxes_and_the_total_that_is_accepted(deal, rep, stranger):
    lines = [LineValues("Design", Decimal(2), Decimal(75), tax_code="20% S", tax_rate=Decimal(20))]
    deal_lines.set_lines(deal, lines, by=rep)
    quote = quotes.publish(quotes.create_from_deal(deal, by=rep), by=rep)

    page = stranger.get(address(quote)).content.decode()

    for words in ("20% S<br>$30.00", "Tax 20% S on $150.00", "I accept this quote over $180.00, with its terms."):
        assert words in page
    assert public.printed(quote).total_with_tax == "$180.00"
    assert stranger.get(address(quote, "quote-pdf")).content.startswith(b"%PDF")
    stranger.post(address(quote, "quote-accept"), {"name": "Grace", "agreed": "1"})
    event = Event.objects.get(name="quote.accepted")
    assert sentences.accepted(event) == f"Grace accepted the quote {quote.number}, $180.00 with tax"


def test_the_people_of_the_house_are_no_visitors(quote, signed_in):
    assert signed_in.get(address(quote)).status_code == 200
    assert not Event.objects.filter(name="quote.viewed").exists()


def test_accepting_takes_a_name_and_the_box(quote, stranger):
    accept = address(quote, "quote-accept")
    assert "Tick the box" in stranger.post(accept, {"name": "Grace"}).content.decode()
    assert "Type your name" in stranger.post(accept, {"name": " ", "agreed": "1"}).content.decode()
    answer = stranger.post(accept, {"name": "Grace Pariente", "agreed": "1"}, follow=True)
    assert "This quote was accepted." in answer.content.decode()
    quote.refresh_from_db()
    assert (quote.status, quote.answered_name, quote.answered_ip) == ("accepted", "Grace Pariente", "192.0.2.7")
    assert "accept-form" not in answer.content.decode()


def test_declining_shows_that_it_was_declined(quote, stranger):
    page = stranger.post(address(quote, "quote-decline"), {"reason": "Too late"}, follow=True)
    assert "This quote was declined." in page.content.decode()
    quote.refresh_from_db()
    assert (quote.status, quote.decline_reason) == ("declined", "Too late")


def test_expired_and_replaced_quotes_say_so(quote, stranger, rep):
    Quote.objects.update(expires_on=timezone.localdate() - datetime.timedelta(days=1))
    assert "This quote expired on" in stranger.get(address(quote)).content.decode()
    stranger.post(address(quote, "quote-accept"), {"name": "Grace", "agreed": "1"})
    quote.refresh_from_db()
    assert quote.status == "published"

    second = quotes.publish(quote_life.revise(quote, by=rep), by=rep)

    text = stranger.get(address(quote)).content.decode()
    assert "replaced by a newer version" in text
    assert address(second) in text


def test_nothing_is_found_at_closed_wrong_draft_or_archived_addresses(quote, stranger, rep, deal):
    old = address(quote)
    quote_life.close_link(quote, by=rep)
    for place in (old, reverse("crm:quote-public", args=["x" * 43])):
        page = stranger.get(place)
        assert (page.status_code, page["Cache-Control"]) == (404, "no-store, private, no-cache")
    quote = quote_life.new_link(quote, by=rep)
    quotes.archive(quote, by=rep)
    assert stranger.get(address(quote)).status_code == 404
    assert stranger.get(reverse("crm:deal-detail", args=[deal.pk])).status_code == 302


def test_the_form_needs_its_token(quote):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(address(quote, "quote-accept"), {"name": "Grace", "agreed": "1"}).status_code == 403


def test_too_many_answers_have_to_wait(quote, stranger):
    for _ in range(12):
        stranger.post(address(quote, "quote-accept"), {"name": ""})
    answer = stranger.post(address(quote, "quote-accept"), {"name": "Grace", "agreed": "1"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")
    quote.refresh_from_db()
    assert quote.status == "published"
    assert Client(REMOTE_ADDR="192.0.2.99").post(address(quote, "quote-accept"), {"name": ""}).status_code == 422


@pytest.mark.parametrize("name", ["Ünïcode – Łódź Привет", "A" * 200, 'Semi;colon "quoted"\r\nX: y'])
def test_the_pdf_has_any_letters(quote, stranger, name):
    Quote.objects.update(title=name, number=name[:40])
    answer = stranger.get(address(quote, "quote-pdf"))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert "\n" not in answer["Content-Disposition"]


def test_a_long_quote_has_several_pages(quote, rep, stranger):
    lines = [
        LineValues(f"Line {number}", Decimal(1), Decimal(10), discount_percent=Decimal(5)) for number in range(120)
    ]
    second = quote_life.revise(quote, by=rep)
    quotes.set_lines(second, lines, by=rep)
    second = quotes.publish(second, by=rep)
    content = stranger.get(address(second, "quote-pdf")).content
    assert content.count(b"/Type /Page\n") >= 4
