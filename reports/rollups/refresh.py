"""One turn of the roll-ups: take what is stale, compute exactly those slices anew, in one transaction."""

import datetime
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import Min
from django.utils import timezone

from reports.models import StaleSlice

# So many marks in one transaction: what a turn needs stays bounded, however much a first load brings.
BATCH = 100_000
# Of pg_try_advisory_xact_lock: who comes second has nothing to do.
LOCK = 0x5E9047
_RECOMPUTE = Path(__file__).with_name("refresh.sql").read_text().split("\n----\n")
_TODO = """
    CREATE TEMPORARY TABLE IF NOT EXISTS reports_todo_marks (invoice_id bigint, day date, products boolean)
        ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS reports_todo_invoices (id bigint PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS reports_todo_customers
        (connection_id bigint, customer text, PRIMARY KEY (connection_id, customer)) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS reports_todo_days (day date PRIMARY KEY) ON COMMIT DROP;
    CREATE TEMPORARY TABLE IF NOT EXISTS reports_todo_months (month date PRIMARY KEY) ON COMMIT DROP;
    TRUNCATE reports_todo_marks, reports_todo_invoices, reports_todo_customers, reports_todo_days, reports_todo_months
"""
_TAKE = """
    WITH gone AS (
        DELETE FROM reports_staleslice WHERE id IN (SELECT id FROM reports_staleslice ORDER BY id LIMIT %s)
        RETURNING invoice_id, day, products
    )
    INSERT INTO reports_todo_marks SELECT * FROM gone
"""
_EVERYTHING = """
    INSERT INTO reports_todo_marks SELECT invoice_id, issued_on, true FROM reports_invoicefact;
    INSERT INTO reports_todo_marks SELECT id, issued_on, true FROM invoices_invoice WHERE external_id <> '';
    INSERT INTO reports_todo_marks SELECT NULL, day, false FROM reports_daysum;
    INSERT INTO reports_todo_marks SELECT DISTINCT NULL::bigint, received_on, false FROM invoices_payment;
    INSERT INTO reports_todo_customers SELECT DISTINCT connection_id, customer FROM reports_customersum;
    INSERT INTO reports_todo_months SELECT DISTINCT month FROM reports_productsum
"""
# An invoice touches its customer and its day, before and after, and the days of its payments: they count for its owner.
_SPREAD = """
    INSERT INTO reports_todo_invoices SELECT DISTINCT invoice_id FROM reports_todo_marks WHERE invoice_id IS NOT NULL;
    ANALYZE reports_todo_invoices;
    INSERT INTO reports_todo_customers
        SELECT fact.connection_id, fact.customer FROM reports_invoicefact fact
        JOIN reports_todo_invoices todo ON todo.id = fact.invoice_id
        UNION SELECT i.connection_id, i.customer_external_id FROM invoices_invoice i
              JOIN reports_todo_invoices todo ON todo.id = i.id
    ON CONFLICT DO NOTHING;
    ANALYZE reports_todo_customers;
    INSERT INTO reports_todo_days
        SELECT day FROM reports_todo_marks WHERE day IS NOT NULL
        UNION SELECT fact.issued_on FROM reports_invoicefact fact
              JOIN reports_todo_invoices todo ON todo.id = fact.invoice_id
        UNION SELECT i.issued_on FROM invoices_invoice i JOIN reports_todo_invoices todo ON todo.id = i.id
        UNION SELECT payment.received_on FROM reports_todo_invoices todo
              JOIN invoices_paymentapplication part ON part.invoice_id = todo.id
              JOIN invoices_payment payment ON payment.id = part.payment_id WHERE payment.received_on IS NOT NULL;
    ANALYZE reports_todo_days;
    INSERT INTO reports_todo_months
        SELECT DISTINCT date_trunc('month', found.day)::date
        FROM reports_todo_marks mark
        CROSS JOIN LATERAL (
            SELECT issued_on AS day FROM reports_invoicefact WHERE invoice_id = mark.invoice_id
            UNION ALL SELECT issued_on FROM invoices_invoice WHERE id = mark.invoice_id
            UNION ALL SELECT mark.day
        ) found
        WHERE mark.products AND found.day IS NOT NULL
    ON CONFLICT DO NOTHING
"""


def refresh(*, batch: int = BATCH) -> int:
    """Bring the roll-ups up to date, ``batch`` marks to a transaction; how many marks were taken.

    Marks that are committed meanwhile stay for the next turn. Does nothing while another process is at it.
    """
    taken = 0
    while found := _turn(batch):
        taken += found
        if found < batch:
            break
    return taken


def rebuild() -> int:
    """Compute every slice anew."""
    StaleSlice.objects.create()
    return refresh()


def as_of() -> datetime.datetime:
    """How old the roll-ups are: everything that happened before is in them."""
    oldest: datetime.datetime | None = StaleSlice.objects.aggregate(oldest=Min("at"))["oldest"]
    return oldest or timezone.now()


@transaction.atomic
def _turn(batch: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TODO)
        cursor.execute(_TAKE, [batch])
        taken = int(cursor.rowcount)
        if not taken:
            return 0
        if _whole(cursor):
            cursor.execute(_EVERYTHING)
        cursor.execute(_SPREAD)
        for statement in _RECOMPUTE:
            cursor.execute(statement)
    return taken


def _whole(cursor: Any) -> bool:
    cursor.execute("SELECT 1 FROM reports_todo_marks WHERE invoice_id IS NULL AND day IS NULL LIMIT 1")
    return cursor.fetchone() is not None
