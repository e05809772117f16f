"""The one port to accounting. `sync` implements it, the project's settings name the implementation.

Nothing else in `invoices` asks QuickBooks or reads its mirror. All calls are local queries, except ``pdf`` and
``exchange_rate``.
Amounts are Decimal in the named currency; ids of the accounting system are text.
"""

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from invoices.enums import SyncState
from invoices.models import CreditDocument, Invoice, Payment
from invoices.tax import TaxCodeRates


@dataclass(frozen=True)
class Account:
    """A connected accounting company that invoices can be made in."""

    connection_id: int
    name: str
    country: str
    currency: str
    environment: str  # production, sandbox or simulator
    usable: bool
    problem: str = ""  # why not, in words
    needs_tax_codes: bool = False  # every line needs a tax code (companies outside the US)
    multicurrency: bool = False
    today: datetime.date = datetime.date.min  # in the company's time zone


@dataclass(frozen=True)
class CustomerChoice:
    """A customer of the accounting company; ``reason`` says why it was proposed ("same e-mail address")."""

    external_id: str
    name: str
    email: str = ""
    detail: str = ""
    currency: str = ""
    reason: str = ""
    certain: bool = False  # linked or same e-mail; a match by name alone is only a suggestion
    terms_external_id: str = ""
    tax_code_external_id: str = ""
    billing_address: Mapping[str, str] = field(default_factory=dict)
    shipping_address: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ItemChoice:
    """A product or service of the accounting company."""

    external_id: str
    name: str
    sku: str = ""
    description: str = ""
    unit_price: Decimal | None = None
    tax_code_external_id: str = ""
    product_id: int | None = None
    reason: str = ""
    taxable: bool = True  # of US companies: whether sales tax is due on it
    home_price: Decimal | None = None  # in the books' currency, where ``unit_price`` follows from it at a rate


@dataclass(frozen=True)
class TaxCodeChoice:
    """A sales tax code and its combined rate in percent (None where it can't be told)."""

    external_id: str
    name: str
    description: str = ""
    percent: Decimal | None = None


@dataclass(frozen=True)
class TermsChoice:
    """Payment terms; ``due_days`` is None for terms that name a day of the month."""

    external_id: str
    name: str
    due_days: int | None = None
    due_day_of_month: int | None = None
    due_next_month_days: int | None = None
    default: bool = False


@dataclass(frozen=True)
class DepositAccount:
    """An account that money can be put into; ``default`` is where QuickBooks puts it by itself."""

    external_id: str
    name: str
    currency: str = ""
    default: bool = False


@dataclass(frozen=True)
class PaymentMethodChoice:
    """A way in which customers pay."""

    external_id: str
    name: str


@dataclass(frozen=True)
class NamedChoice:
    """A class or a location of the company's books; parts of another one carry its name: ``North:Shops``."""

    external_id: str
    name: str


@dataclass(frozen=True)
class FormOptions:
    """What the company's sales forms may hold. ``reasons`` says in words why something may not, by its name here."""

    discount: bool = True
    shipping: bool = True
    deposit: bool = True
    service_dates: bool = True
    class_per_line: bool = False
    class_per_transaction: bool = False
    locations: bool = False
    location_word: str = ""  # what the company calls a location, where it has a word of its own
    custom_numbers: bool = False
    sales_tax: bool = True
    automated_tax: bool = False
    tax_after_discount: bool = False  # whether it may be chosen: US companies only
    multicurrency: bool = False
    message: str = ""  # the company's usual words to customers
    books_closed_on: datetime.date | None = None  # what is dated until then can't be changed; as of the last daily read
    reasons: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NumberUse:
    """A document that has a number already, in words: ``Invoice 1042 of Cool Cars``."""

    number: str
    words: str


@dataclass(frozen=True)
class Problem:
    """Something to change before the invoice can be created; ``step`` and ``line`` say where."""

    message: str
    step: str = ""  # account, customer, products, terms, message
    line: int | None = None
    field: str = ""


@dataclass(frozen=True)
class SyncMark:
    """The sync state of one record, with the reason and what to do about it."""

    state: SyncState
    reason: str = ""  # in plain words
    detail: str = ""  # QuickBooks' own words
    fix: str = ""
    fix_url: str = ""
    since: datetime.datetime | None = None
    web_url: str = ""  # "Open in QuickBooks"


