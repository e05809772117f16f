"""What answers when no accounting is configured: no companies, nothing to choose from, and a reason why."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

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
from invoices.tax import TaxCodeRates
from qbo_connector.models import Connection


class NoAccounting:
    """``invoices.ports.Accounting`` of an installation without QuickBooks."""

    def accounts(self) -> Sequence[Account]:
        """None."""
        return []

    def customer_matches(self, connection_id: int, *, deal_id: int) -> Sequence[CustomerChoice]:
        """None."""
        return []

    def customers(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[CustomerChoice]:
        """None."""
        return []

    def hidden_customers(self, connection_id: int, external_ids: Sequence[str], user: Any) -> frozenset[str]:
        """None."""
        return frozenset()

    def customer(self, connection_id: int, external_id: str) -> CustomerChoice | None:
        """None."""
        return None

    def items(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[ItemChoice]:
        """None."""
        return []

    def items_by_id(self, connection_id: int, external_ids: Collection[str]) -> Mapping[str, ItemChoice]:
        """None."""
        return {}

    def items_for_products(self, connection_id: int, product_ids: Sequence[int]) -> Mapping[int, ItemChoice]:
        """None."""
        return {}

    def tax_codes(self, connection_id: int) -> Sequence[TaxCodeChoice]:
        """None."""
        return []

    def terms(self, connection_id: int) -> Sequence[TermsChoice]:
        """None."""
        return []

    def payment_methods(self, connection_id: int) -> Sequence[PaymentMethodChoice]:
        """None."""
        return []

    def classes(self, connection_id: int) -> Sequence[NamedChoice]:
        """None."""
        return []

    def locations(self, connection_id: int) -> Sequence[NamedChoice]:
        """None."""
        return []

    def form_options(self, connection_id: int) -> FormOptions:
        """The usual ones."""
        return FormOptions()

    def tax_rates(self, connection_id: int, *, customer_external_id: str = "") -> Mapping[str, TaxCodeRates] | None:
        """Nothing is known about tax."""
        return None

    def taxable_items(self, connection_id: int, external_ids: Sequence[str]) -> frozenset[str]:
        """None."""
        return frozenset()

    def default_item(self, connection_id: int) -> ItemChoice | None:
        """None."""
        return None

    def exchange_rate(
        self, connection_id: int, currency: str, on: datetime.date
    ) -> tuple[Decimal, datetime.date] | None:
        """None."""
        return None

    def next_number(self, connection_id: int) -> str:
        """None."""
        return ""

    def number_taken(self, connection_id: int, number: str, *, invoice_id: int | None = None) -> NumberUse | None:
        """Nothing has a number."""
        return None

    def check_draft(self, connection_id: int, data: Mapping[str, Any]) -> Sequence[Problem]:
        """Always refused: there is nowhere to create an invoice."""
        return [Problem(_("No QuickBooks company is connected."), step="account")]

    def sync_marks(self, invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """None: nothing is synced."""
        return {}

    def retry(self, invoice: Invoice, *, by: Any) -> None:
        """Raises AccountingUnavailable."""
        raise AccountingUnavailable(_("No QuickBooks company is connected."))

    def edit_refusal(self, invoice: Invoice) -> str:
        """Always refused: the change could go nowhere."""
        return _("No QuickBooks company is connected.")

    def find_invoices(self, connection_id: int, wanted: InvoiceSearch, *, limit: int = 25) -> FoundInvoices:
        """None."""
        return FoundInvoices(())

    def track(self, connection_id: int, external_ids: Sequence[str]) -> Mapping[str, int]:
        """None."""
        return {}

    def payment_link(self, invoice: Invoice) -> str:
        """None."""
        return ""

    def send_refusals(self, invoices: Sequence[Invoice]) -> Mapping[int, str]:
        """All refused: nobody sends them."""
        return {invoice.pk: _("No QuickBooks company is connected.") for invoice in invoices}

    def delivery(self, invoice: Invoice) -> Delivery:
        """Nothing is known."""
        return Delivery()

    def deposit_accounts(self, connection_id: int) -> Sequence[DepositAccount]:
        """None."""
        return ()

    def customers_of(self, object_type: str, pk: int) -> Sequence[tuple[int, str]]:
        """None."""
        return ()

    def writing_refusal(self, connection_id: int) -> str:
        """Nothing is connected."""
        return _("QuickBooks is not connected.")

    def document_marks(self, object_type: str, ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """None."""
        return {}

    def retry_document(self, object_type: str, pk: int) -> bool:
        """Nothing to send to."""
        return False

    def give_up_credit(self, document: CreditDocument) -> str:
        """Nothing is ever sent."""
        return ""

    def give_up_payment_ending(self, payment: Payment) -> str:
        """Nothing is ever sent."""
        return ""

    def forget_refusal(self, payment: Payment) -> None:
        """Nothing was refused."""

    def give_up_payment(self, payment: Payment) -> str:
        """Nothing is ever sent."""
        return ""

    def file_marks(self, file_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        """All files stay here."""
        return {}

    def age(self, connection_ids: Sequence[int]) -> datetime.datetime | None:
        """Never read."""
        return None

    def reading(self, connection_ids: Sequence[int]) -> bool:
        """Nothing is read."""
        return False

    def request_pull(self, connection_ids: Sequence[int], *, by: Any = None) -> None:
        """Nothing to ask."""

    def today(self, connection_id: int) -> datetime.date:
        """Today in the installation's zone."""
        return timezone.localdate()

    def todays(self) -> Mapping[int, datetime.date]:
        """Today in the installation's zone, for the companies that were once connected."""
        today = timezone.localdate()
        return dict.fromkeys(Connection.objects.values_list("pk", flat=True), today)

    def ask_for_stale_pulls(self, *, now: datetime.datetime) -> int:
        """None asked for."""
        return 0

    def pdf(self, invoice: Invoice) -> bytes:
        """Raises AccountingUnavailable."""
        raise AccountingUnavailable(_("No QuickBooks company is connected."))
