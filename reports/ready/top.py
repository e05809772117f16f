"""Customers and products that were billed most."""

import datetime
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.models import Product
from reports.dates import first_of, next_of
from reports.months import month_end
from reports.ready import money
from reports.ready.registry import Parameters, ReadyReport, add
from reports.result import Chart, Column, Result, Row, Series

SHOWN, DRAWN = 20, 10
# Whole quarters out of their sums, the days before and after them out of the invoices.
CUSTOMERS = """
    SELECT one, two, sum(invoices) AS invoices, sum(billed) AS billed FROM (
        SELECT each.connection_id AS one, each.customer AS two, each.invoices, {summed} AS billed
        FROM reports_customersum each
        WHERE each.quarter >= %(begin)s AND each.quarter < %(end)s AND {fitting_sums}
        UNION ALL
        SELECT fact.connection_id, fact.customer, 1, {total} FROM reports_invoicefact fact
        WHERE fact.issued_on >= %(first)s AND fact.issued_on < %(begin)s AND {fitting}
        UNION ALL
        SELECT fact.connection_id, fact.customer, 1, {total} FROM reports_invoicefact fact
        WHERE fact.issued_on >= %(end)s AND fact.issued_on <= %(last)s AND {fitting}
    ) parts GROUP BY 1, 2
"""
PRODUCTS = """
    SELECT each.product_id, each.item, sum(each.lines), sum(each.quantity), sum({amount}) FROM reports_productsum each
    WHERE each.month BETWEEN %(since)s AND %(last)s AND {fitting} GROUP BY 1, 2
"""
# Of one customer: out of its own lines.
PRODUCTS_OF_COMPANY = """
    SELECT coalesce(line.product_id, 0), CASE WHEN line.product_id IS NULL THEN line.item_name ELSE '' END, count(*),
           coalesce(sum(line.quantity), 0),
           sum(CASE WHEN fact.currency = %(currency)s THEN line.amount ELSE round(line.amount * fact.rate, 2) END)
    FROM reports_invoicefact fact JOIN invoices_invoiceline line ON line.invoice_id = fact.invoice_id
    WHERE fact.issued_on BETWEEN %(since)s AND %(until)s AND line.kind IN ('item', 'member') AND {fitting} GROUP BY 1, 2
"""


def customers(_user: Any, asked: Parameters) -> Result:
    """Customers by what they were billed in the period, tax included."""
    scope = money.scope(asked)
    sql = CUSTOMERS.format(
        total=scope.amount("total"),
        fitting=scope.fitting(),
        summed=scope.summed("billed"),
        # The sums know no owners, and are not asked where there is a filter.
        fitting_sums=scope.fitting("each") if asked.owner is None else "false",
    )
    begin, end = whole_quarters(asked)
    found = scope.ranked(sql, "invoices billed", "billed DESC", SHOWN, begin=begin, end=end)
    names = money.customers([(pk, customer) for pk, customer, *_more in found if pk is not None])
    whole = sum((row[4] for row in found), money.ZERO)
    period = money.on_days("issued_on", asked.period.first, asked.period.last)
    rows = []
    for pk, customer, others, count, amount in found:
        if pk is None:
            rows.append(Row((money.others(others), count, amount, _share(amount, whole)), muted=True))
            continue
        name = names[pk, customer]
        address = money.invoice_list(scope, *money.of_customer((pk, customer), name), period)
        rows.append(Row((name, count, amount, _share(amount, whole)), drill=address))
    notes = scope.notes(
        _("With tax."), left_out=scope.left_out("fact.issued_on BETWEEN %(first)s AND %(last)s")
    )  # fmt: skip
    columns = [Column("customer", _("Customer")), Column("count", _("Invoices"), "number")]
    return _result(scope, _("Top customers"), columns, rows, (sum(row[3] for row in found), whole), notes)