@dataclass(frozen=True)
class Delivery:
    """What the accounting system tells of the last e-mail of a document."""

    at: datetime.datetime | None = None
    problem: str = ""  # it did not arrive, and why
    viewed: bool = False


@dataclass(frozen=True)
class InvoiceSearch:
    """Which invoices of the accounting system are looked for. ``record`` (object type and id): only its customers'."""

    words: str = ""  # a number, a customer's name, or an amount
    issued_from: datetime.date | None = None
    issued_to: datetime.date | None = None
    record: tuple[str, int] | None = None
    external_ids: Sequence[str] = ()
    seen_by: Any = None  # the person who looks; nobody: the product itself, which sees all
    after: int = 0  # ``FoundInvoices.next`` of the page before


@dataclass(frozen=True)
class FoundInvoice:
    """An invoice of the accounting system; ``invoice_id`` and the deal are set where the CRM has it."""

    external_id: str
    number: str
    customer_name: str
    issued_on: datetime.date | None
    total: Decimal | None
    balance: Decimal | None
    currency: str
    invoice_id: int | None = None
    deal_id: int | None = None
    deal_name: str = ""


@dataclass(frozen=True)
class FoundInvoices:
    """A page of them; ``next`` is 0 on the last one."""

    rows: Sequence[FoundInvoice]
    next: int = 0


class AccountingUnavailable(Exception):
    """QuickBooks could not be asked just now; the message says why, in words for the page."""


