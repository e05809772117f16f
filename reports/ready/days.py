"""Sums by month, out of the roll-up of days; for the invoices of one customer out of these invoices themselves."""

import datetime
from collections.abc import Sequence
from decimal import Decimal

from reports.ready.lists import within
from reports.ready.money import Scope, invoice_list, on_days

# The same columns as the roll-up: invoices by their day, payments by their effective day and, as money, by arrival.
_OF_COMPANY = """(
    WITH fact AS MATERIALIZED (
        SELECT * FROM reports_invoicefact
        WHERE invoice_id IN (SELECT invoice_id FROM invoices_invoice_companies WHERE company_id = %(company)s)
    ), paid AS (
        SELECT fact.*, part.amount, payment.received_on,
               greatest(coalesce(payment.received_on, fact.issued_on), fact.issued_on) AS day,
               round(part.amount * CASE WHEN whole.amount > payment.amount - payment.unapplied
                                        THEN (payment.amount - payment.unapplied) / whole.amount ELSE 1 END, 2) AS cash
        FROM fact JOIN invoices_paymentapplication part ON part.invoice_id = fact.invoice_id
        JOIN invoices_payment payment ON payment.id = part.payment_id
        CROSS JOIN LATERAL (SELECT sum(amount) AS amount FROM invoices_paymentapplication
                            WHERE payment_id = payment.id) whole
        WHERE payment.external_id <> '' AND payment.removed_at IS NULL AND NOT payment.voided
    )
    SELECT issued_on AS day, connection_id, owner_id, currency, rate, 1 AS invoices, total AS billed, tax, other,
           0 AS applied, CASE WHEN total <> 0 THEN round(tax * other / total, 5) ELSE 0 END AS tax_paid,
           deposit AS received
    FROM fact
    UNION ALL
    SELECT day, connection_id, owner_id, currency, rate, 0, 0, 0, 0, amount,
           CASE WHEN total <> 0 THEN round(tax * amount / total, 5) ELSE 0 END, 0
    FROM paid
    UNION ALL
    SELECT received_on, connection_id, owner_id, currency, rate, 0, 0, 0, 0, 0, 0, cash FROM paid
    WHERE received_on IS NOT NULL
)"""

_BY_MONTH = """
    SELECT date_trunc('month', each.day)::date, {sums} FROM {source} each
    WHERE each.day BETWEEN %(first)s AND %(last)s AND {fitting} GROUP BY 1
"""


def by_month(
    scope: Scope, columns: Sequence[str], first: datetime.date, last: datetime.date
) -> dict[datetime.date, list[Decimal]]:
    """Sums of columns of the roll-up by month, from one day to another."""
    one = scope.asked.company is not None
    source, amount = (_OF_COMPANY, scope.amount) if one else ("reports_daysum", scope.summed)
    wanted = [f"each.{name}" if name == "invoices" else amount(name, "each") for name in columns]
    sums = ", ".join(f"sum({each})" for each in wanted)
    sql = _BY_MONTH.format(sums=sums, source=source, fitting=scope.fitting("each"))
    found = scope.rows(sql, first=first, last=last)
    return {month: [Decimal(each) for each in sums] for month, *sums in found}


def issued_in(scope: Scope, month: datetime.date) -> str:
    """The address of the list of what was issued in a month, as far as the period goes."""
    return invoice_list(scope, on_days("issued_on", *within(scope, month)))
