"""Quotes as estimates in QuickBooks and back: creation, status, lines, deletion; each in every direction."""

import datetime
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.models import Event
from crm.enums import QuoteStatus
from crm.models import Company, Deal, Quote
from crm.services import companies, deal_lines, deals, pipelines, products, quote_life, quotes
from crm.services.lines import LineValues
from crm.services.quotes import Discount
from invoices.models import Estimate
from invoices.services import estimates
from invoices.services.estimates import NoEstimate, Wanted, keep_up
from qbo_connector.mirror.read import Mirrored
from qbo_connector.models import Connection, MirrorObject, Operation
from sync.enums import Outcome
from sync.models import Link
from sync.publish import estimates as publishing
from sync.reconcile import run
from sync.reconcile.batch import marked
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
    buyer = Company.objects.filter(name="Cool Cars").first() or companies.create(by=rep, name="Brand New Ltd")
    return deals.create(by=rep, name="Garden", company=buyer, currency="USD")


@pytest.fixture
def quote(deal: Deal, rep: User) -> Quote:
    pump = products.create(by=rep, name="Wonder pump", unit_price=Decimal(15), currency="USD")
    wanted = [
        LineValues("Wonder pump", Decimal(2), Decimal(15), product_id=pump.pk),
        LineValues("Advice", Decimal(1), Decimal(70)),
    ]
    deal_lines.set_lines(deal, wanted, by=rep)
    return quotes.publish(quotes.create_from_deal(deal, by=rep), by=rep)


def carry_over(company: Connection) -> None:
    """What the workers do after a change: follow the quotes, plan, send, settle, read."""
    for pk in Quote.objects.order_by("pk").values_list("pk", flat=True):
        if (estimate := keep_up(pk)) is not None:
            publishing.publish(estimate)
    drain_until_settled(company)
    sync_company(company)


def sent(company: Connection, quote: Quote, rep: User) -> Estimate:
    proposal = estimates.propose(quote, company.pk)
    customer = proposal.customers[0].external_id if proposal.customers else ""
    estimate = estimates.request(quote, Wanted(company.pk, customer), by=rep)
    carry_over(company)
    estimate.refresh_from_db()
    return estimate


def there(quickbooks: QuickBooks, company: Connection, external_id: str) -> Any:
    return next(row for row in quickbooks.objects(company.realm_id, "Estimate") if row["Id"] == external_id)


def changed_there(quickbooks: QuickBooks, company: Connection, external_id: str, **values: Any) -> None:
    edited_there(quickbooks, company, external_id, **values)
    sync_company(company)


def edited_there(quickbooks: QuickBooks, company: Connection, external_id: str, **values: Any) -> None:
    quickbooks.call(
        "POST", f"objects/{company.realm_id}/Estimate/{external_id}", {"operation": "update", "fields": values}
    )


