"""From an accepted quote or estimate to invoices: whole, in parts, never more than there is; QuickBooks closes it."""

from collections.abc import Callable
from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from crm.models import Deal, Quote
from crm.services import companies, deal_lines, deals, pipelines, products, quote_life, quotes
from crm.services.lines import LineValues
from crm.services.quotes import Discount
from invoices.models import Estimate, Invoice, InvoiceDraft
from invoices.reading import DraftProblems
from invoices.services import create, drafts, estimates, quote_billing, quote_left
from invoices.services.estimates import Wanted
from invoices.services.quote_billing import BadPart, Part, allocate
from qbo_connector.models import Connection
from sync.publish import estimates as publishing
from sync.services.connections import add_default_mappings
from tests import makers
from tests.quickbooks import QuickBooks, drain_until_settled, enable, sync_company

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rep(db: None) -> User:
    return makers.user("Admin")


@pytest.fixture
def company(us_company: Connection) -> Connection:
    enable(us_company)
    add_default_mappings(us_company.pk)
    sync_company(us_company)
    return us_company


@pytest.fixture
def deal(company: Connection, rep: User) -> Deal:
    pipelines.ensure_default()
    buyer = companies.create(by=rep, name="Brand New Ltd", email="new@example.com")
    return deals.create(by=rep, name="Garden", company=buyer, currency="USD")


@pytest.fixture
def quote(deal: Deal, rep: User) -> Quote:
    pump = products.create(by=rep, name="Wonder pump", unit_price=Decimal("33.35"), currency="USD")
    wanted = [
        LineValues("Wonder pump", Decimal(2), Decimal("33.35"), product_id=pump.pk),
        LineValues("Advice", Decimal(1), Decimal("66.63")),
    ]
    deal_lines.set_lines(deal, wanted, by=rep)
    draft = quotes.create_from_deal(deal, by=rep)
    draft = quotes.set_lines(draft, wanted, by=rep, discount=Discount(percent=Decimal(25)))
    return quote_life.accept(quotes.publish(draft, by=rep), name="Grace", ip=None)


@pytest.fixture
def estimate(company: Connection, quote: Quote, rep: User) -> Estimate:
    made = estimates.request(quote, Wanted(company.pk), by=rep)
    publishing.publish(made.pk)
    drain_until_settled(company)
    sync_company(company)
    made.refresh_from_db()
    return made


def complete(draft: InvoiceDraft, company: Connection) -> InvoiceDraft:
    """What the person does in the wizard: an item for lines that have none."""

    def change(content: Any) -> None:
        for line in content.lines:
            if not line.item.mode:
                line.item.mode, line.item.name, line.item.unit_price = "create", line.name, line.unit_price
        if not content.customer.mode:
            content.customer.mode, content.customer.name = "create", "Brand New Ltd"

    drafts.save(draft, change)
    draft.refresh_from_db()
    return draft


def invoiced(quote: Quote, part: Part, company: Connection, rep: User) -> Invoice:
    draft = complete(quote_billing.start_part(quote, part, by=rep), company)
    return create.create_invoice(draft, by=rep)


def net(invoice: Invoice) -> Decimal:
    return invoice.subtotal - invoice.discount_total


def estimate_there(quickbooks: QuickBooks, company: Connection, estimate: Estimate) -> Any:
    return next(r for r in quickbooks.objects(company.realm_id, "Estimate") if r["Id"] == estimate.external_id)


def test_the_whole_closes_the_estimate(
    quickbooks: QuickBooks, company: Connection, quote: Quote, estimate: Estimate, rep: User
) -> None:
    assert quote.amount == Decimal("100.00")
    invoice = invoiced(quote, Part("whole"), company, rep)
    drain_until_settled(company)
    sync_company(company)

    invoice.refresh_from_db()
    row = next(r for r in quickbooks.objects(company.realm_id, "Invoice") if r["Id"] == invoice.external_id)
    assert [(link["TxnType"], link["TxnId"]) for link in row["LinkedTxn"]] == [("Estimate", estimate.external_id)]
    assert (net(invoice), invoice.customer_external_id) == (Decimal(100), estimate.customer_external_id)
    assert estimate_there(quickbooks, company, estimate)["TxnStatus"] == "Closed"
    quote.refresh_from_db()
    assert quote.status == "closed"


