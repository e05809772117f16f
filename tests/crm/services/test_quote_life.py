"""Quotes after they were written: approval, versions, the customer's answer, views, numbers."""

import datetime
from decimal import Decimal
from threading import Thread

import pytest
from django.db import connection
from django.utils import timezone

from core.models import Event
from crm.enums import QuoteStatus
from crm.models import Quote, QuoteView
from crm.services import deal_lines, quote_life, quotes
from crm.services.lines import BadLine, LineValues
from crm.services.quotes import BadDiscount, Discount


@pytest.fixture
def quote(deal, rep):
    deal_lines.set_lines(deal, [LineValues("Design", Decimal(2), Decimal(75)), LineValues("Pump")], by=rep)
    return quotes.create_from_deal(deal, by=rep)


def published(quote, rep):
    return quotes.publish(quote, by=rep)


@pytest.mark.django_db
class TestAmounts:
    def test_discounts_of_lines_and_of_the_whole_come_off(self, quote, rep):
        wanted = [
            LineValues("Design", Decimal(2), Decimal(75), discount_percent=Decimal(10), tax_code="20% S"),
            LineValues("Pump", Decimal(1), Decimal(15), discount_amount=Decimal(5)),
        ]
        saved = quotes.set_lines(quote, wanted, by=rep, discount=Discount(percent=Decimal(10)))
        assert (saved.subtotal, saved.amount) == (Decimal(145), Decimal("130.5"))
        assert [line.tax_code for line in saved.lines.all()] == ["20% S", ""]
        saved = quotes.set_lines(quote, wanted, by=rep, discount=Discount(amount=Decimal(45)))
        assert (saved.amount, saved.discount_percent) == (Decimal(100), 0)

    @pytest.mark.parametrize(
        "discount", [Discount(percent=Decimal(101)), Discount(amount=Decimal(200)), Discount(Decimal(1), Decimal(1))]
    )
    def test_more_than_there_is_can_not_be_taken_off(self, quote, rep, discount):
        with pytest.raises(BadDiscount):
            quotes.set_lines(quote, [LineValues("Pump", Decimal(1), Decimal(15))], by=rep, discount=discount)
        with pytest.raises(BadLine):
            quotes.set_lines(quote, [LineValues("P", Decimal(1), Decimal(1), discount_amount=Decimal(2))], by=rep)
        assert Quote.objects.get().amount == Decimal(150)

    def test_numbers_go_on_as_the_settings_say(self, quote, deal, rep, admin):
        quotes.change_settings({"number_prefix": "AN-", "number_digits": 3, "next_number": 41}, by=admin)
        assert [quotes.create_from_deal(deal, by=rep).number for _ in range(2)] == ["AN-041", "AN-042"]


@pytest.mark.django_db
class TestApproval:
    @pytest.fixture
    def large(self, quote, rep, admin):
        quotes.change_settings({"discount_limit": Decimal(20)}, by=admin)
        wanted = [LineValues("Design", Decimal(1), Decimal(100), discount_percent=Decimal(10))]
        return quotes.set_lines(quote, wanted, by=rep, discount=Discount(percent=Decimal(15)))

    def test_a_discount_over_the_limit_waits_for_an_approver(self, large, rep, admin):
        assert quotes.discount_of(large) == Decimal("23.5")
        with pytest.raises(quotes.NeedsApproval):
            quotes.publish(large, by=rep)
        quote_life.ask_for_approval(large, by=rep)
        with pytest.raises(quotes.NotADraft):
            quotes.set_lines(large, [], by=rep)

        approved = quote_life.approve(large, by=admin)

        assert (approved.status, approved.approved_by) == (QuoteStatus.PUBLISHED, admin)
        names = Event.objects.filter(object_type="quote").order_by("pk").values_list("name", flat=True)
        assert list(names)[-3:] == ["quote.approval_asked", "quote.approved", "quote.published"]

    def test_sent_back_it_is_a_draft_again(self, large, rep, admin):
        quote_life.ask_for_approval(large, by=rep)
        rejected = quote_life.reject(large, by=admin, reason="Too much")
        assert rejected.status == QuoteStatus.DRAFT
        assert Event.objects.get(name="quote.approval_rejected").data["reason"] == "Too much"
        with pytest.raises(quote_life.NotWaiting):
            quote_life.approve(large, by=admin)

    def test_at_the_limit_nobody_has_to_approve(self, large, rep):
        lines = [LineValues("Design", Decimal(1), Decimal(100))]
        quotes.set_lines(large, lines, by=rep, discount=Discount(percent=Decimal(20)))
        assert quotes.publish(large, by=rep).status == QuoteStatus.PUBLISHED


