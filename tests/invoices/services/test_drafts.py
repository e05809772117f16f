"""Wizards in progress: what they start with, and that nothing typed is lost."""

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.models import DealLine
from invoices import draft_totals, reading
from invoices.drafts import DraftContent, DraftCustomer, DraftDiscount, DraftItem, DraftLine, DraftTerms
from invoices.models import InvoiceDraft
from invoices.ports import CustomerChoice, ItemChoice
from invoices.services import drafts
from invoices.services.create import digest_of
from invoices.totals import plain
from tests.invoices.fakes import TODAY, books

texts = st.text(max_size=20)
items = st.builds(DraftItem, mode=st.sampled_from(["", "existing", "create"]), external_id=texts, name=texts)
lines = st.builds(
    DraftLine, key=texts, item=items, product_id=st.none() | st.integers(), quantity=texts, unit_price=texts
)
contents = st.builds(
    DraftContent,
    connection_id=st.none() | st.integers(),
    customer=st.builds(
        DraftCustomer, mode=texts, name=texts, billing_address=st.dictionaries(texts, texts, max_size=3)
    ),
    lines=st.lists(lines, max_size=3),
    terms=st.builds(DraftTerms, external_id=texts, name=texts),
    message=texts,
)


@settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])  # big drafts, busy machine
@given(contents)
def test_there_and_back_changes_nothing(content):
    assert DraftContent.from_json(content.to_json()) == content
    assert digest_of(content.to_json()) == digest_of(DraftContent.from_json(content.to_json()).to_json())


def test_older_and_unknown_data_can_be_read():
    content = DraftContent.from_json({"lines": [{"key": "l1", "colour": "red"}], "tax": 3})

    assert content == DraftContent(lines=[DraftLine("l1")])
    assert DraftContent.from_json({}) == DraftContent()


@settings(deadline=None)
@given(st.decimals(min_value=-(10**11), max_value=10**11, places=7))
def test_a_number_is_read_as_it_is_written(value):
    assert reading.number(plain(value)) == value
    assert reading.canonical_number(f" {plain(value)} ") == plain(value)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("1,234.50", "1234.5"),
        ("1,000", "1000"),
        ("$75", "75"),
        ("two", "two"),
        ("", ""),
        # Another language's notation is no number here: a comma left out would bill ten times as much.
        ("1,5", "1,5"),
        ("1.234,56", "1.234,56"),
    ],
)
def test_typed_numbers(typed, stored):
    assert reading.canonical_number(typed) == stored


def test_a_draft_starts_with_what_the_deal_says(connection, deal, product, rep):
    DealLine.objects.filter(deal=deal, position=1).update(discount_percent=10)
    books.product_items[product.pk] = ItemChoice("4", "Design", description="Custom Design", reason="Linked")
    books.matches[deal.pk] = [
        CustomerChoice("1", "Amy", "amy@x.example", certain=True, terms_external_id="1", reason="Linked")
    ]

    draft = drafts.start(deal, from_lines=True, by=rep)

    content = DraftContent.from_json(draft.data)
    assert draft.step == "customer"
    assert (content.connection_id, content.currency, content.issued_on) == (connection.pk, "USD", TODAY.isoformat())
    assert (content.customer.external_id, content.customer.reason, content.recipient) == (
        "1",
        "Linked",
        "amy@x.example",
    )
    assert (content.terms.name, content.due_on) == ("Due on receipt", TODAY.isoformat())
    matched, unmatched = content.lines
    assert (matched.item.external_id, matched.item.reason, matched.description) == ("4", "Linked", "Custom Design")
    assert (matched.quantity, matched.unit_price) == ("2", "75")
    assert (unmatched.item.mode, unmatched.name, unmatched.unit_price) == ("", "Pump", "85")
    assert unmatched.discount == DraftDiscount("percent", "10")


def test_a_match_by_name_alone_is_only_proposed(connection, deal, rep):
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", reason="Same name", certain=False)]

    content = DraftContent.from_json(drafts.start(deal, from_lines=False, by=rep).data)

    assert content.customer == DraftCustomer()
    assert content.lines == []


def test_with_several_companies_the_wizard_asks_and_proposes_the_one_in_the_deals_currency(
    uk_connection, connection, deal, rep
):
    draft = drafts.start(deal, from_lines=True, by=rep)

    assert draft.step == "account"
    assert DraftContent.from_json(draft.data).connection_id == connection.pk


def test_another_company_looks_everything_up_again(connection, uk_connection, deal, product, rep):
    books.product_items[product.pk] = ItemChoice("4", "Design")
    draft = drafts.start(deal, from_lines=True, by=rep)
    uk = next(account for account in books.accounts if account.connection_id == uk_connection.pk)

    content = drafts.save(draft, lambda content: drafts.choose_account(content, uk, deal_id=deal.pk))

    assert (content.currency, content.tax_mode, content.customer.mode) == ("GBP", "exclusive", "")
    assert [line.quantity for line in content.lines] == ["2", "2.5"]


def test_a_draft_survives_and_is_offered_again_to_its_owner_alone(connection, deal, rep, admin):
    draft = drafts.start(deal, from_lines=True, by=rep)

    assert drafts.open_draft(deal, by=rep) == draft
    assert drafts.open_draft(deal, by=admin) is None
    assert not drafts.discard(draft, by=admin)
    assert drafts.discard(draft, by=rep)
    assert not InvoiceDraft.objects.exists()


def test_lines_come_to_what_quickbooks_would_say():
    line = DraftLine("l1", quantity="3", unit_price="0.335")

    assert draft_totals.line_total(line, "USD") == Decimal("1.01")
    assert draft_totals.line_total(line, "JPY") == Decimal(1)
    assert draft_totals.line_total(line, "KWD") == Decimal("1.01")  # QuickBooks has no third decimal
    assert draft_totals.line_total(DraftLine("l2", quantity="x", unit_price="1"), "USD") is None
