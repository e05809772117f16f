"""The status of an invoice from its figures and the day."""

import datetime
import itertools
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from invoices.enums import InvoiceStatus
from invoices.status import status_of

TODAY = datetime.date(2026, 11, 22)
YESTERDAY, TOMORROW = TODAY - datetime.timedelta(days=1), TODAY + datetime.timedelta(days=1)
BALANCES = {"nothing": Decimal(0), "some": Decimal(40), "all": Decimal(100)}


def expected(owed: str, due: datetime.date | None, emailed: bool, voided: bool, draft: bool) -> InvoiceStatus:
    if draft:
        return InvoiceStatus.DRAFT
    if voided:
        return InvoiceStatus.VOIDED
    if owed == "nothing":
        return InvoiceStatus.PAID
    if due == YESTERDAY:
        return InvoiceStatus.OVERDUE
    if owed == "some":
        return InvoiceStatus.PARTIAL
    return InvoiceStatus.SENT if emailed else InvoiceStatus.WAITING


@pytest.mark.parametrize(
    ("owed", "due", "emailed", "voided", "draft"),
    list(itertools.product(BALANCES, [None, YESTERDAY, TODAY, TOMORROW], [False, True], [False, True], [False, True])),
)
def test_every_combination(owed, due, emailed, voided, draft):
    found = status_of(
        total=Decimal(100),
        balance=BALANCES[owed],
        due_on=due,
        emailed=emailed,
        voided=voided,
        draft=draft,
        today=TODAY,
    )
    assert found == expected(owed, due, emailed, voided, draft)


@pytest.mark.parametrize(
    ("total", "balance", "voided", "status"),
    [
        ("0", "0", False, InvoiceStatus.PAID),
        ("0", "0", True, InvoiceStatus.VOIDED),
        ("100", "-5", False, InvoiceStatus.PAID),
        ("100", "0.01", False, InvoiceStatus.PARTIAL),
        ("100.00", "100", False, InvoiceStatus.WAITING),
        ("50", "80", False, InvoiceStatus.WAITING),
    ],
)
def test_edges(total, balance, voided, status):
    found = status_of(
        total=Decimal(total), balance=Decimal(balance), due_on=None, emailed=False, voided=voided, today=TODAY
    )
    assert found == status


amounts = st.decimals(min_value=0, max_value=10**9, places=2)
days = st.dates(datetime.date(2020, 1, 1), datetime.date(2030, 1, 1))


@settings(deadline=None)
@given(total=amounts, balance=amounts, due_on=st.none() | days, emailed=st.booleans(), today=days)
def test_time_alone_only_ever_leads_to_overdue(total, balance, due_on, emailed, today):
    facts = {"total": total, "balance": balance, "due_on": due_on, "emailed": emailed, "voided": False}
    now = status_of(**facts, today=today)
    later = status_of(**facts, today=today + datetime.timedelta(days=1))
    assert later == now or later == InvoiceStatus.OVERDUE
    assert (now == InvoiceStatus.PAID) == (balance <= 0)
    assert (now == InvoiceStatus.OVERDUE) == (balance > 0 and due_on is not None and due_on < today)