@pytest.mark.django_db
class TestVersions:
    def test_the_next_version_replaces_the_one_before_when_it_is_published(self, quote, rep):
        first = published(quote, rep)
        second = quote_life.revise(first, by=rep)
        assert (second.version, second.number, second.status) == (2, first.number, QuoteStatus.DRAFT)
        assert [line.name for line in second.lines.all()] == ["Design", "Pump"]
        first.refresh_from_db()
        assert first.status == QuoteStatus.PUBLISHED

        second = published(second, rep)

        first.refresh_from_db()
        assert (first.status, second.status) == (QuoteStatus.REPLACED, QuoteStatus.PUBLISHED)
        assert first.token != second.token
        with pytest.raises(quote_life.NotOpen):
            quote_life.accept(first, name="Grace", ip=None)

    def test_a_version_has_one_successor(self, quote, rep):
        first = published(quote, rep)
        second = quote_life.revise(first, by=rep)
        with pytest.raises(quote_life.NotRevisable):
            quote_life.revise(first, by=rep)
        quotes.archive(second, by=rep)
        assert quote_life.revise(first, by=rep).version == 2
        with pytest.raises(quote_life.NotRevisable):
            quote_life.revise(second, by=rep) if second.archived_at is None else quote_life.revise(
                quotes.create_from_deal(first.deal, by=rep), by=rep
            )


@pytest.mark.django_db
class TestAnswers:
    def test_accepting_twice_is_accepting_once(self, quote, rep):
        first = published(quote, rep)
        quote_life.accept(first, name=" Grace Pariente ", ip="192.0.2.7")
        again = quote_life.accept(first, name="Somebody Else", ip="192.0.2.8")
        assert (again.status, again.answered_name, again.answered_ip) == ("accepted", "Grace Pariente", "192.0.2.7")
        assert Event.objects.filter(name="quote.accepted").count() == 1
        with pytest.raises(quote_life.NotOpen):
            quote_life.decline(first, ip=None)

    def test_a_draft_an_expired_and_an_archived_quote_are_not_accepted(self, quote, rep):
        with pytest.raises(quote_life.NotOpen):
            quote_life.accept(quote, name="Grace", ip=None)
        first = published(quote, rep)
        Quote.objects.update(expires_on=timezone.localdate() - datetime.timedelta(days=1))
        with pytest.raises(quotes.Expired):
            quote_life.accept(first, name="Grace", ip=None)
        Quote.objects.update(expires_on=timezone.localdate())
        with pytest.raises(quote_life.BadAnswer):
            quote_life.accept(first, name="  ", ip=None)
        quotes.archive(first, by=rep)
        with pytest.raises(quote_life.NotOpen):
            quote_life.accept(first, name="Grace", ip=None)

    def test_declining_keeps_the_reason(self, quote, rep):
        declined = quote_life.decline(published(quote, rep), reason="Too late", ip="2001:db8::1")
        assert (declined.status, declined.decline_reason) == ("declined", "Too late")
        assert Event.objects.get(name="quote.declined").data["reason"] == "Too late"

    def test_an_answer_by_phone_is_noted_by_a_person(self, quote, rep):
        quote_life.answer_for(published(quote, rep), QuoteStatus.ACCEPTED, by=rep)
        assert Event.objects.get(name="quote.accepted").actor == rep

    def test_a_visitor_counts_once_a_day_and_leaves_no_address(self, quote, rep):
        first = published(quote, rep)
        assert [quote_life.note_view(first, visitor=v) for v in ("192.0.2.7|A", "192.0.2.7|A", "192.0.2.8|A")] == [
            True, False, True,
        ]  # fmt: skip
        assert not QuoteView.objects.filter(visitor__contains="192").exists()
        assert Event.objects.filter(name="quote.viewed").count() == 2

    def test_a_closed_address_stays_closed(self, quote, rep):
        first = published(quote, rep)
        old = first.token
        assert quote_life.close_link(first, by=rep).token is None
        assert quote_life.new_link(first, by=rep).token not in (None, old)


@pytest.mark.django_db(transaction=True)
def test_accepting_and_declining_at_once_gives_one_answer(quote, rep):
    first, outcomes = published(quote, rep), []

    def answer(act):
        try:
            outcomes.append(act().status)
        except quote_life.NotOpen:
            outcomes.append("too late")
        finally:
            connection.close()

    acts = [lambda: quote_life.accept(first, name="Grace", ip=None), lambda: quote_life.decline(first, ip=None)] * 3
    threads = [Thread(target=answer, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first.refresh_from_db()
    assert set(outcomes) == {first.status, "too late"}
    assert Event.objects.filter(name__in=["quote.accepted", "quote.declined"]).count() == 1
