"""Where a wizard may begin: the deal, a quote, an earlier invoice, an estimate, nothing."""

import datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from crm.enums import QuoteStatus
from crm.models import Quote, QuoteLine
from invoices import wizard_problems
from invoices.drafts import DraftContent, DraftDiscount, DraftLine
from invoices.enums import InvoiceSource, LineKind
from invoices.models import InvoiceDraft, InvoiceLine, PipelineCompany
from invoices.ports import CustomerChoice, ItemChoice
from invoices.services import default_account, drafts, quote_rules
from qbo_connector.models import Connection
from tests.invoices.conftest import user_of
from tests.invoices.fakes import TODAY, ListAccounting, books

REASON = "The customer asked for it"


@pytest.fixture
def quote(deal, product) -> Quote:
    made = Quote.objects.create(deal=deal, title="Garden", status=QuoteStatus.PUBLISHED, currency="USD", number="Q-1")
    QuoteLine.objects.create(
        quote=made, product=product, name="Design", quantity=2, unit_price=80, discount_percent=Decimal("12.5")
    )
    return made


def content_of(draft: InvoiceDraft) -> DraftContent:
    return DraftContent.from_json(draft.data)


def test_from_a_quote_its_lines_and_discounts_are_taken_and_the_draft_remembers_it(connection, quote, product, rep):
    books.product_items[product.pk] = ItemChoice("4", "Design", reason="Linked")

    draft = drafts.start_from("quote", quote=quote, by=rep)

    content = content_of(draft)
    assert (draft.deal, content.source, content.quote_id) == (quote.deal, "quote", quote.pk)
    (line,) = content.lines
    assert (line.item.external_id, line.quantity, line.unit_price) == ("4", "2", "80")
    assert line.discount == DraftDiscount("percent", "12.5")


def test_the_tax_codes_that_a_quote_prints_are_found_by_their_name(uk_connection, quote, rep):
    QuoteLine.objects.create(quote=quote, position=1, name="Book", unit_price=5, tax_code="0% z")
    QuoteLine.objects.filter(quote=quote, position=0).update(tax_code="20% S")
    QuoteLine.objects.create(quote=quote, position=2, name="Import", unit_price=5, tax_code="7% Q")

    content = content_of(drafts.start_from("quote", quote=quote, by=rep))

    assert [line.tax_code_name for line in content.lines] == ["20.0% S", "0.0% Z", ""]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": QuoteStatus.DRAFT}, "It is not published yet."),
        ({"status": QuoteStatus.DECLINED}, "The customer declined it."),
        ({"expires_on": datetime.date(2020, 1, 31)}, "It expired on Jan 31, 2020."),
        ({"archived_at": datetime.datetime(2020, 1, 31, tzinfo=datetime.UTC)}, "It was archived."),
    ],
)
def test_a_quote_that_is_not_published_or_expired_needs_a_permission_and_a_reason(connection, quote, rep, change, why):
    Quote.objects.filter(pk=quote.pk).update(**change)
    quote.refresh_from_db()
    manager = user_of("Sales manager", "manager@example.com")
    for reason, by in (("", manager), ("  ", manager), (REASON, rep)):
        with pytest.raises(quote_rules.QuoteNotUsable) as refused:
            drafts.start_from("quote", quote=quote, override_reason=reason, by=by)
        assert why == str(refused.value)
    assert not InvoiceDraft.objects.exists()

    draft = drafts.start_from("quote", quote=quote, override_reason=REASON, by=manager)

    assert content_of(draft).override_reason == REASON


def test_an_accepted_quote_may_be_invoiced_on_its_last_day(connection, quote, rep):
    Quote.objects.filter(pk=quote.pk).update(status=QuoteStatus.ACCEPTED, expires_on=timezone.localdate())
    quote.refresh_from_db()

    assert content_of(drafts.start_from("quote", quote=quote, override_reason=REASON, by=rep)).override_reason == ""


def test_a_quote_that_was_invoiced_asks_before_it_is_again(connection, quote, rep, make_invoice):
    make_invoice(quote=quote, voided=True)
    standing = make_invoice(quote=quote)

    with pytest.raises(quote_rules.QuoteInvoiced) as asked:
        drafts.start_from("quote", quote=quote, by=rep)

    assert asked.value.invoices == [standing]
    assert drafts.start_from("quote", quote=quote, again=True, by=rep)


@pytest.fixture
def earlier(make_invoice, deal):
    """A posted invoice with everything that can be copied, and what must not be."""
    invoice = make_invoice(
        deal=deal,
        customer_external_id="1",
        recipient="other@example.com",
        cc="boss@example.com",
        message="Thank you",
        terms_external_id="1",
        terms_name="Due on receipt",
        discount_percent=Decimal(10),
        discount_total=Decimal(20),
        shipping_total=Decimal(15),
        deposit=Decimal(50),
        shipping_address={"line1": "1 Pier"},
        class_external_id="9",
        class_name="East",
    )
    line = InvoiceLine(invoice=invoice, position=0, item_external_id="4", item_name="Design", quantity=2, unit_price=75)
    line.discount_amount = Decimal(5)
    line.description = "Planning"
    line.save()
    InvoiceLine.objects.create(invoice=invoice, position=1, kind=LineKind.TEXT, description="As agreed by phone")
    InvoiceLine.objects.create(invoice=invoice, position=2, kind=LineKind.DISCOUNT, amount=Decimal(-20))
    return invoice


