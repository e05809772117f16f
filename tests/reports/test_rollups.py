"""The roll-ups equal the slow, exact sums, whatever happened in between."""

import datetime
from decimal import Decimal

import hypothesis
import pytest
from django.core.management import call_command
from django.db import connection as database
from django.utils import timezone
from hypothesis import strategies as st

from accounts.models import User
from invoices.models import Invoice, InvoiceLine, Payment, PaymentApplication
from qbo_connector.models import Connection
from reports.models import InvoiceFact, StaleSlice
from reports.rollups import refresh
from tests.reports import slow_sums

FIRST = datetime.date(2026, 1, 28)
DAYS = st.integers(0, 9).map(lambda days: FIRST + datetime.timedelta(days=days))
WHOLE = st.integers(0, 40).map(Decimal)
WHICH = st.integers(0, 3)


def new_invoice(company: Connection, number: int, **values) -> Invoice:
    """An invoice over 100 with 20 tax that QuickBooks has."""
    defaults = {
        "external_id": str(number),
        "number": str(number),
        "status": "waiting",
        "customer_external_id": "7",
        "customer_name": "Cool Cars",
        "issued_on": FIRST,
        "due_on": FIRST + datetime.timedelta(days=30),
        "currency": "USD",
        "exchange_rate": Decimal("1.25"),
        "total": Decimal(100),
        "tax_total": Decimal(20),
        "balance": Decimal(100),
    }
    made = Invoice.objects.create(connection=company, **(defaults | values))
    InvoiceLine.objects.create(invoice=made, item_name="Design", amount=Decimal(80), quantity=2)
    return made


def new_payment(company: Connection, number: int, *parts: tuple[Invoice, str], **values) -> Payment:
    """A payment of the sum of its parts."""
    amount = sum((Decimal(part) for _invoice, part in parts), Decimal(0))
    defaults = {"external_id": f"P{number}", "received_on": FIRST, "amount": amount, "currency": "USD"}
    made = Payment.objects.create(connection=company, **(defaults | values))
    for invoice, part in parts:
        PaymentApplication.objects.create(
            payment=made, invoice=invoice, invoice_external_id=invoice.external_id, amount=Decimal(part)
        )
    return made


@pytest.fixture
def company(db):
    return Connection.objects.create(environment="simulator", realm_id="1", company_name="Books", home_currency="USD")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("issue"), DAYS, WHOLE),
        st.tuples(st.just("move"), WHICH, DAYS),
        st.tuples(st.just("own"), WHICH, st.booleans()),
        st.tuples(st.just("end"), WHICH, st.sampled_from(["voided", "removed", "deleted", "draft"])),
        st.tuples(st.just("line"), WHICH, st.sampled_from(["add", "change", "delete"])),
        st.tuples(st.just("pay"), WHICH, WHICH, DAYS, WHOLE),
        st.tuples(st.just("payment moves"), WHICH, st.none() | DAYS),
        st.tuples(st.just("payment ends"), WHICH, st.sampled_from(["voided", "removed", "deleted"])),
        st.tuples(st.just("unapply"), WHICH),
        st.tuples(st.just("refresh")),
    ),
    max_size=14,
)


