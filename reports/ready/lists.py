"""Where marks of ready reports lead to besides invoices: payments, deals, and other ready reports."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode

from core.conditions.address import to_address
from reports.months import month_end
from reports.ready.money import Scope, of_company, on_days, owned_by


def within(scope: Scope, month: datetime.date) -> tuple[datetime.date, datetime.date]:
    """The first and the last day of a month, as far as the period goes."""
    period = scope.asked.period
    return max(month, period.first), min(month_end(month), period.last)


def payments(scope: Scope, first: datetime.date, last: datetime.date) -> str:
    """The address of the list of payments that came between two days, for the invoices that a scope is about."""
    asked = scope.asked
    parts: list[Mapping[str, Any]] = [
        {"field": "voided", "op": "equals", "value": False},
        on_days("received_on", first, last),
    ]
    if asked.currency:
        parts.append({"field": "currency", "op": "equals", "value": asked.currency})
    if asked.connection is not None:
        parts.append({"field": "connection", "op": "equals", "value": str(asked.connection)})
    if asked.owner:
        owner = {"field": "invoice.owner", "op": "equals", "value": str(asked.owner)}
        parts.append({"some": "invoices", "where": owner})
    elif asked.owner == 0:
        unowned = {"some": "invoices", "where": {"field": "invoice.owner", "op": "empty"}}
        parts.append({"any": [unowned, {"none": "invoices"}]})
    if asked.company is not None:
        parts.append({"some": "invoices", "where": of_company(asked.company, "invoice.companies")})
    return f"{reverse('invoices:payment-list')}?where={to_address({'all': parts})}"


def won_deals(scope: Scope, first: datetime.date, last: datetime.date, *conditions: Mapping[str, Any]) -> str:
    """The address of the list of deals won between two days that fit the conditions."""
    asked = scope.asked
    parts: list[Mapping[str, Any]] = [
        {"field": "status", "op": "equals", "value": "won"},
        on_days("closed", first, last),
        *conditions,
    ]
    if asked.owner is not None:
        parts.append(owned_by(asked.owner))
    if asked.company is not None:
        parts.append({"field": "company", "op": "equals", "value": str(asked.company)})
    return f"{reverse('crm:deal-list')}?where={to_address({'all': parts})}"


def report(scope: Scope, key: str, **values: str) -> str:
    """The address of another ready report with the same filters and other values."""
    asked = scope.asked
    same = {"owner": asked.owner, "company": asked.company, "connection": asked.connection, "currency": asked.currency}
    kept = {name: str(value) for name, value in same.items() if value not in (None, "")}
    return f"{reverse('reports:ready', args=[key])}?{urlencode(kept | values)}"
