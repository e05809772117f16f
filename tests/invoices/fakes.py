"""An accounting of plain lists: what the pages and services ask through the port, answered without QuickBooks."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from invoices.enums import SyncState
from invoices.models import CreditDocument, Invoice, Payment
from invoices.ports import (
    Account,
    AccountingUnavailable,
    CustomerChoice,
    Delivery,
    DepositAccount,
    FormOptions,
    FoundInvoices,
    InvoiceSearch,
    ItemChoice,
    NamedChoice,
    NumberUse,
    PaymentMethodChoice,
    Problem,
    SyncMark,
    TaxCodeChoice,
    TermsChoice,
)
from invoices.tax import TaxCodeRates, TaxRatePart
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
        self.send_refusals: dict[int, str] = {}
        self.delivery = Delivery()
        self.found = FoundInvoices(())
        self.searches: list[InvoiceSearch] = []
        self.payment_link = ""
        self.payment_methods: list[PaymentMethodChoice] = []
        self.deposit_accounts: list[DepositAccount] = []
        self.customers_of: dict[tuple[str, int], list[tuple[int, str]]] = {}
        self.document_marks: dict[tuple[str, int], SyncMark] = {}
        self.retried_documents: list[tuple[str, int]] = []
        self.classes: list[NamedChoice] = []
        self.locations: list[NamedChoice] = []
        self.options = FormOptions()
        self.tax_rates: dict[str, TaxCodeRates] | None = None
        self.default_item: ItemChoice | None = None
        self.exchange_rates: dict[str, tuple[Decimal, datetime.date]] = {}
        self.next_number = ""
        self.numbers_taken: dict[str, str] = {}

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

    def hidden_customers(self, connection_id: int, external_ids: Sequence[str], user: Any) -> frozenset[str]:
        return frozenset()

    def customer(self, connection_id: int, external_id: str) -> CustomerChoice | None:
        known = books.customers.get(connection_id, [])
        return next((choice for choice in known if choice.external_id == external_id), None)

    def items(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[ItemChoice]:
        found = books.items.get(connection_id, [])
        return [choice for choice in found if search.lower() in f"{choice.name} {choice.sku}".lower()][:limit]

    def items_by_id(self, connection_id: int, external_ids: Collection[str]) -> Mapping[str, ItemChoice]:
        known = books.items.get(connection_id, [])
        return {choice.external_id: choice for choice in known if choice.external_id in external_ids}

    def items_for_products(self, connection_id: int, product_ids: Sequence[int]) -> Mapping[int, ItemChoice]:
        return {pk: books.product_items[pk] for pk in product_ids if pk in books.product_items}

    def tax_codes(self, connection_id: int) -> Sequence[TaxCodeChoice]:
        return books.tax_codes.get(connection_id, [])

    def terms(self, connection_id: int) -> Sequence[TermsChoice]:
        return books.terms.get(connection_id, [])

    def payment_methods(self, connection_id: int) -> Sequence[PaymentMethodChoice]:
        return books.payment_methods

    def classes(self, connection_id: int) -> Sequence[NamedChoice]:
        return books.classes

    def locations(self, connection_id: int) -> Sequence[NamedChoice]:
        return books.locations

    def form_options(self, connection_id: int) -> FormOptions:
        return books.options

    def tax_rates(self, connection_id: int, *, customer_external_id: str = "") -> Mapping[str, TaxCodeRates] | None:
        codes = books.tax_codes.get(connection_id, [])
        if books.tax_rates is not None or not codes:
            return books.tax_rates
        return {code.external_id: TaxCodeRates(code.name, (TaxRatePart(code.name, code.percent),)) for code in codes}

    def taxable_items(self, connection_id: int, external_ids: Sequence[str]) -> frozenset[str]:
        known = {item.external_id for item in books.items.get(connection_id, []) if item.taxable}
        return known & frozenset(external_ids)

    def default_item(self, connection_id: int) -> ItemChoice | None:
        return books.default_item

    def exchange_rate(
        self, connection_id: int, currency: str, on: datetime.date
    ) -> tuple[Decimal, datetime.date] | None:
        self._answer()
        return books.exchange_rates.get(currency)

    def next_number(self, connection_id: int) -> str:
        return books.next_number

    def number_taken(self, connection_id: int, number: str, *, invoice_id: int | None = None) -> NumberUse | None:
        words = books.numbers_taken.get(number)
        return NumberUse(number, words) if words else None

    def check_draft(self, connection_id: int, data: Mapping[str, Any]) -> Sequence[Problem]:
        return books.problems

    def sync_marks(self, invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
        return {pk: books.marks.get(pk, SyncMark(SyncState.IN_SYNC)) for pk in invoice_ids}

    def retry(self, invoice: Invoice, *, by: Any) -> None:
        books.retried.append(invoice.pk)
        books.marks[invoice.pk] = SyncMark(SyncState.CREATING)

    def edit_refusal(self, invoice: Invoice) -> str:
        return books.edit_refusal

    def find_invoices(self, connection_id: int, wanted: InvoiceSearch, *, limit: int = 25) -> FoundInvoices:
        books.searches.append(wanted)
        if wanted.external_ids:
            return FoundInvoices([row for row in books.found.rows if row.external_id in wanted.external_ids])
        return books.found

    def track(self, connection_id: int, external_ids: Sequence[str]) -> Mapping[str, int]:
        rows = Invoice.objects.filter(connection_id=connection_id, external_id__in=external_ids)
        return dict(rows.values_list("external_id", "pk"))

    def payment_link(self, invoice: Invoice) -> str:
        self._answer()
        return books.payment_link

    def send_refusals(self, invoices: Sequence[Invoice]) -> Mapping[int, str]:
        return {
            invoice.pk: books.send_refusals[invoice.pk] for invoice in invoices if invoice.pk in books.send_refusals
        }

    def delivery(self, invoice: Invoice) -> Delivery:
        return books.delivery

    def deposit_accounts(self, connection_id: int) -> Sequence[DepositAccount]:
        return books.deposit_accounts

    def customers_of(self, object_type: str, pk: int) -> Sequence[tuple[int, str]]:
        return books.customers_of.get((object_type, pk), [])

    def writing_refusal(self, connection_id: int) -> str:
        return books.edit_refusal

    def document_marks(self, object_type: str, ids: Sequence[int]) -> Mapping[int, SyncMark]:
        return {pk: books.document_marks[object_type, pk] for pk in ids if (object_type, pk) in books.document_marks}

    def retry_document(self, object_type: str, pk: int) -> bool:
        books.retried_documents.append((object_type, pk))
        return True

    def give_up_credit(self, document: CreditDocument) -> str:
        return books.edit_refusal

    def give_up_payment_ending(self, payment: Payment) -> str:
        return books.edit_refusal

    def forget_refusal(self, payment: Payment) -> None:
        books.retried_documents.append(("forgotten", payment.pk))

    def give_up_payment(self, payment: Payment) -> str:
        return books.edit_refusal

    def file_marks(self, file_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        return {}

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
