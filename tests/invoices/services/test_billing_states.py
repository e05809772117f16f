"""The figures of deals after any changes in any order are those of a plain recomputation."""

import datetime
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crm.models import Deal, DealBilling
from invoices.enums import InvoiceStatus
from invoices.models import Invoice, InvoicingSettings
from invoices.services import billing, from_sync, invoicing
from invoices.status import status_of
from invoices.synced import SyncedInvoice
from qbo_connector.models import Connection
from tests.invoices.fakes import TODAY

START = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)
RATES = {"USD": Decimal(1), "EUR": Decimal("1.08"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")}
MONEY = st.decimals(Decimal("0.01"), Decimal("99999999.99"), places=2)


def plainly(deal: Deal, rows: list[Invoice], skipped: set[int]) -> tuple:
    """The billing of a deal, one invoice after the other, by the words of the specification."""
    counted = [r for r in rows if r.external_id and r.removed_at is None]
    counted = [r for r in counted if not (r.connection_id in skipped and r.currency != deal.currency)]
    if not counted:
        return (None, "", "", "", None, 0, 0, 0, 0, None, 0)

    def money(row: Invoice, amount: Decimal) -> Decimal | None:
        if row.currency == deal.currency:
            return amount
        if deal.currency == "USD":
            return round_to(amount * row.exchange_rate, 2)
        known = [r for r in Invoice.objects.filter(currency=deal.currency) if r.external_id]
        if not known:
            return None
        newest = max(known, key=lambda r: (r.issued_on, r.pk))
        return round_to(amount * row.exchange_rate / newest.exchange_rate, {"JPY": 0, "KWD": 3}.get(deal.currency, 2))

    latest = max(counted, key=lambda r: (r.remote_updated_at or START, r.pk))
    alive = [r for r in counted if r.status != InvoiceStatus.VOIDED]
    billed = sum((money(r, r.total) or 0 for r in alive), Decimal(0))
    open_ = sum((money(r, r.balance) or 0 for r in alive), Decimal(0))
    late = sum((money(r, r.balance) or 0 for r in alive if r.status == InvoiceStatus.OVERDUE), Decimal(0))
    due = [r.due_on for r in alive if r.due_on and r.status != InvoiceStatus.PAID]
    return (
        money(latest, latest.total),
        latest.recipient or latest.customer_name,
        latest.number,
        latest.status,
        latest.due_on,
        billed,
        billed - open_,
        open_,
        late,
        min(due, default=None),
        len(counted),
    )


def round_to(amount: Decimal, places: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-places), "ROUND_HALF_UP")


class Deals(RuleBasedStateMachine):
    """QuickBooks and people change invoices; the deals' figures follow each time."""

    connection: Connection
    deals: list[Deal]

    @initialize()
    def begin(self) -> None:
        Invoice.objects.all().delete()
        InvoicingSettings.objects.all().delete()
        DealBilling.objects.all().delete()
        self.connection = Connection.objects.get(realm_id="1001")
        self.deals = list(Deal.objects.order_by("pk"))
        self.clock = 0
        self.ids = 0

    def synced(self, external_id: str, **values: object) -> None:
        self.clock += 1
        row = SyncedInvoice(
            external_id=external_id,
            issued_on=TODAY,
            remote_updated_at=START + datetime.timedelta(minutes=self.clock),
            **values,
        )  # type: ignore[arg-type]
        from_sync.apply_invoices(self.connection.pk, [row], today=TODAY, quiet=True)

    @rule(
        total=MONEY,
        paid=st.sampled_from([0, 1, 2]),
        currency=st.sampled_from(list(RATES)),
        deal=st.integers(0, 2),
        due=st.sampled_from([-3, 0, 9, None]),
    )
    def arrives(self, total: Decimal, paid: int, currency: str, deal: int, due: int | None) -> None:
        self.ids += 1
        due_on = None if due is None else TODAY + datetime.timedelta(days=due)
        balance = [total, round_to(total / 2, 2), Decimal(0)][paid]
        self.synced(
            str(self.ids),
            total=total,
            balance=balance,
            currency=currency,
            number=f"N{self.ids}",
            exchange_rate=RATES[currency],
            deal_id=self.deals[deal].pk,
            due_on=due_on,
            customer_name="C",
        )

    def some(self, data: st.DataObject) -> Invoice | None:
        rows = list(Invoice.objects.order_by("pk"))
        return data.draw(st.sampled_from(rows)) if rows else None

    @rule(data=st.data(), total=MONEY)
    def is_edited_or_paid(self, data: st.DataObject, total: Decimal) -> None:
        row = self.some(data)
        if row is not None:
            balance = data.draw(st.sampled_from([total, Decimal(0)]))
            self.synced(
                row.external_id,
                total=total,
                balance=balance,
                currency=row.currency,
                number=row.number,
                exchange_rate=row.exchange_rate,
                due_on=row.due_on,
                customer_name="C",
                recipient="r@x.example",
            )

    @rule(data=st.data())
    def is_voided(self, data: st.DataObject) -> None:
        row = self.some(data)
        if row is not None:
            self.synced(
                row.external_id,
                total=Decimal(0),
                balance=Decimal(0),
                currency=row.currency,
                voided=True,
                number=row.number,
                exchange_rate=row.exchange_rate,
                due_on=row.due_on,
                customer_name="C",
            )

    @rule(data=st.data())
    def is_deleted(self, data: st.DataObject) -> None:
        row = self.some(data)
        if row is not None:
            from_sync.mark_removed(self.connection.pk, [row.external_id], "invoice", quiet=True)

    @rule(data=st.data(), to=st.integers(0, 2))
    def moves(self, data: st.DataObject, to: int) -> None:
        row = self.some(data)
        if row is not None:
            before = row.deal_id
            Invoice.objects.filter(pk=row.pk).update(deal=self.deals[to])
            billing.recompute_deals([before, self.deals[to].pk])

    @rule(skip=st.booleans())
    def the_switch_moves(self, skip: bool) -> None:
        invoicing.change(self.connection, default_item=None, skip_other_currencies=skip, by=None)
        invoicing.recount(self.connection.pk)

    @invariant()
    def figures_are_those_of_a_plain_recomputation(self) -> None:
        if not getattr(self, "deals", None):
            return
        skipped = billing.skipping()
        # A deal in a third currency takes the newest rate there is: another deal's invoice may have brought it.
        billing.recompute_deals([self.deals[2].pk])
        stored = {row.deal_id: row for row in DealBilling.objects.all()}
        for deal in self.deals:
            rows = list(Invoice.objects.filter(deal=deal))
            for row in rows:
                assert row.status == status_of(
                    total=row.total,
                    balance=row.balance,
                    due_on=row.due_on,
                    emailed=False,
                    voided=row.voided,
                    today=TODAY,
                )
            found = stored.get(deal.pk)
            expected = plainly(deal, rows, skipped)
            if found is None:
                assert expected[-1] == 0
                continue
            assert (
                found.invoice_amount_billed,
                found.invoice_recipient,
                found.invoice_number,
                found.invoice_status,
                found.invoice_due_on,
                found.billed,
                found.paid,
                found.outstanding,
                found.overdue,
                found.next_due_on,
                found.invoices,
            ) == expected, deal.name


@pytest.mark.django_db
def test_deals_follow_their_invoices_whatever_happens(connection, stage):
    for name, currency in (("Home", "USD"), ("Foreign", "USD"), ("Third", "KWD")):
        Deal.objects.create(name=name, stage=stage, currency=currency)
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large]
    machine = settings(max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=checks)
    Deals.TestCase.settings = machine
    Deals.TestCase().runTest()


