"""What the reports about money share: whose invoices, in which currency, and the words about both."""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connections
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core import company, standby
from core.conditions.address import to_address
from core.money import formatted_number
from crm.models import Company
from qbo_connector.models import Connection
from reports.ready.registry import Parameters
from reports.rollups import refresh

ZERO = Decimal(0)
OPEN = ("waiting", "sent", "partial", "overdue")
_RANKED = """
    WITH grouped AS ({sql}),
    placed AS (SELECT *, row_number() OVER (ORDER BY {order}, one, two) AS place FROM grouped)
    SELECT CASE WHEN place <= %(shown)s THEN one END AS one, CASE WHEN place <= %(shown)s THEN two END AS two,
           count(*), {sums}
    FROM placed GROUP BY 1, 2, least(place, %(shown)s + 1) ORDER BY least(place, %(shown)s + 1)
"""
_LEFT_OUT = """
    SELECT fact.currency, count(*) FROM reports_invoicefact fact
    WHERE fact.currency <> %(currency)s AND NOT fact.connection_id = ANY(%(homes)s) AND {filters}
    GROUP BY fact.currency
"""


@dataclass(frozen=True)
class Scope:
    """Which invoices count, and in which currency: ``asked`` and what SQL needs of it."""

    asked: Parameters
    currency: str
    homes: list[int]
    as_of: datetime.datetime

    @property
    def values(self) -> dict[str, Any]:
        """The values that statements name."""
        asked = self.asked
        return {
            "currency": self.currency,
            "homes": self.homes,
            "owner": asked.owner,
            "company": asked.company,
            "connection": asked.connection,
            "first": asked.period.first,
            "last": asked.period.last,
            "as_of": asked.as_of,
            "today": asked.today,
        }

    def amount(self, column: str, row: str = "fact") -> str:
        """SQL: a column of invoices in the report's currency, at the invoice's rate."""
        return (
            f"(CASE WHEN {row}.currency = %(currency)s THEN {row}.{column}"
            f" ELSE round({row}.{column} * {row}.rate, 2) END)"
        )

    def summed(self, column: str, row: str = "each") -> str:
        """SQL: a column of a roll-up, which stands there in its own and in the home currency."""
        return f"(CASE WHEN {row}.currency = %(currency)s THEN {row}.{column} ELSE {row}.{column}_home END)"

    def fitting(self, row: str = "fact") -> str:
        """SQL: the rows that count. Where one currency was asked for, only what was written in it."""
        parts = [f"{row}.currency = %(currency)s"]
        if not self.asked.currency:
            parts = [f"({row}.currency = %(currency)s OR {row}.connection_id = ANY(%(homes)s))"]
        return " AND ".join([*parts, *self.filters(row)])

    def filters(self, row: str) -> list[str]:
        """SQL: the filters, whatever the currency."""
        parts = []
        if self.asked.connection is not None:
            parts.append(f"{row}.connection_id = %(connection)s")
        if self.asked.owner is not None:
            parts.append(f"{row}.owner_id = %(owner)s")
        if self.asked.company is not None and row == "fact":
            parts.append(
                "fact.invoice_id IN (SELECT invoice_id FROM invoices_invoice_companies WHERE company_id = %(company)s)"
            )
        return parts

    def rows(self, sql: str, **more: Any) -> list[tuple[Any, ...]]:
        """What a statement answers."""
        with connections[standby.alias()].cursor() as cursor:
            cursor.execute(sql, self.values | more)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def ranked(self, sql: str, sums: str, order: str, shown: int, **more: Any) -> list[tuple[Any, ...]]:
        """The first groups of a statement in some order, and one line more for all others, whose key is empty.

        ``sql`` has the columns one and two (the key) and those that ``sums`` adds up. Each line is one, two, how many
        groups it stands for, and the sums.
        """
        wanted = ", ".join(f"sum({name}) AS {name}" for name in sums.split())
        return self.rows(_RANKED.format(sql=sql, sums=wanted, order=order), shown=shown, **more)

    def notes(self, *more: str, period: bool = True, left_out: Mapping[str, int] | None = None) -> list[str]:
        """Period, currency and what is left out, in sentences."""
        found = []
        if period:
            words = {"first": date_format(self.asked.period.first), "last": date_format(self.asked.period.last)}
            found.append(_("From %(first)s to %(last)s.") % words)
        if self.asked.currency:
            found.append(_("Only documents in %s.") % self.currency)
        else:
            found.append(_("In %s, at the rate of each document.") % self.currency)
        if left_out:
            listed = ", ".join(f"{formatted_number(Decimal(count))} {code}" for code, count in sorted(left_out.items()))
            found.append(
                _("Left out, because no rate leads to %(currency)s: invoices in other currencies (%(listed)s).")
                % {"currency": self.currency, "listed": listed}
            )
        return [*found, *more]

    def left_out(self, condition: str) -> dict[str, int]:
        """How many invoices can't be shown in the report's currency, by theirs; ``condition`` is about ``fact``."""
        if self.asked.currency:
            return {}
        if len(self.homes) == Connection.objects.count():
            return {}
        filters = " AND ".join([condition, *self.filters("fact")])
        return dict(self.rows(_LEFT_OUT.format(filters=filters)))


