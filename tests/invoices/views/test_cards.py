"""The invoice card in each of its states, and the card of the home page."""

import datetime
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from core import company, registry
from invoices.enums import SyncState
from invoices.models import CreditDocument, InvoiceDraft
from invoices.ports import SyncMark
from invoices.services import billing, drafts
from tests.invoices.fakes import TODAY, books

HTMX = {"HX-Request": "true"}


def card(client, deal, **query):
    return client.get(reverse("invoices:deal-card", args=[deal.pk]), query, headers=HTMX)


def text(response) -> str:
    return " ".join(response.content.decode().split())


def test_not_connected_tells_admins_to_connect_and_others_whom_to_ask(web, deal, client, admin):
    page = text(card(web, deal))
    assert 'data-state="disconnected"' in page
    assert "Ask an admin" in page
    assert "Connect QuickBooks</a>" not in page

    client.force_login(admin)
    assert reverse("qbo_connector:connection-list") in text(card(client, deal))


def test_connected_but_empty_offers_to_create(web, deal, connection):
    page = text(card(web, deal))

    assert 'data-state="empty"' in page
    assert "No invoices yet" in page
    assert reverse("invoices:draft-new", args=[deal.pk]) in page


def test_credit_memos_of_its_invoices_stand_below(web, deal, make_invoice):
    invoice = make_invoice(deal=deal, number="1037")
    CreditDocument.objects.create(
        connection=invoice.connection, kind="creditmemo", external_id="7", number="CM-7", invoice=invoice,
        customer_name="Cool Cars", issued_on=TODAY, currency="USD", total=20, remaining=5,
    )  # fmt: skip

    page = text(card(web, deal))

    assert 'data-section="credit-memos"' in page
    for words in ("CM-7", "$20.00", "$5.00 unused"):
        assert words in page, words


def test_the_list_shows_each_invoice_with_everything_a_rep_asks_for(web, deal, make_invoice):
    invoice = make_invoice(
        deal=deal, number="1037", total=Decimal("362.07"), balance=Decimal("262.07"), status="partial"
    )
    books.marks[invoice.pk] = SyncMark(SyncState.IN_SYNC, web_url="https://qbo.example/app/invoice?txnId=130")
    billing.recompute_deals([deal.pk])

    response = card(web, deal)

    page = text(response)
    assert 'data-state="list"' in page
    for words in (
        "1037",
        "$362.07",
        "$262.07 open",
        "Due Nov 22, 2026",
        "Partial payment",
        "In sync",
        "Billed",
        "Paid",
        "$100.00",
        "Outstanding",
        "Open in QuickBooks",
        "https://qbo.example/app/invoice?txnId=130",
        "Preview",
        "QuickBooks data from",
        "Sync now",
    ):
        assert words in page, words
    assert "every 15s" in page
    assert response["Cache-Control"] == "no-cache, no-store"


def test_a_new_invoice_is_seen_at_once_and_looked_at_often(web, deal, make_invoice):
    invoice = make_invoice(deal=deal, external_id="", number="")
    books.marks[invoice.pk] = SyncMark(SyncState.CREATING, since=timezone.now())

    page = text(card(web, deal))

    assert "New invoice" in page
    assert "Creating" in page
    assert "every 2s" in page


def test_what_waits_for_long_is_looked_at_calmly(web, deal, make_invoice):
    invoice = make_invoice(deal=deal, external_id="", number="")
    books.marks[invoice.pk] = SyncMark(SyncState.WAITING, since=timezone.now() - datetime.timedelta(hours=1))

    assert "every 15s" in text(card(web, deal))


def test_a_refusal_says_in_words_what_to_change(web, deal, connection, rep, make_invoice):
    invoice = make_invoice(deal=deal, external_id="", number="")
    draft = InvoiceDraft.objects.create(owner=rep, deal=deal, invoice=invoice)
    books.marks[invoice.pk] = SyncMark(
        SyncState.FAILED, reason="The item is inactive.", detail="Inactive <Item>", fix="Choose another item."
    )

    page = text(card(web, deal))

    assert "The item is inactive." in page
    assert "Inactive &lt;Item&gt;" in page
    assert "Choose another item." in page
    assert reverse("invoices:draft-open", args=[draft.request_id]) in page
    assert reverse("invoices:invoice-retry", args=[invoice.pk]) in page


def test_an_unreadable_accounting_gives_the_reason_and_retry(web, deal, connection):
    books.broken = "The database of the mirror is being restored."

    page = text(card(web, deal))

    assert 'data-state="error"' in page
    assert "being restored" in page
    assert "Retry" in page


