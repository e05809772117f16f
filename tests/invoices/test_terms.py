"""Due dates from terms."""

import datetime

import pytest

from invoices import terms
from invoices.ports import TermsChoice

D = datetime.date


@pytest.mark.parametrize(
    ("issued_on", "choice", "due_on"),
    [
        (D(2026, 11, 22), TermsChoice("1", "Due on receipt", due_days=0), D(2026, 11, 22)),
        (D(2026, 11, 22), TermsChoice("3", "Net 30", due_days=30), D(2026, 12, 22)),
        (D(2028, 1, 30), TermsChoice("3", "Net 30", due_days=30), D(2028, 2, 29)),
        (D(2026, 11, 22), TermsChoice("9", "Some day"), None),
        (D(2026, 11, 10), TermsChoice("5", "15th", due_day_of_month=15), D(2026, 11, 15)),
        (D(2026, 11, 16), TermsChoice("5", "15th", due_day_of_month=15), D(2026, 12, 15)),
        (D(2026, 12, 20), TermsChoice("5", "15th", due_day_of_month=15), D(2027, 1, 15)),
        (D(2026, 11, 12), TermsChoice("5", "15th", due_day_of_month=15, due_next_month_days=5), D(2026, 12, 15)),
        (D(2026, 11, 10), TermsChoice("5", "15th", due_day_of_month=15, due_next_month_days=5), D(2026, 11, 15)),
        (D(2026, 2, 3), TermsChoice("6", "end of month", due_day_of_month=31), D(2026, 2, 28)),
        (D(2026, 1, 31), TermsChoice("6", "end of month", due_day_of_month=31, due_next_month_days=3), D(2026, 2, 28)),
    ],
)
def test_due_date(issued_on, choice, due_on):
    assert terms.due_on(issued_on, choice) == due_on
