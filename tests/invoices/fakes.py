"""An accounting of plain lists: what the pages and services ask through the port, answered without QuickBooks."""

import datetime
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.enums import SyncState
from invoices.models import Invoice, Payment
from invoices.ports import (
    Account,
    AccountingUnavailable,
    CustomerChoice,
    ItemChoice,
    PaymentMethodChoice,
    Problem,
    SyncMark,
    TaxCodeChoice,
    TermsChoice,
)
from qbo_connector.models import Connection

TODAY = datetime.date(2026, 11, 22)
READ_AT = datetime.datetime(2026, 11, 22, 12, 0, tzinfo=datetime.UTC)


class Books:
    """What the fake companies hold; one object for all ``ListAccounting`` instances, emptied by ``reset``."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.accounts: list[Account] = []
        self.customers: dict[int, list[CustomerChoice]] = {}
        self.matches: dict[int, list[CustomerChoice]] = {}
        self.items: dict[int, list[ItemChoice]] = {}
        self.product_items: dict[int, ItemChoice] = {}
        self.tax_codes: dict[int, list[TaxCodeChoice]] = {}
        self.terms: dict[int, list[TermsChoice]] = {}
        self.problems: list[Problem] = []
        self.marks: dict[int, SyncMark] = {}
        self.retried: list[int] = []
        self.pulls: list[tuple[list[int], Any]] = []
        self.stale_pulls: list[datetime.datetime] = []
        self.today = TODAY
        self.read_at: datetime.datetime | None = READ_AT
        self.pdf: bytes | None = b"%PDF-1.4 the invoice"
        self.broken = ""
        self.edit_refusal = ""
        self.payment_methods: list[PaymentMethodChoice] = []

    def add_company(self, connection: Connection, *, tax_codes: bool = False, usable: bool = True) -> Account:
        account = Account(
            connection_id=connection.pk,
            name=connection.company_name,
            country=connection.country,
            currency=connection.home_currency,
            environment=connection.environment,
            usable=usable,
            problem="" if usable else "It needs to be reconnected.",
            needs_tax_codes=tax_codes,
            today=self.today,
        )
        self.accounts.append(account)
        self.terms[connection.pk] = [
            TermsChoice("1", "Due on receipt", due_days=0),
            TermsChoice("3", "Net 30", due_days=30, default=True),
        ]
        self.customers[connection.pk] = [
            CustomerChoice("3", "Cool Cars", "Cool_Cars@intuit.com", "Half Moon Bay, CA"),
            CustomerChoice("1", "Amy's Bird Sanctuary", "Birds@Intuit.com", terms_external_id="1"),
        ]
        self.items[connection.pk] = [
            ItemChoice("4", "Design", description="Custom Design", unit_price=Decimal(75)),
            ItemChoice("5", "Rock Fountain", sku="RF-1", description="Rock Fountain", unit_price=Decimal(275)),
        ]
        if tax_codes:
            self.tax_codes[connection.pk] = [
                TaxCodeChoice("2", "20.0% S", "Standard rate", Decimal(20)),
                TaxCodeChoice("5", "0.0% Z", "Zero rate", Decimal(0)),
            ]
        return account


books = Books()


class ListAccounting:
    """Implements ``invoices.ports.Accounting`` over ``books``."""

    def _answer(self) -> None:
        if books.broken:
            raise AccountingUnavailable(books.broken)

    def accounts(self) -> Sequence[Account]:
        self._answer()
        return books.accounts

    def customer_matches(self, connection_id: int, *, deal_id: int) -> Sequence[CustomerChoice]:
        return books.matches.get(deal_id, [])

    def customers(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[CustomerChoice]:
        found = books.customers.get(connection_id, [])
        return [choice for choice in found if search.lower() in f"{choice.name} {choice.email}".lower()][:limit]

    def customer(self, connection_id: int, external_id: str) -> CustomerChoice | None:
        known = books.customers.get(connection_id, [])
        return next((choice for choice in known if choice.external_id == external_id), None)

    def items(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[ItemChoice]:
        found = books.items.get(connection_id, [])
        return [choice for choice in found if search.lower() in f"{choice.name} {choice.sku}".lower()][:limit]

    def items_for_products(self, connection_id: int, product_ids: Sequence[int]) -> Mapping[int, ItemChoice]:
        return {pk: books.product_items[pk] for pk in product_ids if pk in books.product_items}

    def tax_codes(self, connection_id: int) -> Sequence[TaxCodeChoice]:
        return books.tax_codes.get(connection_id, [])

    def terms(self, connection_id: int) -> Sequence[TermsChoice]:
        return books.terms.get(connection_id, [])

    def payment_methods(self, connection_id: int) -> Sequence[PaymentMethodChoice]:
        return books.payment_methods

    def check_draft(self, connection_id: int, data: Mapping[str, Any]) -> Sequence[Problem]:
        return books.problems

    def sync_marks(self, invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
        return {pk: books.marks.get(pk, SyncMark(SyncState.IN_SYNC)) for pk in invoice_ids}

    def retry(self, invoice: Invoice, *, by: Any) -> None:
        books.retried.append(invoice.pk)
        books.marks[invoice.pk] = SyncMark(SyncState.CREATING)

    def edit_refusal(self, invoice: Invoice) -> str:
        return books.edit_refusal

    def give_up_payment(self, payment: Payment) -> str:
        return books.edit_refusal

    def age(self, connection_ids: Sequence[int]) -> datetime.datetime | None:
        return books.read_at

    def reading(self, connection_ids: Sequence[int]) -> bool:
        return bool(books.pulls)

    def request_pull(self, connection_ids: Sequence[int], *, by: Any = None) -> None:
        books.pulls.append((list(connection_ids), by))

    def today(self, connection_id: int) -> datetime.date:
        return books.today

    def todays(self) -> Mapping[int, datetime.date]:
        return dict.fromkeys(Connection.objects.values_list("pk", flat=True), books.today)

    def ask_for_stale_pulls(self, *, now: datetime.datetime) -> int:
        books.stale_pulls.append(now)
        return 0

    def pdf(self, invoice: Invoice) -> bytes:
        if books.pdf is None:
            raise AccountingUnavailable("QuickBooks did not answer within 10 seconds.")
        return books.pdf