def whole_quarters(asked: Parameters) -> tuple[datetime.date, datetime.date]:
    """The first day of the whole quarters in a period, and the first one after them; none of one owner or company."""
    after = asked.period.last + datetime.timedelta(days=1)
    begin, end = first_of(asked.period.first, "quarter"), first_of(after, "quarter")
    if begin < asked.period.first:
        begin = next_of(begin, "quarter")
    return (begin, end) if begin < end and asked.owner is None and asked.company is None else (after, after)


def products(_user: Any, asked: Parameters) -> Result:
    """Products by what was billed of them in the months of the period, before tax."""
    scope = money.scope(asked)
    of_one = asked.company is not None
    sql = (
        PRODUCTS_OF_COMPANY.format(fitting=scope.fitting())
        if of_one
        else PRODUCTS.format(fitting=scope.fitting("each"), amount=scope.summed("amount"))
    )
    since, until = asked.period.first.replace(day=1), month_end(asked.period.last)
    found = scope.rows(sql, since=since, until=until)
    found.sort(key=lambda row: (-row[4], row[:2]))
    known = dict(Product.objects.filter(pk__in=[row[0] for row in found[:SHOWN]]).values_list("pk", "name"))
    whole = sum((row[4] for row in found), money.ZERO)
    period = money.on_days("issued_on", since, until)
    rows = []
    for pk, item, lines, quantity, amount in found[:SHOWN]:
        what: dict[str, Any] = {"field": "product", "op": "equals", "value": str(pk)}
        if not pk:
            what = {"field": "name", "op": "equals", "value": item} if item else {"field": "name", "op": "empty"}
        address = money.invoice_list(scope, {"some": "lines", "where": what}, period)
        name = known.get(pk) or item or _("Without a product")
        rows.append(Row((name, lines, quantity, amount, _share(amount, whole)), drill=address))
    if rest := found[SHOWN:]:
        sums = [sum((row[place] for row in rest), Decimal(0)) for place in (2, 3, 4)]
        rows.append(Row((money.others(len(rest)), *sums, _share(sums[2], whole)), muted=True))
    totals = (*(sum((row[place] for row in found), Decimal(0)) for place in (2, 3)), whole)
    columns = [
        Column("product", _("Product")),
        Column("lines", _("Lines"), "number"),
        Column("quantity", _("Quantity"), "number"),
    ]
    words = {"first": date_format(since), "last": date_format(until)}
    notes = [_("Whole months, from %(first)s to %(last)s.") % words, *scope.notes(period=False), _("Before tax and "
             "before discounts of a whole invoice.")]  # fmt: skip
    return _result(scope, _("Top products"), columns, rows, totals, notes)


def _result(
    scope: money.Scope, title: str, columns: list[Column], rows: list[Row], totals: tuple[Any, ...], notes: list[str]
) -> Result:
    drawn = [row for row in rows if not row.muted][:DRAWN]
    return Result(
        title,
        [*columns, Column("billed", _("Billed"), "money", scope.currency), Column("share", _("Share"), "percent")],
        rows,
        Chart(
            "bar",
            [row.cells[0] for row in drawn],
            [Series(_("Billed"), [row.cells[-2] for row in drawn], [row.drill for row in drawn])],
            scope.currency,
        ),
        Row((_("Total"), *totals, Decimal(100))) if rows else None,
        notes,
        scope.as_of,
        scope.currency,
    )


def _share(amount: Decimal, whole: Decimal) -> Decimal:
    return (100 * amount / whole).quantize(Decimal("0.1")) if whole else money.ZERO


def register() -> None:
    """Make them known."""
    add(
        ReadyReport(
            "top-customers",
            gettext_lazy("Top customers"),
            gettext_lazy("Who was billed most in a period."),
            customers,
            icon="building",
        )
    )
    add(
        ReadyReport(
            "top-products",
            gettext_lazy("Top products"),
            gettext_lazy("What was billed most in a period, by product."),
            products,
            icon="package",
        )
    )
