"""The accounting port of `invoices`, on QuickBooks: everything but the PDF is a local query."""

import datetime
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.db.models import Exists, F, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
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
from qbo_connector import errors, gateway
from qbo_connector.enums import Cause, ConnectionStatus
from qbo_connector.mirror import schedule
from qbo_connector.models import Connection, MirrorObject, PullSchedule
from qbo_connector.services import status
from sync import (
    checks,
    choices,
    clock,
    deliveries,
    form_choices,
    found_invoices,
    marks,
    money,
    numbers,
    payment_links,
    seen_customers,
    tax_rates,
)
from sync.publish import attachments, invoice_changes, payment_changes, sends
from sync.publish import credits as credit_publishing
from sync.publish import invoices as publishing
from sync.publish import payments as payment_publishing
from sync.services import connections

OPEN_STATUSES = ("waiting", "sent", "partial", "overdue")
PDF_SECONDS = 3600
# After that a page no longer waits for a read that somebody asked for; the card says how old its data are.
LONGEST_WAIT = datetime.timedelta(minutes=2)


class QuickBooksAccounting:
    """See ``invoices.ports.Accounting`` for the contract of each method."""

    def accounts(self) -> Sequence[Account]:
        """Companies that are or were connected, usable ones first."""
        rows = Connection.objects.exclude(status=ConnectionStatus.DISCONNECTED).order_by("company_name", "pk")
        return sorted((self._account(row) for row in rows), key=lambda account: not account.usable)

    def _account(self, connection: Connection) -> Account:
        problem = "" if connection.active else f"{connection.get_status_display()}. {connection.status_reason}".strip()
        return Account(
            connection_id=connection.pk,
            name=str(connection),
            country=connection.country,
            currency=connection.home_currency,
            environment=connection.environment,
            usable=connection.active,
            problem=problem,
            needs_tax_codes=not connection.in_us,
            multicurrency=connection.multicurrency,
            today=clock.today(connection),
        )

    def customer_matches(self, connection_id: int, *, deal_id: int) -> Sequence[CustomerChoice]:
        """Proposals for a deal, best first."""
        return choices.customer_matches(connection_id, deal_id)

    def customers(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[CustomerChoice]:
        """Active customers by the beginning of words."""
        return choices.customers(connection_id, search, limit)

    def hidden_customers(self, connection_id: int, external_ids: Sequence[str], user: Any) -> frozenset[str]:
        """Those of some customers that are companies or contacts which ``user`` may not see."""
        return seen_customers.hidden(connection_id, external_ids, user)

    def customer(self, connection_id: int, external_id: str) -> CustomerChoice | None:
        """One customer."""
        return choices.customer(connection_id, external_id)

    def items(self, connection_id: int, *, search: str, limit: int = 20) -> Sequence[ItemChoice]:
        """Active products and services."""
        return choices.items(connection_id, search, limit)

    def items_by_id(self, connection_id: int, external_ids: Collection[str]) -> Mapping[str, ItemChoice]:
        """Some products and services."""
        return choices.items_by_id(connection_id, external_ids)

    def items_for_products(self, connection_id: int, product_ids: Sequence[int]) -> Mapping[int, ItemChoice]:
        """The item of each product."""
        return choices.items_for_products(connection_id, product_ids)

    def tax_codes(self, connection_id: int) -> Sequence[TaxCodeChoice]:
        """Active sales tax codes."""
        return choices.tax_codes(Connection.objects.get(pk=connection_id))

    def terms(self, connection_id: int) -> Sequence[TermsChoice]:
        """Active payment terms."""
        return choices.terms(Connection.objects.get(pk=connection_id))

    def payment_methods(self, connection_id: int) -> Sequence[PaymentMethodChoice]:
        """Active payment methods."""
        return choices.payment_methods(connection_id)

    def classes(self, connection_id: int) -> Sequence[NamedChoice]:
        """Active classes."""
        return form_choices.classes(Connection.objects.get(pk=connection_id))

    def locations(self, connection_id: int) -> Sequence[NamedChoice]:
        """Active locations."""
        return form_choices.locations(Connection.objects.get(pk=connection_id))

    def form_options(self, connection_id: int) -> FormOptions:
        """What the company's preferences allow."""
        return form_choices.options(Connection.objects.get(pk=connection_id))

    def tax_rates(self, connection_id: int, *, customer_external_id: str = "") -> Mapping[str, TaxCodeRates] | None:
        """The company's tax codes with their rates."""
        return tax_rates.codes(Connection.objects.get(pk=connection_id), customer_external_id)

    def taxable_items(self, connection_id: int, external_ids: Sequence[str]) -> frozenset[str]:
        """Items that are taxable."""
        return tax_rates.taxable_items(connection_id, external_ids)

    def default_item(self, connection_id: int) -> ItemChoice | None:
        """The item that the settings name."""
        return form_choices.default_item(connection_id)

    def exchange_rate(
        self, connection_id: int, currency: str, on: datetime.date
    ) -> tuple[Decimal, datetime.date] | None:
        """QuickBooks' rate of that day; metered as exchange rates."""
        return form_choices.exchange_rate(Connection.objects.get(pk=connection_id), currency, on)

    def next_number(self, connection_id: int) -> str:
        """The next free number of a company that numbers its documents itself."""
        connection = Connection.objects.get(pk=connection_id)
        return numbers.next_number(connection) if connection.custom_numbers else ""

    def number_taken(self, connection_id: int, number: str, *, invoice_id: int | None = None) -> NumberUse | None:
        """The document that has the number."""
        return numbers.taken(Connection.objects.get(pk=connection_id), number, invoice_id=invoice_id)

    def check_draft(self, connection_id: int, data: Mapping[str, Any]) -> Sequence[Problem]:
        """What QuickBooks would refuse."""
        return checks.problems_of(Connection.objects.get(pk=connection_id), data)

    def sync_marks(self, invoice_ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """Sync state of many invoices."""
        return marks.invoice_marks(invoice_ids)

    @needs("invoices.create", "sync.run")
    def retry(self, invoice: Invoice, *, by: Any) -> None:
        """A new attempt after a refusal; planned in the caller's transaction."""
        planned = invoice_changes.plan_wish if invoice.external_id else publishing.publish
        if planned(invoice.pk, again=True) is not None:
            emit("invoice.retried", invoice, by=by, about=[invoice.deal] if invoice.deal else [])

    def edit_refusal(self, invoice: Invoice) -> str:
        """Invoices that flow one way only, that wait for a decision, or whose company is gone can't be changed here."""
        return invoice_changes.refusal(invoice)

    def find_invoices(self, connection_id: int, wanted: InvoiceSearch, *, limit: int = 25) -> FoundInvoices:
        """Invoices of the mirror."""
        return found_invoices.find(connection_id, wanted, limit=limit)

    def track(self, connection_id: int, external_ids: Sequence[str]) -> Mapping[str, int]:
        """Have them in the CRM."""
        return found_invoices.track(connection_id, external_ids)

    def payment_link(self, invoice: Invoice) -> str:
        """QuickBooks' InvoiceLink."""
        return payment_links.link_of(invoice)

    def send_refusals(self, invoices: Sequence[Invoice]) -> Mapping[int, str]:
        """Why QuickBooks can't send them now."""
        return sends.refusals(invoices)

    def delivery(self, invoice: Invoice) -> Delivery:
        """What QuickBooks tells of the last e-mail."""
        return deliveries.delivery_of(invoice)

    def deposit_accounts(self, connection_id: int) -> Sequence[DepositAccount]:
        """Accounts that payments can be deposited to."""
        return money.deposit_accounts(connection_id)

    def customers_of(self, object_type: str, pk: int) -> Sequence[tuple[int, str]]:
        """The customers that a contact or company is."""
        return money.customers_of(object_type, pk)

    def writing_refusal(self, connection_id: int) -> str:
        """Why nothing can be written."""
        return money.writing_refusal(connection_id)

    def document_marks(self, object_type: str, ids: Sequence[int]) -> Mapping[int, SyncMark]:
        """Sync state of payments or credit documents."""
        return money.marks(object_type, ids)

    def retry_document(self, object_type: str, pk: int) -> bool:
        """A new attempt after a refusal."""
        return money.retry(object_type, pk)

    def give_up_credit(self, document: CreditDocument) -> str:
        """Cancel what was planned for a credit memo."""
        return credit_publishing.give_up(document)

    def give_up_payment_ending(self, payment: Payment) -> str:
        """Cancel what was planned to end a payment."""
        return payment_changes.give_up_ending(payment)

    def forget_refusal(self, payment: Payment) -> None:
        """What was refused is given up."""
        payment_changes.forget_refusal(payment)

    def give_up_payment(self, payment: Payment) -> str:
        """What was planned and never sent is cancelled; an answer that is awaited has to be known first."""
        return payment_publishing.give_up(payment)

    def file_marks(self, file_ids: Sequence[int]) -> Mapping[int, tuple[str, str]]:
        """How attachments stand in QuickBooks, in one statement."""
        return attachments.marks_of(file_ids)

    def age(self, connection_ids: Sequence[int]) -> datetime.datetime | None:
        """The oldest last success of the given companies; None while one of them was never read."""
        rows = PullSchedule.objects.filter(connection_id__in=connection_ids)
        finished = list(rows.values_list("finished_at", flat=True))
        return None if not finished or None in finished else min(moment for moment in finished if moment)

    def reading(self, connection_ids: Sequence[int]) -> bool:
        """Whether a requested read has not ended, or rows of a read wait to be applied."""
        unread = MirrorObject.objects.filter(connection_id=OuterRef("pk"), unread=True)
        rows = PullSchedule.objects.filter(pk__in=connection_ids, connection__status=ConnectionStatus.ACTIVE)
        asked = Q(requested_at__gt=F("finished_at")) & Q(requested_at__gt=timezone.now() - LONGEST_WAIT)
        return rows.filter(asked | Exists(unread)).exists()

    def request_pull(self, connection_ids: Sequence[int], *, by: Any = None) -> None:
        """Ask for a pull now."""
        connections.read_now(list(connection_ids), reference=False)

    def today(self, connection_id: int) -> datetime.date:
        """Today in the company's time zone."""
        return clock.today(Connection.objects.get(pk=connection_id))

    def todays(self) -> Mapping[int, datetime.date]:
        """Today of every connection."""
        return {connection.pk: clock.today(connection) for connection in Connection.objects.all()}

    def ask_for_stale_pulls(self, *, now: datetime.datetime) -> int:
        """Ask for a pull of every company with open tracked invoices whose last success is too long ago."""
        tracked = Invoice.objects.filter(connection_id=OuterRef("pk"), tracked=True, status__in=OPEN_STATUSES)
        active = Connection.objects.filter(Exists(tracked), status=ConnectionStatus.ACTIVE).annotate(
            read_at=Min("pull__finished_at"), due_at=Min("pull__due_at")
        )
        late = [
            connection.pk
            for connection in active
            if connection.read_at is not None
            and now - connection.read_at > marks.promise(schedule.interval(connection))
            and connection.due_at > now
        ]
        if late:
            schedule.request_pull(late, cause=Cause.CYCLE, reference=False)
        return len(late)

    def pdf(self, invoice: Invoice) -> bytes:
        """QuickBooks' PDF, cached by SyncToken so that looking again costs no read."""
        mirrored = MirrorObject.objects.filter(
            connection=invoice.connection, entity="Invoice", qbo_id=invoice.external_id, deleted=False
        ).first()
        if not invoice.external_id or mirrored is None:
            raise AccountingUnavailable(_("QuickBooks does not have this invoice yet, so there is no PDF."))
        if not invoice.connection.active:
            raise AccountingUnavailable(_("“%s” is not connected at the moment.") % invoice.connection)
        key = f"pdf:{invoice.connection_id}:{invoice.external_id}:{mirrored.sync_token}:{bytes(mirrored.digest).hex()}"
        cached = cache.get(key)
        if cached is not None:
            return bytes(cached)
        client = gateway.client_for(invoice.connection, Cause.PDF, interactive=True)
        try:
            content = client.pdf("Invoice", invoice.external_id)
        except errors.NeedsReconnect as error:
            status.needs_reconnect(invoice.connection, error)
            raise AccountingUnavailable(error.plain) from error
        except errors.QboError as error:
            raise AccountingUnavailable(error.plain) from error
        cache.set(key, content, PDF_SECONDS)
        return content