@pytest.mark.parametrize("count", [1, 500])
def test_statements_do_not_depend_on_the_number_of_invoices(count, make_invoice, deal, django_assert_num_queries):
    for _each in range(count):
        make_invoice(deal=deal, currency="EUR", exchange_rate=Decimal("1.08"))
    with django_assert_num_queries(6):  # savepoint, lock, invoices, settings, write, release
        billing.recompute_deals([deal.pk])
    assert DealBilling.objects.get(deal=deal).billed == count * 108


def test_a_deal_in_a_third_currency_is_converted_twice(make_invoice, stage):
    deal = Deal.objects.create(name="Third", stage=stage, currency="GBP")
    make_invoice(deal=deal, currency="EUR", exchange_rate=Decimal("1.08"), total=Decimal(100))
    billing.recompute_deals([deal.pk])
    assert DealBilling.objects.get(deal=deal).billed == 0, "no rate leads there"

    make_invoice(currency="GBP", exchange_rate=Decimal("1.25"))
    billing.recompute_deals([deal.pk])
    assert DealBilling.objects.get(deal=deal).billed == Decimal("86.40")


def test_skipped_currencies_leave_properties_and_sums_alone(make_invoice, deal, connection, admin):
    make_invoice(deal=deal, total=Decimal(5), number="A", remote_updated_at=START)
    make_invoice(
        deal=deal,
        total=Decimal(7),
        number="B",
        remote_updated_at=START + datetime.timedelta(1),
        currency="EUR",
        exchange_rate=Decimal(2),
    )
    billing.recompute_deals([deal.pk])
    assert DealBilling.objects.get(deal=deal).invoice_number == "B"

    invoicing.change(connection, default_item=None, skip_other_currencies=True, by=admin)
    assert invoicing.recount(connection.pk) == 1

    found = DealBilling.objects.get(deal=deal)
    assert (found.invoice_number, found.billed, found.invoices) == ("A", 5, 1)