class Accounting(Protocol):
    """What invoices may ask of accounting."""

    def accounts(self) -> Sequence[Account]:
        """Connected companies, usable ones first."""

    def customer_matches(self, connection_id: int, *, deal_id: int) -> Sequence[CustomerChoice]:
        """Customers proposed for a deal's contact or company, best first, each with its reason."""

    def customers(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[CustomerChoice]:
        """Active customers by the beginning of words in name or e-mail."""

    def hidden_customers(self, connection_id: int, external_ids: Sequence[str], user: Any) -> frozenset[str]:
        """Those of some customers that are companies or contacts which ``user`` may not see."""

    def customer(self, connection_id: int, external_id: str) -> CustomerChoice | None:
        """One customer."""

    def items(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[ItemChoice]:
        """Active products and services that can be sold, by name or SKU."""

    def items_by_id(self, connection_id: int, external_ids: Collection[str]) -> Mapping[str, ItemChoice]:
        """Those of some products and services that can be sold."""

    def items_for_products(self, connection_id: int, product_ids: Sequence[int]) -> Mapping[int, ItemChoice]:
        """The item of each CRM product: by link, else by SKU, else by name. Products without one are absent."""

    def tax_codes(self, connection_id: int) -> Sequence[TaxCodeChoice]:
        """Active sales tax codes."""

    def terms(self, connection_id: int) -> Sequence[TermsChoice]:
        """Active payment terms, the company's default marked."""

    def payment_methods(self, connection_id: int) -> Sequence[PaymentMethodChoice]:
        """Active payment methods by name."""

    def classes(self, connection_id: int) -> Sequence[NamedChoice]:
        """Active classes; none where the company does not use them."""

    def locations(self, connection_id: int) -> Sequence[NamedChoice]:
        """Active locations; none where the company does not use them."""

    def form_options(self, connection_id: int) -> FormOptions:
        """What the company's sales forms may hold."""

    def tax_rates(self, connection_id: int, *, customer_external_id: str = "") -> Mapping[str, TaxCodeRates] | None:
        """The ``codes`` of ``invoices.totals.reckon``; None where the accounting system finds the rate itself."""

    def taxable_items(self, connection_id: int, external_ids: Sequence[str]) -> frozenset[str]:
        """Those of the items on which sales tax is due in US companies."""

    def default_item(self, connection_id: int) -> ItemChoice | None:
        """What is sold where a product has no item, if the company's settings name one that is in use."""

    def exchange_rate(
        self, connection_id: int, currency: str, on: datetime.date
    ) -> tuple[Decimal, datetime.date] | None:
        """Units of the home currency for one of ``currency``, and the day it is of; None where there is none.

        Asked of the accounting system, then cached. Raises AccountingUnavailable with a reason after 10 s at most.
        """

    def next_number(self, connection_id: int) -> str:
        """The next free number; empty where the accounting system numbers by itself."""

    def number_taken(self, connection_id: int, number: str, *, invoice_id: int | None = None) -> NumberUse | None:
        """What has this number, other than the named invoice. Compared as the accounting system does."""

    def check_draft(self, connection_id: int, data: Mapping[str, Any]) -> Sequence[Problem]:
        """What QuickBooks would refuse about a wizard's draft (see ``invoices.drafts`` for its shape)."""

    def sync_marks(self, invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """Sync state of many invoices in a constant number of queries."""

    def retry(self, invoice: Invoice, *, by: Any) -> None:
        """Send a refused invoice again after its cause was mended, as a new attempt of the same intent."""

    def edit_refusal(self, invoice: Invoice) -> str:
        """Why a change of this invoice made here could not reach the accounting system, in words; empty if it can."""

    def find_invoices(self, connection_id: int, wanted: InvoiceSearch, *, limit: int = 25) -> FoundInvoices:
        """Invoices that the accounting system has, the CRM's or not; searched in the mirror."""

    def track(self, connection_id: int, external_ids: Sequence[str]) -> Mapping[str, int]:
        """Have these invoices in the CRM and kept up to date; their ids here, by external id."""

    def payment_link(self, invoice: Invoice) -> str:
        """Where the customer can pay online, asked once for each state of the invoice; empty where there is none.

        Raises AccountingUnavailable with a reason after 10 s at most.
        """

    def send_refusals(self, invoices: Sequence[Invoice]) -> Mapping[int, str]:
        """Why the accounting system can't send these invoices now, by id; those that it can send are absent."""

    def delivery(self, invoice: Invoice) -> Delivery:
        """What is known of the invoice's last e-mail, from the mirror."""

    def deposit_accounts(self, connection_id: int) -> Sequence[DepositAccount]:
        """Active accounts that payments can be deposited to, the one for undeposited funds first."""

    def customers_of(self, object_type: str, pk: int) -> Sequence[tuple[int, str]]:
        """Connection and customer id of the customers that a contact or company is, sub-customers included."""

    def writing_refusal(self, connection_id: int) -> str:
        """Why nothing that is done here could reach the company, in words; empty if it can."""

    def document_marks(self, object_type: str, ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """Sync state of payments ("payment") or credit documents (their kind), in a constant number of queries."""

    def retry_document(self, object_type: str, pk: int) -> bool:
        """Send a refused payment or credit memo, or what was wished of one, again; whether it was planned."""

    def give_up_credit(self, document: CreditDocument) -> str:
        """Have a credit memo that was made here never be sent; in words why it is too late, empty if it is not."""

    def give_up_payment_ending(self, payment: Payment) -> str:
        """Have a payment not be voided or deleted; in words why it is too late, empty if it is not."""

    def forget_refusal(self, payment: Payment) -> None:
        """What QuickBooks refused of a payment is given up."""

    def give_up_payment(self, payment: Payment) -> str:
        """Have a payment that was recorded here never be sent; in words why it is too late, empty if it is not."""

    def file_marks(self, file_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        """How files of invoices stand there, by id, as (tone of the pill, words); absent: they stay here."""

    def age(self, connection_ids: Sequence[int]) -> datetime.datetime | None:
        """When the oldest of the given companies was last read from QuickBooks."""

    def reading(self, connection_ids: Sequence[int]) -> bool:
        """Whether something that was asked for, or was read already, is not in the CRM yet."""

    def request_pull(self, connection_ids: Sequence[int], *, by: Any = None) -> None:
        """Ask for a pull soon; returns at once."""

    def today(self, connection_id: int) -> datetime.date:
        """Today in the company's time zone."""

    def todays(self) -> Mapping[int, datetime.date]:
        """Today of every connection."""

    def ask_for_stale_pulls(self, *, now: datetime.datetime) -> int:
        """Ask for a pull of every company whose open tracked invoices are older than its promise."""

    def pdf(self, invoice: Invoice) -> bytes:
        """QuickBooks' PDF, cached by SyncToken. Raises AccountingUnavailable with a reason after 10 s at most."""


@cache
def accounting() -> Accounting:
    """The accounting that this installation uses."""
    implementation: Accounting = import_string(settings.ACCOUNTING)()
    return implementation
