"""What the sync hands to invoices: plain values, already mapped to the CRM's words.

Amounts are Decimal in ``currency``; ids of the accounting system are text. `sync` fills these from the mirror and
gives them to ``invoices.services.from_sync``.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from invoices.enums import CreditKind, LineKind, TaxMode

ZERO = Decimal(0)
ONE = Decimal(1)


@dataclass(frozen=True)
class SyncedInvoiceLine:
    """One line, in QuickBooks' order. ``product_id`` is the linked CRM product, if there is one."""

    external_id: str = ""
    kind: LineKind = LineKind.ITEM
    product_id: int | None = None
    item_external_id: str = ""
    item_name: str = ""
    description: str = ""
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal = ZERO
    service_on: datetime.date | None = None
    tax_code_external_id: str = ""
    tax_code_name: str = ""
    discount_percent: Decimal | None = None
    discount_amount: Decimal = ZERO
    class_external_id: str = ""
    class_name: str = ""


@dataclass(frozen=True)
class SyncedInvoice:
    """An invoice as QuickBooks has it.

    ``id`` names the CRM's invoice when an invoice made here comes back from QuickBooks; otherwise the row is found
    by connection and ``external_id``, or made. ``contact_ids``, ``company_ids`` and ``deal_id`` are associations to
    add; a deal that is already set is never changed here. ``tracked`` only ever switches tracking on. Where prices
    include tax, lines do; subtotal, discount and shipping never do. An empty ``payment_url`` says nothing.
    """

    external_id: str
    currency: str
    issued_on: datetime.date
    total: Decimal
    balance: Decimal
    id: int | None = None
    number: str = ""
    customer_external_id: str = ""
    customer_name: str = ""
    recipient: str = ""
    billing_address: Mapping[str, str] = field(default_factory=dict)
    shipping_address: Mapping[str, str] = field(default_factory=dict)
    due_on: datetime.date | None = None
    terms_external_id: str = ""
    terms_name: str = ""
    message: str = ""
    private_note: str = ""
    exchange_rate: Decimal = ONE
    tax_mode: TaxMode = TaxMode.AUTOMATIC
    subtotal: Decimal = ZERO
    discount_percent: Decimal | None = None
    discount_total: Decimal = ZERO
    tax_after_discount: bool = True
    shipping_total: Decimal = ZERO
    shipping_tax_code_external_id: str = ""
    deposit: Decimal = ZERO
    tax_total: Decimal = ZERO
    cc: str = ""
    bcc: str = ""
    class_external_id: str = ""
    class_name: str = ""
    location_external_id: str = ""
    location_name: str = ""
    payment_url: str = ""
    emailed: bool = False
    emailed_at: datetime.datetime | None = None
    voided: bool = False
    remote_updated_at: datetime.datetime | None = None
    lines: tuple[SyncedInvoiceLine, ...] = ()
    contact_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()
    deal_id: int | None = None
    owner_id: int | None = None
    tracked: bool = False


@dataclass(frozen=True)
class SyncedApplication:
    """The part of a payment that pays one invoice."""

    invoice_external_id: str
    amount: Decimal


@dataclass(frozen=True)
class SyncedCreditUse:
    """The part of a credit memo that a payment uses for invoices."""

    credit_external_id: str
    amount: Decimal


@dataclass(frozen=True)
class SyncedPayment:
    """A payment as QuickBooks has it. ``contact_ids`` and ``company_ids`` are on whose timeline it appears.

    One over nothing uses ``credits`` for the invoices that it names.
    """

    external_id: str
    currency: str
    amount: Decimal
    received_on: datetime.date | None = None
    unapplied: Decimal = ZERO
    customer_external_id: str = ""
    customer_name: str = ""
    exchange_rate: Decimal = ONE
    method_external_id: str = ""
    method_name: str = ""
    reference: str = ""
    note: str = ""
    deposit_account_external_id: str = ""
    deposit_account_name: str = ""
    deposited: bool = False
    voided: bool = False
    remote_updated_at: datetime.datetime | None = None
    applications: tuple[SyncedApplication, ...] = ()
    credits: tuple[SyncedCreditUse, ...] = ()
    contact_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class SyncedCredit:
    """A credit memo, refund receipt or sales receipt as QuickBooks has it; ``lines`` as the row keeps them."""

    kind: CreditKind
    external_id: str
    currency: str
    total: Decimal
    number: str = ""
    customer_external_id: str = ""
    customer_name: str = ""
    recipient: str = ""
    issued_on: datetime.date | None = None
    exchange_rate: Decimal = ONE
    subtotal: Decimal = ZERO
    discount_total: Decimal = ZERO
    tax_total: Decimal = ZERO
    remaining: Decimal = ZERO
    method_name: str = ""
    reference: str = ""
    account_external_id: str = ""
    account_name: str = ""
    message: str = ""
    note: str = ""
    lines: tuple[Mapping[str, str], ...] = ()
    deposited: bool = False
    voided: bool = False
    remote_updated_at: datetime.datetime | None = None
    contact_ids: tuple[int, ...] = ()
    company_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class SyncedBill:
    """A vendor's bill as QuickBooks has it."""

    external_id: str
    currency: str
    total: Decimal
    balance: Decimal = ZERO
    number: str = ""
    vendor_external_id: str = ""
    vendor_name: str = ""
    issued_on: datetime.date | None = None
    due_on: datetime.date | None = None
    note: str = ""
    remote_updated_at: datetime.datetime | None = None


@dataclass(frozen=True)
class ApplyResult:
    """What came of a batch. ``ids`` holds the CRM's id of every row that is there now, by external id.

    ``skipped`` are external ids that were not applied, each with its reason (older than what is here).
    """

    ids: Mapping[str, int]
    created: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SyncedEstimate:
    """An estimate as QuickBooks has it: ``document`` holds what it shares with an invoice."""

    document: SyncedInvoice
    status: str  # invoices.enums.EstimateStatus
    expires_on: datetime.date | None = None