def scope(asked: Parameters) -> Scope:
    """The scope of a question."""
    currency = asked.currency or company.profile().currency
    homes = [] if asked.currency else list(_homes(currency))
    return Scope(asked, currency, homes, refresh.as_of())


def _homes(currency: str) -> Iterable[int]:
    return Connection.objects.filter(home_currency=currency).values_list("pk", flat=True)


def others(count: int) -> str:
    """The label of the line that stands for the groups not shown."""
    return ngettext("%s other", "%s others", count) % formatted_number(Decimal(count))


def owners(ids: Iterable[int]) -> dict[int, str]:
    """Names of owners by id; 0 is nobody."""
    people = get_user_model()._default_manager.filter(pk__in=[pk for pk in ids if pk])
    return {0: _("No owner")} | {person.pk: str(person) for person in people}


def customers(keys: Sequence[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """Names of customers by company and id in QuickBooks, as on their newest invoice. One statement."""
    if not keys:
        return {}
    with connections[standby.alias()].cursor() as cursor:
        cursor.execute(
            """
            SELECT wanted.connection_id, wanted.customer, newest.customer_name
            FROM unnest(%s::bigint[], %s::text[]) AS wanted(connection_id, customer)
            CROSS JOIN LATERAL (
                SELECT customer_name FROM invoices_invoice
                WHERE connection_id = wanted.connection_id AND customer_external_id = wanted.customer
                ORDER BY id DESC LIMIT 1
            ) newest
            """,
            [[pk for pk, _customer in keys], [customer for _pk, customer in keys]],
        )
        return {(pk, customer): name or _("Customer %s") % customer for pk, customer, name in cursor.fetchall()}


def invoice_list(scope: Scope, *conditions: Mapping[str, Any], statuses: Sequence[str] = ()) -> str:
    """The address of the list of just those invoices of a scope: ``conditions`` are of the condition language."""
    asked = scope.asked
    parts: list[Mapping[str, Any]] = [{"field": "changed_in_quickbooks", "op": "not_empty"}, *conditions]
    if asked.currency:
        parts.append({"field": "currency", "op": "equals", "value": asked.currency})
    if asked.connection is not None:
        parts.append({"field": "connection", "op": "equals", "value": str(asked.connection)})
    if asked.owner is not None:
        parts.append(owned_by(asked.owner))
    if asked.company is not None:
        parts.append(of_company(asked.company))
    chosen = "".join(f"status={status}&" for status in statuses or ("waiting", "sent", "partial", "overdue", "paid"))
    return f"{reverse('invoices:invoice-list')}?{chosen}where={to_address({'all': parts})}"


def owned_by(owner: int) -> dict[str, Any]:
    """The condition that an invoice has that owner; 0 is none."""
    if not owner:
        return {"field": "owner", "op": "empty"}
    return {"field": "owner", "op": "equals", "value": str(owner)}


def of_company(company: int, path: str = "companies") -> dict[str, Any]:
    """The condition that one of the companies that ``path`` leads to is that one: companies are told by name."""
    name = Company.objects.filter(pk=company).values_list("name", flat=True).first() or "-"
    return {"some": path, "where": {"field": "name", "op": "equals", "value": name}}


def of_customer(key: tuple[int, str], name: str) -> list[dict[str, Any]]:
    """The conditions that an invoice is of that customer."""
    return [
        {"field": "connection", "op": "equals", "value": str(key[0])},
        {"field": "customer_name", "op": "equals", "value": name},
    ]


def on_days(field: str, first: datetime.date | None, last: datetime.date | None) -> dict[str, Any]:
    """The condition that a date lies between two days, both included; None is open."""
    days = [day.isoformat() if day else None for day in (first, last)]
    return {"field": field, "op": "range", "value": days}


def month_of(month: datetime.date) -> str:
    """A month as a label."""
    return date_format(month, "M Y")
