"""However payments, credit memos and invoices arrive (in any order, again, late, deleted, back), the end is the same.

A plain model holds what QuickBooks has in the end. What it sent on the way is delivered in a shuffled order, in
batches, some of it twice; then every row has to be as the model says.
"""

import datetime
import random
from decimal import Decimal

import pytest

from core.models import Event
from invoices.enums import CreditKind
from invoices.models import CreditApplication, CreditDocument, Invoice, Payment, PaymentApplication
from invoices.services import credits_from_sync, from_sync
from invoices.synced import (
    SyncedApplication,
    SyncedCredit,
    SyncedCreditUse,
    SyncedInvoice,
    SyncedPayment,
)

pytestmark = pytest.mark.django_db
DAY = datetime.date(2026, 11, 20)
START = datetime.datetime(2026, 11, 20, 9, tzinfo=datetime.UTC)
SEEDS = range(16)


class Books:
    """What QuickBooks holds, how it changes, and every state that it sent."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.clock = START
        self.invoices = {str(100 + n): Decimal(dice.randint(50, 300)) for n in range(4)}
        self.memos = {str(200 + n): Decimal(dice.randint(10, 60)) for n in range(2)}
        self.payments: dict[str, tuple[Decimal, dict[str, Decimal], dict[str, Decimal]]] = {}
        self.dead: set[str] = set()
        self.sent: list[tuple[str, object]] = []
        for key in self.invoices:
            self._send_invoice(key)
        for key in self.memos:
            self._send_memo(key)
        for n in range(5):
            self._change(str(300 + n))
        for _change in range(8):
            self._act(dice.choice(list(self.payments)))

    def _act(self, key: str) -> None:
        """The payment is moved, deleted, or comes back."""
        if key in self.dead:
            self.dead.discard(key)
            self._change(key)
        elif self.dice.random() < 0.25:
            self._tick()
            self.dead.add(key)
            self.sent.append(("payment gone", key))
        else:
            self._change(key)

    def _tick(self) -> datetime.datetime:
        self.clock += datetime.timedelta(minutes=1)
        return self.clock

    def _change(self, key: str) -> None:
        parts = {
            invoice: Decimal(self.dice.randint(1, 20))
            for invoice in self.dice.sample(list(self.invoices), self.dice.randint(0, 3))
        }
        uses = {memo: Decimal(self.dice.randint(1, 5)) for memo in self.memos if self.dice.random() < 0.3}
        amount = Decimal(self.dice.randint(0, 80))
        self.payments[key] = (amount, parts, uses)
        self._tick()
        self.sent.append(("payment", self.payment(key)))

    def payment(self, key: str) -> SyncedPayment:
        """A payment as it is now."""
        amount, parts, uses = self.payments[key]
        return SyncedPayment(
            external_id=key,
            currency="USD",
            amount=amount,
            unapplied=amount + sum(uses.values()) - sum(parts.values()),
            received_on=DAY,
            remote_updated_at=self.clock,
            applications=tuple(SyncedApplication(invoice, part) for invoice, part in parts.items()),
            credits=tuple(SyncedCreditUse(memo, used) for memo, used in uses.items()),
        )

    def _send_invoice(self, key: str) -> None:
        row = SyncedInvoice(
            external_id=key,
            number=f"N{key}",
            currency="USD",
            issued_on=DAY,
            total=self.invoices[key],
            balance=self.invoices[key],
            remote_updated_at=self._tick(),
        )
        self.sent.append(("invoice", row))

    def _send_memo(self, key: str) -> None:
        row = SyncedCredit(
            kind=CreditKind.CREDIT_MEMO,
            external_id=key,
            number=f"C{key}",
            currency="USD",
            total=self.memos[key],
            remaining=self.memos[key],
            issued_on=DAY,
            remote_updated_at=self._tick(),
        )
        self.sent.append(("memo", row))


def deliver(connection, kind, row) -> None:
    if kind == "invoice":
        from_sync.apply_invoices(connection.pk, [row], today=DAY, quiet=False)
    elif kind == "memo":
        credits_from_sync.apply_credits(connection.pk, CreditKind.CREDIT_MEMO, [row], quiet=False)
    elif kind == "payment":
        from_sync.apply_payments(connection.pk, [row], quiet=False)
    else:
        from_sync.mark_removed(connection.pk, [row], "payment")


def in_any_order(books: Books) -> list[tuple[str, object]]:
    """The states shuffled, some twice, and the last ones at the end: what a mirror hands on when it has caught up.

    The mirror never hands on a deletion that is older than what it holds, so deletions keep their place by object.
    """
    late = [each for each in books.sent if each[0] != "payment gone"]
    books.dice.shuffle(late)
    late += books.dice.sample(late, len(late) // 3)
    last: list[tuple[str, object]] = []
    for key in books.payments:
        states = [row for kind, row in books.sent if kind == "payment" and row.external_id == key]
        last.append(("payment", states[-1]))
        if key in books.dead:
            last.append(("payment gone", key))
    return late + last


@pytest.mark.parametrize("seed", SEEDS)
def test_any_order_of_arrival_ends_as_quickbooks_has_it(connection, seed):
    books = Books(random.Random(seed))

    for kind, row in in_any_order(books):
        deliver(connection, kind, row)

    invoices = dict(Invoice.objects.values_list("external_id", "pk"))
    memos = dict(CreditDocument.objects.values_list("external_id", "pk"))
    assert set(invoices) == set(books.invoices)
    assert set(memos) == set(books.memos)
    for key, (amount, parts, uses) in books.payments.items():
        payment = Payment.objects.get(external_id=key)
        assert (payment.removed_at is not None) == (key in books.dead)
        assert payment.amount == amount
        assert payment.unapplied == amount + sum(uses.values()) - sum(parts.values())
        applied = PaymentApplication.objects.filter(payment=payment)
        assert {(a.invoice_external_id, a.invoice_id, a.amount) for a in applied} == {
            (invoice, invoices[invoice], part) for invoice, part in parts.items()
        }
        used = CreditApplication.objects.filter(payment=payment)
        assert {(u.credit_external_id, u.credit_id, u.amount) for u in used} == {
            (memo, memos[memo], part) for memo, part in uses.items()
        }


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_what_is_delivered_again_is_told_once(connection, seed):
    books = Books(random.Random(seed))
    for kind, row in books.sent:
        deliver(connection, kind, row)
    told = Event.objects.count()

    # The last state of each, as a second webhook, a change-data answer or a listing brings it once more.
    for key in books.payments:
        if key not in books.dead:
            last = [row for kind, row in books.sent if kind == "payment" and row.external_id == key][-1]
            for _again in range(2):
                deliver(connection, "payment", last)
        else:
            deliver(connection, "payment gone", key)
    for kind, row in books.sent:
        if kind in ("invoice", "memo"):
            deliver(connection, kind, row)

    assert Event.objects.count() == told


def test_a_payment_moved_to_another_invoice_is_told_on_both(connection):
    for key in ("100", "101"):
        row = SyncedInvoice(
            external_id=key, number=f"N{key}", currency="USD", issued_on=DAY, total=Decimal(90), balance=Decimal(90),
            remote_updated_at=START,
        )  # fmt: skip
        deliver(connection, "invoice", row)
    first = SyncedPayment(
        external_id="300", currency="USD", amount=Decimal(50), received_on=DAY, remote_updated_at=START,
        applications=(SyncedApplication("100", Decimal(50)),),
    )  # fmt: skip
    deliver(connection, "payment", first)
    moved = SyncedPayment(
        external_id="300", currency="USD", amount=Decimal(50), received_on=DAY,
        remote_updated_at=START + datetime.timedelta(minutes=1),
        applications=(SyncedApplication("101", Decimal(50)),),
    )  # fmt: skip
    deliver(connection, "payment", moved)

    event = Event.objects.get(name="payment.changed")
    assert (event.data["left"], event.data["invoices"]) == (["N100"], ["N101"])
    shown = set(event.links.filter(object_type="invoice").values_list("object_id", flat=True))
    assert shown == set(Invoice.objects.values_list("pk", flat=True))
