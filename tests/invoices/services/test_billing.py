"""The five invoice properties and the roll-ups of deals."""

import datetime
import threading
from decimal import Decimal

import pytest
from django.db import connection as database
from django.db import transaction

from core.models import Event
from crm.models import Deal, DealBilling
from invoices.enums import InvoiceStatus
from invoices.models import Invoice
from invoices.services import billing, moves
from invoices.services.poll import poll_status
from tests.invoices.fakes import TODAY, books

T1 = datetime.datetime(2026, 11, 20, 9, 0, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)
NOW = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


def test_the_latest_invoice_gives_the_properties_and_all_give_the_sums(make_invoice, deal):
    make_invoice(
        deal=deal,
        total=Decimal(100),
        balance=Decimal(40),
        status="partial",
        remote_updated_at=T1 + DAY,
        recipient="a@x.example",
        number="A",
    )
    make_invoice(deal=deal, total=Decimal(50), status="overdue", due_on=TODAY - DAY, remote_updated_at=T1, number="B")
    make_invoice(deal=deal, total=Decimal(30), balance=Decimal(0), status="paid", due_on=None, remote_updated_at=T1)
    make_invoice(deal=deal, total=Decimal(7), status="voided")
    make_invoice(deal=deal, total=Decimal(9), removed_at=NOW, remote_updated_at=T1 + 2 * DAY)
    make_invoice(deal=deal, total=Decimal(11), external_id="", number="")

    assert billing.recompute_deals([deal.pk, None]) == [deal.pk]
    assert billing.recompute_deals([deal.pk]) == []

    found = DealBilling.objects.get(deal=deal)
    assert (found.invoice_number, found.invoice_status, found.invoice_recipient) == ("A", "partial", "a@x.example")
    assert (found.invoice_amount_billed, found.invoice_due_on) == (Decimal(100), TODAY)
    assert (found.billed, found.paid, found.outstanding, found.overdue) == (180, 90, 90, 50)
    assert (found.next_due_on, found.invoices) == (TODAY - DAY, 4)


def test_ties_go_to_the_newer_row(make_invoice, deal):
    make_invoice(deal=deal, remote_updated_at=T1, number="A")
    make_invoice(deal=deal, remote_updated_at=T1, number="B")
    make_invoice(deal=deal, remote_updated_at=None, number="C")

    billing.recompute_deals([deal.pk])

    assert DealBilling.objects.get(deal=deal).invoice_number == "B"


def test_another_currency_is_converted_at_the_invoices_own_rate(make_invoice, deal):
    make_invoice(
        deal=deal, currency="EUR", exchange_rate=Decimal("1.085"), total=Decimal("10.01"), remote_updated_at=T1
    )

    billing.recompute_deals([deal.pk])

    found = DealBilling.objects.get(deal=deal)
    assert (found.currency, found.invoice_amount_billed, found.billed) == ("USD", Decimal("10.86"), Decimal("10.86"))


def test_a_currency_without_a_rate_is_left_out(make_invoice, deal, uk_connection):
    make_invoice(connection=uk_connection, deal=deal, currency="EUR", exchange_rate=Decimal("0.85"), number="E")
    make_invoice(deal=deal, total=Decimal(5))

    billing.recompute_deals([deal.pk])

    found = DealBilling.objects.get(deal=deal)
    assert (found.billed, found.invoices) == (5, 2)


def test_statements_do_not_depend_on_the_number_of_deals(make_invoice, stage, django_assert_num_queries):
    deals = [Deal.objects.create(name=f"D{number}", stage=stage) for number in range(40)]
    for deal in deals:
        make_invoice(deal=deal)

    with django_assert_num_queries(6):  # savepoint, lock, invoices, settings, write, release
        assert len(billing.recompute_deals(deal.pk for deal in deals)) == 40