def test_deposit_percentage_and_rest_come_to_the_whole_to_the_cent(
    quickbooks: QuickBooks, company: Connection, quote: Quote, estimate: Estimate, rep: User
) -> None:
    deposit = invoiced(quote, Part("deposit", value=Decimal(30)), company, rep)
    third = invoiced(quote, Part("percent", value=Decimal("33.33")), company, rep)
    drain_until_settled(company)
    assert estimate_there(quickbooks, company, estimate)["TxnStatus"] == "Accepted"
    assert quote_left.billed_of(quote).left == Decimal("36.67")
    with pytest.raises(BadPart, match=r"36\.67"):
        quote_billing.start_part(quote, Part("deposit", amount=Decimal(40)), by=rep)

    rest = invoiced(quote, Part("remaining"), company, rep)
    drain_until_settled(company)
    sync_company(company)

    for invoice in (deposit, third, rest):
        invoice.refresh_from_db()
    assert [net(invoice) for invoice in (deposit, third, rest)] == [
        Decimal(30), Decimal("33.33"), Decimal("36.67"),
    ]  # fmt: skip
    assert estimate_there(quickbooks, company, estimate)["TxnStatus"] == "Closed"
    with pytest.raises(BadPart, match="All of this quote"):
        quote_billing.start_part(quote, Part("remaining"), by=rep)


def test_chosen_lines_are_billed_with_their_part_of_the_discount(company: Connection, quote: Quote, rep: User) -> None:
    advice = quote.lines.get(name="Advice")
    invoice = invoiced(quote, Part("lines", lines=[advice.pk]), company, rep)
    nets = quote_billing.net_amounts(quote)
    assert net(invoice) == nets[advice.pk]
    rest = invoiced(quote, Part("remaining"), company, rep)
    assert net(invoice) + net(rest) == quote.amount


def test_a_draft_that_became_too_much_is_refused_when_it_is_posted(
    company: Connection, quote: Quote, rep: User
) -> None:
    first = complete(quote_billing.start_part(quote, Part("whole"), by=rep), company)
    first_data = first.data
    invoiced(quote, Part("deposit", value=Decimal(10)), company, rep)
    late = InvoiceDraft.objects.create(owner=rep, deal=quote.deal, data=first_data)
    with pytest.raises(DraftProblems, match=r"90\.00"):
        create.create_invoice(late, by=rep)
    assert Invoice.objects.filter(quote=quote).count() == 1


def test_a_voided_part_is_left_again(company: Connection, quote: Quote, rep: User) -> None:
    part = invoiced(quote, Part("deposit", value=Decimal(60)), company, rep)
    assert quote_left.billed_of(quote).left == Decimal(40)
    Invoice.objects.filter(pk=part.pk).update(voided=True)
    assert quote_left.billed_of(quote).left == Decimal(100)


def test_two_parts_at_once_never_exceed_the_whole(company: Connection, quote: Quote, rep: User) -> None:
    deposit = Part("deposit", value=Decimal(40))
    invoiced(quote, Part("deposit", value=Decimal(20)), company, rep)
    data = complete(quote_billing.start_part(quote, deposit, by=rep), company).data
    waiting = [InvoiceDraft.objects.create(owner=rep, deal=quote.deal, data=data) for _ in range(4)]
    outcomes: list[str] = []

    def post(draft: InvoiceDraft) -> Callable[[], None]:
        def run() -> None:
            try:
                create.create_invoice(draft, by=rep)
                outcomes.append("made")
            except DraftProblems:
                outcomes.append("refused")
            finally:
                connection.close()

        return run

    threads = [Thread(target=post(draft)) for draft in waiting]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["made", "made", "refused", "refused"]
    assert quote_left.billed_of(quote).left == 0


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        (Part("percent"), "between 0 and 100"),
        (Part("percent", value=Decimal(101)), "between 0 and 100"),
        (Part("deposit", amount=Decimal("100.01")), "left to invoice"),
        (Part("lines"), "at least one line"),
        (Part("everything"), "Choose"),
    ],
)
def test_parts_that_make_no_sense_are_refused(quote: Quote, rep: User, part: Part, sentence: str) -> None:
    with pytest.raises(BadPart, match=sentence):
        quote_billing.start_part(quote, part, by=rep)
    assert not InvoiceDraft.objects.exists()


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_shares_come_to_what_is_shared(currency: str) -> None:
    step = {"USD": Decimal("0.01"), "JPY": Decimal(1), "KWD": Decimal("0.001")}[currency]
    for wanted in (Decimal(0), step, step * 7, Decimal(100), step * 100_001):
        shares = allocate({1: Decimal(1), 2: Decimal(1), 3: Decimal("0.5")}, wanted, currency)
        assert sum(shares.values()) == wanted
        assert all(share == share.quantize(step) for share in shares.values())