class World:
    """Does the steps, as sync would: balances follow payments."""

    def __init__(self, company: Connection, owner: User) -> None:
        self.company, self.owner, self.count = company, owner, 0

    def nth(self, model, number):
        """One of the rows there are."""
        rows = list(model.objects.order_by("pk"))
        return rows[number % len(rows)] if rows else None

    def do(self, step):
        """One step; those without something to happen to do nothing."""
        kind, *given = step
        self.count += 1
        if kind == "issue":
            day, total = given
            new_invoice(self.company, self.count, issued_on=day, total=total, balance=total, tax_total=total / 5)
        elif kind == "refresh":
            refresh.refresh(batch=3)
        elif kind == "pay":
            self.pay(*given)
        elif kind.startswith("payment") or kind == "unapply":
            self.change_payment(kind, *given)
        else:
            self.change_invoice(kind, *given)

    def pay(self, first, second, day, amount):
        """A payment of two invoices (or one twice as much), a part of which is credit."""
        invoices = {self.nth(Invoice, first), self.nth(Invoice, second)} - {None}
        parts = [(invoice, amount) for invoice in invoices]
        credit = Decimal(5) if first == 0 else Decimal(0)
        money = max(Decimal(0), amount * len(parts) - credit)
        new_payment(self.company, self.count, *parts, received_on=day, amount=money + 3, unapplied=3)
        for invoice in invoices:
            Invoice.objects.filter(pk=invoice.pk).update(balance=max(Decimal(0), invoice.balance - amount))

    def change_invoice(self, kind, number, what):
        """Something happens to an invoice."""
        invoice = self.nth(Invoice, number)
        if invoice is None:
            return
        row = Invoice.objects.filter(pk=invoice.pk)
        if kind == "move":
            row.update(issued_on=what)
        elif kind == "own":
            row.update(owner=self.owner if what else None)
        elif kind == "line":
            lines = invoice.lines.all()
            if what == "add":
                InvoiceLine.objects.create(invoice=invoice, item_name="Pump", amount=Decimal(7))
            elif what == "change":
                lines.update(amount=Decimal(9))
            else:
                lines.delete()
        elif what == "deleted":
            invoice.delete()
        elif what == "removed":
            row.update(removed_at=timezone.now())
        else:
            row.update(status=what, voided=what == "voided")

    def change_payment(self, kind, number, what=None):
        """Something happens to a payment."""
        payment = self.nth(Payment, number)
        if payment is None:
            return
        row = Payment.objects.filter(pk=payment.pk)
        if kind == "unapply":
            payment.applications.all().delete()
        elif kind == "payment moves":
            row.update(received_on=what)
        elif what == "deleted":
            payment.delete()
        elif what == "removed":
            row.update(removed_at=timezone.now())
        else:
            row.update(voided=True)


@hypothesis.settings(max_examples=40, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
@hypothesis.given(steps=STEPS)
def test_roll_ups_equal_the_slow_sums_after_any_changes(company, steps):
    owner = User.objects.get_or_create(email="owner@example.com")[0]
    Payment.objects.all().delete()
    Invoice.objects.all().delete()
    refresh.refresh()
    world = World(company, owner)
    for number in (101, 102):
        new_invoice(company, number)

    for step in steps:
        world.do(step)
    refresh.refresh()

    slow_sums.assert_equal()
    assert not StaleSlice.objects.exists()


def test_everything_is_computed_anew_on_demand(company):
    paid = new_invoice(company, 1, balance=0)
    new_payment(company, 1, (paid, "100"), received_on=FIRST + datetime.timedelta(days=12))
    refresh.refresh()
    InvoiceFact.objects.all().delete()

    refresh.rebuild()

    slow_sums.assert_equal()
    assert InvoiceFact.objects.get().settled_on == FIRST + datetime.timedelta(days=12)


def test_what_no_report_reads_marks_nothing(company):
    invoice = new_invoice(company, 1)
    refresh.refresh()

    Invoice.objects.filter(pk=invoice.pk).update(synced_at=timezone.now(), number="77", message="Thanks")
    InvoiceLine.objects.filter(invoice=invoice).update(description="Blue")

    assert not StaleSlice.objects.exists()


def test_the_age_is_that_of_the_oldest_change(company):
    refresh.refresh()
    before = timezone.now()
    assert refresh.as_of() >= before

    new_invoice(company, 1)
    oldest = StaleSlice.objects.order_by("pk").first()

    assert oldest is not None
    assert refresh.as_of() == oldest.at


def test_one_statement_marks_all_its_rows_at_once(company, django_assert_num_queries):
    for number in range(1, 4):
        new_invoice(company, number)
    refresh.refresh()

    with django_assert_num_queries(1):
        Invoice.objects.update(balance=Decimal(50))

    assert StaleSlice.objects.count() == 3
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM reports_staleslice WHERE products")
        assert cursor.fetchone() == (0,)


def test_the_command_rebuilds_what_was_written_without_triggers(company, capsys):
    refresh.refresh()
    with database.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        new_invoice(company, 1)
        cursor.execute("SET LOCAL session_replication_role = origin")
    refresh.refresh()
    assert not InvoiceFact.objects.exists()

    call_command("rebuild_reports")

    slow_sums.assert_equal()
    assert "computed anew" in capsys.readouterr().out