def test_a_copy_says_what_the_earlier_invoice_said(connection, earlier, rep):
    draft = drafts.start_from(InvoiceSource.COPY, invoice=earlier, by=rep)

    content = content_of(draft)
    assert (draft.deal, draft.step, content.source, content.copied_from) == (
        earlier.deal,
        "customer",
        "copy",
        earlier.pk,
    )
    assert (content.customer.external_id, content.recipient, content.cc) == (
        "1",
        "other@example.com",
        "boss@example.com",
    )
    assert (content.terms.name, content.issued_on, content.due_on) == ("Due on receipt", *[TODAY.isoformat()] * 2)
    assert (content.discount, content.shipping) == (DraftDiscount("percent", "10"), "15")
    assert (content.class_name, content.shipping_address) == ("East", {"line1": "1 Pier"})
    assert (content.number, content.deposit, content.exchange_rate) == ("", "", "")
    line, words = content.lines
    assert (line.item.external_id, line.quantity, line.unit_price) == ("4", "2", "75")
    assert line.discount == DraftDiscount("amount", "5")
    assert (line.description, words.description) == ("Planning", "As agreed by phone")
    assert (words.item.mode, words.quantity, words.unit_price) == ("text", "", "")


def test_a_copy_of_a_voided_invoice_asks_for_the_prices(connection, earlier, rep):
    earlier.lines.update(unit_price=0, amount=0, discount_amount=0)
    earlier.voided = True
    earlier.save()

    draft = drafts.start_from(InvoiceSource.COPY, invoice=earlier, by=rep)

    line, _words = content_of(draft).lines
    assert (line.item.external_id, line.quantity, line.unit_price) == ("4", "2", "")
    asked = [problem.message for problem in wizard_problems.problems_of(draft, "products")]
    assert any("QuickBooks sets the prices of a voided invoice to 0" in message for message in asked)


def test_a_copy_of_an_invoice_in_a_lost_company_keeps_the_lines(connection, uk_connection, earlier, rep):
    books.accounts = [each for each in books.accounts if each.connection_id == uk_connection.pk]

    content = content_of(drafts.start_from("copy", invoice=earlier, by=rep))

    assert (content.connection_id, content.customer.mode) == (uk_connection.pk, "")
    assert [(line.name, line.item.mode, line.quantity) for line in content.lines] == [
        ("Design", "", "2"),
        ("", "text", ""),
    ]


def test_a_part_of_an_invoice_scales_quantities_and_amounts(connection, earlier, rep):
    content = content_of(drafts.start_from("estimate", invoice=earlier, share=Decimal(30), by=rep))

    assert (content.lines[0].quantity, content.lines[0].discount.value) == ("0.6", "1.5")
    assert (content.shipping, content.discount.value) == ("4.5", "10")


def test_chosen_lines_replace_those_of_the_source(connection, quote, rep):
    chosen = [DraftLine("x", name="Only this", quantity="1", unit_price="10")]

    content = content_of(drafts.start_from("quote", quote=quote, lines=chosen, by=rep))

    assert [(line.key, line.name) for line in content.lines] == [("l1", "Only this")]


def test_a_draft_that_was_worked_on_stays_beside_a_new_one(connection, deal, rep):
    untouched = drafts.start(deal, from_lines=True, by=rep)
    worked_on = drafts.start(deal, from_lines=True, by=rep)
    drafts.save(worked_on, lambda content: setattr(content, "message", "typed"))

    latest = drafts.start(deal, from_lines=False, by=rep)

    assert not InvoiceDraft.objects.filter(pk=untouched.pk).exists()
    assert drafts.open_drafts(deal, by=rep) == [latest, worked_on]


def test_the_company_is_proposed_by_pipeline_then_by_currency(connection, uk_connection, deal):
    both = books.accounts
    assert default_account.proposed(both, deal=deal, currency="GBP").account.connection_id == uk_connection.pk
    assert default_account.proposed(both, deal=deal, currency="EUR").account == both[0]
    assert default_account.proposed([], deal=deal, currency="USD") is None

    default_account.choose({deal.stage.pipeline_id: uk_connection.pk}, known=[uk_connection.pk])

    by_pipeline = default_account.proposed(both, deal=deal, currency="USD")
    assert by_pipeline.account.connection_id == uk_connection.pk
    assert "Sales" in by_pipeline.reason

    default_account.choose({deal.stage.pipeline_id: None}, known=[uk_connection.pk])
    assert not PipelineCompany.objects.exists()


def test_of_companies_with_one_currency_the_one_with_the_customer_is_proposed(connection, deal, monkeypatch):
    other = Connection.objects.create(
        environment="simulator", realm_id="1009", company_name="A first company", country="US", home_currency="USD"
    )
    books.add_company(other)
    both = sorted(books.accounts, key=lambda account: account.name)
    assert default_account.proposed(both, deal=deal, currency="USD").account.connection_id == other.pk

    def matches(_books, connection_id, *, deal_id):
        certain = connection_id == connection.pk
        return [CustomerChoice("3", "Cool Cars", reason="Linked" if certain else "Alike", certain=certain)]

    monkeypatch.setattr(ListAccounting, "customer_matches", matches)
    proposed = default_account.proposed(both, deal=deal, currency="USD")
    assert (proposed.account.connection_id, proposed.reason) == (connection.pk, "Has this deal’s customer already")


def test_from_a_deal_the_customer_is_matched_and_from_scratch_there_are_no_lines(connection, deal, rep):
    books.matches[deal.pk] = [CustomerChoice("3", "Cool Cars", "cars@x.example", reason="Linked", certain=True)]

    from_deal = content_of(drafts.start_from("deal", deal=deal, by=rep))
    from_scratch = content_of(drafts.start_from("scratch", deal=deal, by=rep))

    assert (len(from_deal.lines), from_deal.customer.external_id) == (2, "3")
    assert (from_scratch.lines, from_scratch.customer.external_id) == ([], "3")