@pytest.mark.django_db(transaction=True)
def test_two_changes_at_once_both_count(make_invoice, deal):
    invoices = [make_invoice(deal=deal, total=Decimal(10)) for _ in range(4)]
    billing.recompute_deals([deal.pk])
    barrier = threading.Barrier(4)

    def pay(pk: int) -> None:
        with transaction.atomic():
            Invoice.objects.filter(pk=pk).update(balance=0, status=InvoiceStatus.PAID)
            barrier.wait()
            billing.recompute_deals([deal.pk])
        database.close()

    threads = [threading.Thread(target=pay, args=[invoice.pk]) for invoice in invoices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert DealBilling.objects.get(deal=deal).outstanding == 0


def test_moving_an_invoice_recomputes_both_deals(make_invoice, deal, stage, rep):
    other = Deal.objects.create(name="Other", stage=stage)
    invoice = make_invoice(deal=deal, tracked=False)
    billing.recompute_deals([deal.pk])

    with pytest.raises(moves.OnAnotherDeal):
        moves.link_to_deal(invoice, other, by=rep)
    assert not Event.objects.exists()

    moves.link_to_deal(invoice, other, by=rep, move=True)
    moves.link_to_deal(invoice, other, by=rep)
    invoice.refresh_from_db()
    assert (invoice.deal, invoice.tracked) == (other, True)
    assert DealBilling.objects.get(deal=deal).billed == 0
    assert DealBilling.objects.get(deal=other).billed == 100

    moves.unlink(invoice, by=rep)
    moves.unlink(invoice, by=rep)
    assert DealBilling.objects.get(deal=other).invoices == 0
    names = list(Event.objects.order_by("pk").values_list("name", flat=True))
    assert names == ["invoice.unlinked", "invoice.linked", "invoice.unlinked"]


def test_time_alone_makes_invoices_overdue(make_invoice, deal):
    late = make_invoice(deal=deal, due_on=TODAY, status="sent", emailed=True)
    paid = make_invoice(due_on=TODAY, balance=Decimal(0), status="paid")
    dateless = make_invoice(due_on=None)
    unborn = make_invoice(external_id="", due_on=TODAY)
    billing.recompute_deals([deal.pk])
    assert poll_status(now=NOW).invoices == 0

    books.today = TODAY + DAY
    assert poll_status(now=NOW).invoices == 1
    assert poll_status(now=NOW).invoices == 0

    statuses = dict(Invoice.objects.values_list("pk", "status"))
    assert statuses == {late.pk: "overdue", paid.pk: "paid", dateless.pk: "waiting", unborn.pk: "waiting"}
    found = DealBilling.objects.get(deal=deal)
    assert (found.overdue, found.invoice_status) == (100, "overdue")
    event = Event.objects.get()
    assert (event.name, event.object_id) == ("invoice.overdue", late.pk)
    assert event.links.filter(object_type="deal", object_id=deal.pk).exists()
    assert books.stale_pulls == [NOW] * 3


def test_a_company_whose_day_moves_back_is_put_right(make_invoice):
    invoice = make_invoice(due_on=TODAY, status="overdue", balance=Decimal(30))

    assert poll_status(now=NOW).invoices == 1

    invoice.refresh_from_db()
    assert invoice.status == "partial"
    assert not Event.objects.exists()


def test_wrong_figures_of_a_deal_are_repaired_and_told(make_invoice, deal, monkeypatch):
    make_invoice(deal=deal)
    billing.recompute_deals([deal.pk])
    DealBilling.objects.update(billed=1, invoice_number="wrong")

    assert poll_status(now=NOW).deals == 1
    assert poll_status(now=NOW).deals == 0

    assert DealBilling.objects.get().billed == 100
    assert Event.objects.get().name == "deal.billing_repaired"


def test_slices_are_gone_through_to_the_end(make_invoice, stage, monkeypatch):
    monkeypatch.setattr("invoices.services.poll.SLICE", 2)
    for number in range(5):
        make_invoice(due_on=TODAY - DAY, deal=Deal.objects.create(name=str(number), stage=stage))

    first = poll_status(now=NOW)
    assert first.invoices == 5
    second = poll_status(now=NOW, after_deal=first.next_deal)
    third = poll_status(now=NOW, after_deal=second.next_deal)
    assert [bool(done.next_deal) for done in (first, second, third)] == [True, True, False]
