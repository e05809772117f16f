"""Invoices for tests of reports, written straight into the database."""

import datetime
from decimal import Decimal
from typing import Any

from invoices.models import Invoice
from qbo_connector.models import Connection

NOW = datetime.datetime(2026, 6, 15, 12, tzinfo=datetime.UTC)


def company(home: str = "USD", realm: str = "1") -> Connection:
    """A connected company."""
    return Connection.objects.create(
        environment="simulator", realm_id=realm, company_name=f"Books {home}", home_currency=home
    )


def invoice(of: Connection, customer: str, issued: str, total: str, **more: Any) -> Invoice:
    """An invoice over ``total``, open and in dollars unless told otherwise."""
    values = {
        "currency": "USD",
        "status": "sent",
        "balance": Decimal(total),
        "external_id": f"E{customer}{issued}{total}",
    }
    return Invoice.objects.create(
        connection=of,
        customer_name=customer,
        issued_on=datetime.date.fromisoformat(issued),
        total=Decimal(total),
        **{**values, **more},
    )
