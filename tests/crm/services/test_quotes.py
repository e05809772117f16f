"""Quotes: made from a deal, changed as a draft, published."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from core.models import Event
from crm.enums import QuoteStatus
from crm.models import Quote
from crm.services import deal_lines, quotes
from crm.services.lines import BadLine, LineValues

pytestmark = pytest.mark.django_db


@pytest.fixture
def quote(deal, rep):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75)), LineValues("Pump")], by=rep)
    return quotes.create_from_deal(deal, by=rep)


def test_a_quote_copies_the_deal(quote, deal, contact):
    assert (quote.title, quote.contact, quote.currency, quote.amount, quote.status) == (
        "Garden redesign", contact, "USD", Decimal(150), QuoteStatus.DRAFT,
    )  # fmt: skip
    assert quote.number.startswith("Q-")
    assert len(quote.number) == 7
    assert quote.expires_on == timezone.localdate() + datetime.timedelta(days=30)
    assert [line.name for line in quote.lines.all()] == ["Design", "Pump"]
    event = Event.objects.get(name="quote.created")
    shown_on = set(event.links.values_list("object_type", flat=True))
    assert shown_on == {"quote", "deal", "contact", "company"}


def test_a_published_quote_does_not_change(quote, rep):
    quotes.set_lines(quote, [LineValues("Hours", Decimal(3), Decimal(10))], by=rep)
    published = quotes.publish(quote, by=rep)

    assert (published.status, published.amount, published.published_at is not None) == ("published", Decimal(30), True)
    with pytest.raises(quotes.NotADraft):
        quotes.publish(quote, by=rep)
    with pytest.raises(quotes.NotADraft):
        quotes.update(quote, by=rep, title="Other")
    with pytest.raises(quotes.NotADraft):
        quotes.set_lines(quote, [], by=rep)
    assert [line.name for line in Quote.objects.get().lines.all()] == ["Hours"]
    assert Event.objects.filter(name="quote.published").count() == 1


def test_an_empty_or_expired_quote_is_not_published(quote, rep):
    quotes.update(quote, by=rep, expires_on=timezone.localdate() - datetime.timedelta(days=1))
    with pytest.raises(quotes.Expired):
        quotes.publish(quote, by=rep)
    quotes.set_lines(quote, [], by=rep)
    with pytest.raises(quotes.NoLines):
        quotes.publish(quote, by=rep)
    assert Quote.objects.get().status == QuoteStatus.DRAFT


def test_a_bad_line_leaves_the_quote_as_it_is(quote, rep):
    with pytest.raises(BadLine):
        quotes.set_lines(quote, [LineValues("Hours", Decimal(0))], by=rep)
    assert Quote.objects.get().amount == Decimal(150)