def test_a_broken_connection_is_told_beside_the_last_figures(web, deal, make_invoice, uk_connection):
    books.accounts = []
    make_invoice(deal=deal)

    assert "not connected any more" in text(card(web, deal))


def test_a_poll_of_an_unchanged_card_answers_nothing(web, deal, make_invoice):
    make_invoice(deal=deal)
    first = card(web, deal)
    seen = first.content.decode().split("?seen=")[1].split('"')[0]

    assert card(web, deal, seen=seen).status_code == 204
    make_invoice(deal=deal)
    assert card(web, deal, seen=seen).status_code == 200


def test_other_currencies_are_converted_and_the_rest_is_told(web, deal, make_invoice, uk_connection):
    make_invoice(deal=deal, currency="EUR", exchange_rate=Decimal("1.1"), total=Decimal(10), remote_updated_at=None)
    make_invoice(deal=deal, connection=uk_connection, currency="GBP", total=Decimal(7))

    page = text(card(web, deal))

    assert "$11.00 at the invoice’s rate" in page
    assert "can’t be converted into USD" in page


def test_contact_and_company_have_the_card_without_create(web, contact, company, make_invoice):
    invoice = make_invoice(number="77", total=Decimal(100), balance=Decimal(25))
    invoice.contacts.add(contact)
    invoice.companies.add(company)

    for name, record in (("contact", contact), ("company", company)):
        page = text(web.get(reverse(f"invoices:{name}-card", args=[record.pk])))
        assert "77" in page
        assert "$75.00" in page
        assert "Create invoice" not in page


def test_a_draft_is_offered_again(web, deal, connection, rep):
    draft = drafts.start(deal, from_lines=True, by=rep)

    page = text(card(web, deal))

    assert "Continue draft" in page
    assert reverse("invoices:draft-open", args=[draft.request_id]) in page


def test_cards_are_registered_for_all_three_records(rep):
    for object_type in ("deal", "contact", "company"):
        assert [c.url_name for c in registry.cards_for(object_type, rep) if c.key == "invoices"] == [
            f"invoices:{object_type}-card"
        ]


@pytest.mark.parametrize("count", [1, 25])
def test_the_card_costs_the_same_for_one_and_many(web, deal, make_invoice, django_assert_max_num_queries, count):
    for _ in range(count):
        make_invoice(deal=deal)
    card(web, deal)

    with django_assert_max_num_queries(8):
        card(web, deal)


def test_names_from_quickbooks_are_inert(web, deal, make_invoice):
    make_invoice(deal=deal, number="<script>alert(1)</script>", customer_name='"><img src=x onerror=alert(1)>')

    page = card(web, deal).content.decode()

    assert "<script>alert" not in page
    assert "<img" not in page


def test_sync_now_asks_for_the_companies_of_the_card(web, rep, connection):
    response = web.post(reverse("invoices:sync-now"), {"connections": f"{connection.pk},999"})

    assert response.status_code == 204
    assert books.pulls == [([connection.pk], rep)]
    assert web.post(reverse("invoices:sync-now"), {"connections": "x"}).status_code == 404
    assert "not connected" in web.post(reverse("invoices:sync-now"), {"connections": ""})["HX-Trigger"]


def test_the_home_card_lists_what_needs_somebody(web, make_invoice):
    late = make_invoice(status="overdue", due_on=TODAY - datetime.timedelta(days=3), number="L1")
    failed = make_invoice(external_id="", number="")
    make_invoice(number="fine", status="sent")
    unsent = make_invoice(number="U1", status="waiting")
    other = make_invoice(
        number="D1", status="sent", expected_tax=Decimal(0), expected_total=Decimal(99), issued_on=company.today()
    )
    books.marks[failed.pk] = SyncMark(SyncState.FAILED)

    page = text(web.get(reverse("invoices:home-card")))

    assert page.index("Waiting to be sent") < page.index("U1") < page.index("Another total") < page.index("D1")
    assert "expected $99.00" in page

    assert "L1" in page
    assert "3 days overdue" in page
    assert "Sync failed" in page
    assert "fine" not in page
    for invoice in (late, failed, unsent, other):
        invoice.delete()
    assert "Nothing needs you" in text(web.get(reverse("invoices:home-card")))


def test_retry_sends_only_what_was_refused(web, make_invoice):
    fine, failed = make_invoice(), make_invoice(external_id="")
    books.marks[failed.pk] = SyncMark(SyncState.FAILED)

    for invoice in (fine, failed):
        assert web.post(reverse("invoices:invoice-retry", args=[invoice.pk])).status_code == 204

    assert books.retried == [failed.pk]
