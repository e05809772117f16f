"""What one would write with python-quickbooks: each object read as the library's own, each record saved by itself.

The records are the same as the product's: a customer is a company and a contact, an invoice has its lines and belongs
to both, a payment knows what it pays, and each is linked to its QuickBooks object, so that a second run would find it.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import requests
from django.utils import timezone
from quickbooks.client import QuickBooks
from quickbooks.objects.customer import Customer
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.payment import Payment

from bench.baselines import PAGE
from crm.models import Company, Contact, Product
from invoices import models as invoices
from qbo_connector.models import Connection
from qbo_connector.services.tokens import ConnectionTokens
from sync.enums import Outcome
from sync.models import Link


class _PlainClient(QuickBooks):
    """python-quickbooks as it comes, with a token in hand and the simulator's address."""

    def __new__(cls, **options: Any) -> "_PlainClient":
        client: _PlainClient = super().__new__(cls, company_id=options["realm"], minorversion=75)
        return client

    def __init__(self, *, realm: str, token: str, url: str) -> None:
        self.url = f"{url}/v3"
        self.session = requests.Session()
        self.session.access_token = token  # type: ignore[attr-defined]  # where the library looks for it

    @property
    def api_url(self) -> str:
        """The simulator's."""
        return self.url


def one_by_one(connection: Connection, url: str, wanted: Mapping[str, int], most: int) -> float:
    """Read at most ``most`` objects of each kind, save what they become; which part of all ``wanted`` that was."""
    client = _PlainClient(realm=connection.realm_id, token=ConnectionTokens(connection).current(), url=url)
    savers: dict[str, tuple[Any, Callable[[Connection, Any], None]]] = {
        "customers": (Customer, _customer),
        "items": (Item, _item),
        "invoices": (Invoice, _invoice),
        "payments": (Payment, _payment),
    }
    read = 0
    for name, (kind, save) in savers.items():
        here = min(most, wanted[name])
        for first in range(1, here + 1, PAGE):
            for found in kind.filter(start_position=first, max_results=PAGE, qb=client):
                save(connection, found)
                read += 1
    return read / sum(wanted.values())


def _link(connection: Connection, entity: str, found: Any, object_type: str, object_id: int) -> None:
    Link(
        connection=connection, entity=entity, qbo_id=found.Id, sync_token=found.SyncToken, object_type=object_type,
        object_id=object_id, outcome=Outcome.IN_SYNC, synced_at=timezone.now(),
    ).save()  # fmt: skip


def _linked(connection: Connection, entity: str, qbo_id: str, object_type: str) -> int | None:
    rows = Link.objects.filter(connection=connection, entity=entity, qbo_id=qbo_id, object_type=object_type)
    return rows.values_list("object_id", flat=True).first()


def _customer(connection: Connection, found: Any) -> None:
    email = found.PrimaryEmailAddr.Address if found.PrimaryEmailAddr else ""
    company = Company(name=found.DisplayName, email=email)
    company.save()
    contact = Contact(
        first_name=found.GivenName or "", last_name=found.FamilyName or "", email=email, company=company
    )  # fmt: skip
    contact.save()
    _link(connection, "Customer", found, "company", company.pk)
    _link(connection, "Customer", found, "contact", contact.pk)


def _item(connection: Connection, found: Any) -> None:
    product = Product(name=found.Name, unit_price=found.UnitPrice or 0)
    product.save()
    _link(connection, "Item", found, "product", product.pk)


def _invoice(connection: Connection, found: Any) -> None:
    customer = found.CustomerRef.value
    invoice = invoices.Invoice(
        connection=connection,
        external_id=found.Id,
        number=found.DocNumber,
        customer_external_id=customer,
        customer_name=found.CustomerRef.name,
        issued_on=found.TxnDate,
        due_on=found.DueDate,
        currency="USD",
        total=found.TotalAmt,
        balance=found.Balance,
    )
    invoice.save()
    for position, line in enumerate(found.Line):
        detail = getattr(line, "SalesItemLineDetail", None)
        if detail is not None:
            item = detail.ItemRef.value if detail.ItemRef else ""
            invoices.InvoiceLine(
                invoice=invoice,
                position=position,
                external_id=line.Id,
                description=line.Description or "",
                product_id=_linked(connection, "Item", item, "product"),
                item_external_id=item,
                item_name=detail.ItemRef.name if detail.ItemRef else "",
                quantity=detail.Qty,
                unit_price=detail.UnitPrice,
                amount=line.Amount,
            ).save()
    company = _linked(connection, "Customer", customer, "company")
    contact = _linked(connection, "Customer", customer, "contact")
    if company is not None:
        invoice.companies.add(company)
    if contact is not None:
        invoice.contacts.add(contact)
    _link(connection, "Invoice", found, "invoice", invoice.pk)


def _payment(connection: Connection, found: Any) -> None:
    payment = invoices.Payment(
        connection=connection,
        external_id=found.Id,
        customer_external_id=found.CustomerRef.value,
        customer_name=found.CustomerRef.name,
        received_on=found.TxnDate,
        amount=found.TotalAmt,
        currency="USD",
    )
    payment.save()
    for line in found.Line:
        for paid in line.LinkedTxn:
            invoices.PaymentApplication(
                payment=payment,
                invoice=invoices.Invoice.objects.filter(connection=connection, external_id=paid.TxnId).first(),
                invoice_external_id=paid.TxnId,
                amount=Decimal(str(line.Amount)),
            ).save()