def test_a_quote_becomes_an_estimate_with_its_customer_and_items(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)

    row = there(quickbooks, company, estimate.external_id)
    assert (row["TxnStatus"], row["TotalAmt"], row["ExpirationDate"]) == ("Pending", 100, quote.expires_on.isoformat())
    assert [line["Amount"] for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"] == [30, 70]
    assert estimate.number == row["DocNumber"]
    assert Link.objects.get(object_type="estimate", object_id=estimate.pk).outcome == Outcome.IN_SYNC
    assert estimates.request(quote, Wanted(company.pk), by=rep) == estimate
    assert Operation.objects.filter(entity="Estimate").count() == 1
    quote.refresh_from_db()
    assert (quote.status, Quote.objects.filter(version=2).count()) == (QuoteStatus.PUBLISHED, 0)


@pytest.mark.parametrize(("answer", "status"), [("accept", "Accepted"), ("decline", "Rejected")])
def test_the_customers_answer_goes_to_quickbooks(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User, answer: str, status: str
) -> None:
    estimate = sent(company, quote, rep)
    if answer == "accept":
        quote_life.accept(quote, name="Grace Pariente", ip=None)
    else:
        quote_life.decline(quote, ip=None)
    carry_over(company)

    row = there(quickbooks, company, estimate.external_id)
    assert row["TxnStatus"] == status
    if answer == "accept":
        assert row["AcceptedBy"] == "Grace Pariente"
    assert [line["Amount"] for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"] == [30, 70]
    carry_over(company)
    assert Operation.objects.filter(entity="Estimate", verb="update").count() == 1
    assert Event.objects.filter(name__in=["quote.accepted", "quote.declined"]).count() == 1


@pytest.mark.parametrize(("status", "ours"), [("Accepted", "accepted"), ("Rejected", "declined"), ("Closed", "closed")])
def test_the_status_of_quickbooks_comes_to_the_quote(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User, status: str, ours: str
) -> None:
    estimate = sent(company, quote, rep)
    changed_there(quickbooks, company, estimate.external_id, TxnStatus=status)

    quote.refresh_from_db()
    assert quote.status == ours
    carry_over(company)
    assert not Operation.objects.filter(entity="Estimate", verb="update").exists()
    changed_there(quickbooks, company, estimate.external_id, TxnStatus="Pending")
    quote.refresh_from_db()
    assert quote.status == "published"


def test_a_new_version_updates_the_same_estimate(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)
    second = quote_life.revise(quote, by=rep)
    wanted = [LineValues("Advice", Decimal(3), Decimal(70))]
    quotes.set_lines(second, wanted, by=rep, discount=Discount(percent=Decimal(10)))
    carry_over(company)
    assert there(quickbooks, company, estimate.external_id)["TotalAmt"] == 100

    quotes.publish(second, by=rep)
    carry_over(company)

    row = there(quickbooks, company, estimate.external_id)
    assert (row["TotalAmt"], row["TxnStatus"]) == (189, "Pending")
    estimate.refresh_from_db()
    assert (estimate.quote, estimate.lines_waiting, estimate.total) == (second, False, Decimal(189))


def test_an_edit_in_quickbooks_becomes_a_version_of_its_own(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)
    row = there(quickbooks, company, estimate.external_id)
    lines = [dict(line) for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail"]
    lines[0] = {**lines[0], "Amount": 45, "SalesItemLineDetail": {**lines[0]["SalesItemLineDetail"], "Qty": 3}}
    changed_there(quickbooks, company, estimate.external_id, Line=lines)

    quote.refresh_from_db()
    estimate.refresh_from_db()
    second = estimate.quote
    assert (quote.status, second.version, second.status, second.amount) == ("replaced", 2, "published", Decimal(115))
    assert [line.quantity for line in second.lines.all()] == [3, 1]
    carry_over(company)
    assert not Operation.objects.filter(entity="Estimate", verb="update").exists()


def test_a_draft_follows_in_place(quickbooks: QuickBooks, company: Connection, deal: Deal, rep: User) -> None:
    deal_lines.set_lines(deal, [LineValues("Advice", Decimal(1), Decimal(70))], by=rep)
    draft = quotes.create_from_deal(deal, by=rep)
    estimate = sent(company, draft, rep)
    quotes.set_lines(draft, [LineValues("Advice", Decimal(2), Decimal(70))], by=rep)
    carry_over(company)
    assert there(quickbooks, company, estimate.external_id)["TotalAmt"] == 140

    row = there(quickbooks, company, estimate.external_id)
    line = next(dict(line) for line in row["Line"] if line["DetailType"] == "SalesItemLineDetail")
    line |= {"Amount": 210, "SalesItemLineDetail": {**line["SalesItemLineDetail"], "Qty": 3}}
    changed_there(quickbooks, company, estimate.external_id, Line=[line])

    draft.refresh_from_db()
    assert (draft.amount, draft.version, draft.status) == (Decimal(210), 1, "draft")


def test_estimates_of_quickbooks_are_quotes_of_the_linked_company(quickbooks: QuickBooks, company: Connection) -> None:
    rows = quickbooks.objects(company.realm_id, "Estimate")
    assert Estimate.objects.count() == len(rows) == Quote.objects.count()
    for row in rows:
        estimate = Estimate.objects.select_related("quote").get(external_id=row["Id"])
        quote = estimate.quote
        assert quote.deal is None
        assert quote.company_id or quote.contact_id
        assert quote.amount == Decimal(str(row["TotalAmt"])) - Decimal(str(row["TxnTaxDetail"]["TotalTax"]))
        assert quote.status == {"Closed": "closed", "Pending": "published", "Accepted": "accepted"}[row["TxnStatus"]]
    assert not Event.objects.filter(name="quote.created").exists()


def test_one_deleted_in_quickbooks_leaves_its_quote(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)
    quickbooks.call("POST", f"objects/{company.realm_id}/Estimate/{estimate.external_id}", {"operation": "delete"})
    sync_company(company)
    estimate.refresh_from_db()
    quote.refresh_from_db()
    assert (estimate.removed_at is not None, quote.status) == (True, "published")
    quote_life.accept(quote, name="Grace", ip=None)
    carry_over(company)
    assert not Operation.objects.filter(entity="Estimate", verb="update").exists()
    assert sent(company, quote, rep).external_id != estimate.external_id


def test_a_lost_answer_makes_no_second_estimate(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    before = len(quickbooks.objects(company.realm_id, "Estimate"))
    quickbooks.fault(method="POST", path="/estimate", when="after", action="drop", times=1)
    sent(company, quote, rep)
    Operation.objects.update(due_at=quote.updated_at)
    carry_over(company)
    assert len(quickbooks.objects(company.realm_id, "Estimate")) == before + 1
    assert Estimate.objects.filter(quote=quote).exclude(external_id="").count() == 1


def test_a_refusal_is_told_and_tried_again_when_asked(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    quickbooks.fault(
        method="POST", path="/estimate", action="fault", code="6000", message="Error", detail="Not today.", status=400,
        times=1,
    )  # fmt: skip
    estimate = sent(company, quote, rep)
    link = Link.objects.get(object_type="estimate", object_id=estimate.pk)
    assert (link.outcome, link.detail) == (Outcome.FAILING, "Not today.")
    assert Event.objects.filter(name="estimate.refused").count() == 1
    publishing.publish(estimate.pk, again=True)
    drain_until_settled(company)
    link.refresh_from_db()
    assert link.outcome == Outcome.IN_SYNC


def test_a_change_there_under_our_answer_is_not_lost(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)
    edited_there(quickbooks, company, estimate.external_id, CustomerMemo={"value": "Call me"})
    quote_life.accept(quote, name="Grace", ip=None)
    carry_over(company)
    carry_over(company)
    row = there(quickbooks, company, estimate.external_id)
    assert (row["TxnStatus"], row["CustomerMemo"]["value"]) == ("Accepted", "Call me")


def test_what_can_not_be_sent_is_said(company: Connection, quote: Quote, rep: User) -> None:
    quote_life.decline(quote, ip=None)
    with pytest.raises(NoEstimate, match="state"):
        estimates.request(quote, Wanted(company.pk), by=rep)
    with pytest.raises(NoEstimate, match="not connected"):
        estimates.propose(quote, 999)


def test_reading_the_same_again_writes_nothing_and_costs_the_same_for_one_and_for_all(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    estimate = sent(company, quote, rep)
    Estimate.objects.update(synced_at=None)
    rows = MirrorObject.objects.filter(connection=company, entity="Estimate")
    costs = []
    for some in (rows.filter(qbo_id=estimate.external_id), rows):
        some.update(unread=True)
        with CaptureQueriesContext(database) as asked:
            run.reconcile(company)
        costs.append(len(asked))
    assert costs[0] == costs[1]
    estimate.refresh_from_db()
    assert estimate.synced_at is None
    assert not Quote.objects.exclude(version=1).exists()


def test_an_estimate_finds_its_company_once_the_customer_is_linked(company: Connection, rep: User) -> None:
    estimate = Estimate.objects.filter(quote__company__isnull=False).select_related("quote").first()
    assert estimate is not None
    wanted = estimate.quote.company_id
    Quote.objects.filter(pk=estimate.quote_id).update(company=None, contact=None)
    MirrorObject.objects.filter(connection=company, entity="Estimate").update(unread=True)
    run.reconcile(company)
    estimate.quote.refresh_from_db()
    assert estimate.quote.company_id == wanted


def test_an_estimate_is_accepted_on_the_day_that_it_is_where_the_company_is(
    quickbooks: QuickBooks, company: Connection, quote: Quote, rep: User
) -> None:
    sent(company, quote, rep)
    quote_life.accept(quote, name="Grace", ip=None)
    late = datetime.datetime(2026, 11, 21, 3, tzinfo=datetime.UTC)
    Quote.objects.filter(pk=quote.pk).update(answered_at=late)
    Connection.objects.filter(pk=company.pk).update(time_zone="America/Los_Angeles")

    carry_over(company)

    update = Operation.objects.get(entity="Estimate", verb="update")
    assert update.intent["AcceptedDate"] == "2026-11-20"


@pytest.mark.parametrize("order", [1, -1])
def test_of_copies_with_one_marker_the_oldest_is_ours(company: Connection, order: int) -> None:
    intent = uuid.uuid4()
    payload = {"PrivateNote": f"CRM {intent}"}
    rows = [MirrorObject(connection=company, entity="Estimate", qbo_id=qbo_id) for qbo_id in ("999", "1000")]

    assert marked([Mirrored(row, payload) for row in rows][::order]) == {intent: "999"}
