"""From a draft to an invoice: the intent is written here; `sync` carries it to QuickBooks."""

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.money import formatted
from core.properties import BadValues, clean_values
from core.services.files import move_files
from crm.models import Company, Contact, Quote
from invoices import reading
from invoices.drafts import CREATE, TEXT, DraftContent, DraftCustomer, ReadDraft, ReadLine
from invoices.enums import InvoiceOrigin, InvoiceSource, InvoiceStatus, LineKind, SyncState
from invoices.models import Invoice, InvoiceDraft, InvoiceLine
from invoices.ports import Account, Problem, accounting
from invoices.reading import DraftProblems
from invoices.reckoning import mode_of, reckoned
from invoices.services import quote_left, quote_rules
from invoices.totals import plain
from qbo_connector.models import Connection


class IntentReused(Exception):
    """The request id was used before, for a document with other content."""

    def __init__(self, invoice: Any) -> None:
        super().__init__(_("This was already created, with other content."))
        self.invoice = invoice


class NotCorrectable(Exception):
    """The invoice is on its way to QuickBooks or there already, so its draft can't be changed any more."""


def digest_of(data: Mapping[str, Any]) -> str:
    """A fingerprint of a draft's content: equal exactly when the content is."""
    canonical = DraftContent.from_json(data).to_json()
    return hashlib.sha256(json.dumps(canonical, sort_keys=True).encode()).hexdigest()


def account_of(connection_id: int | None) -> Account | None:
    """The connected company with this id."""
    return next((account for account in accounting().accounts() if account.connection_id == connection_id), None)


def checked(content: DraftContent, *, invoice_id: int | None = None) -> tuple[ReadDraft, Account]:
    """The draft as values, once neither we nor QuickBooks would refuse it. Raises DraftProblems.

    ``invoice_id`` is the invoice that the draft corrects: its own number is free for it.
    """
    account = account_of(content.connection_id)
    read = reading.read(content, account)
    assert account is not None  # reading.read refuses a draft without a usable company
    refused = list(accounting().check_draft(account.connection_id, content.to_json()))
    refused += [*_number_problems(read, account, invoice_id), *_deposit_problems(read, account)]
    if refused:
        raise DraftProblems(refused)
    return read, account


@transaction.atomic
def create_invoice(draft: InvoiceDraft, *, by: Any) -> Invoice:
    """The invoice of ``draft``, on its way to QuickBooks; the same draft again gives the same invoice.

    Raises DraftProblems, IntentReused when the request id stands for other content already, and PermissionDenied.
    """
    if by is not None and not (by.has_perm("invoices.post") or by.has_perm("invoices.approve")):
        raise PermissionDenied(_("Your role does not let you post invoices. Ask for approval instead."))
    if draft.pk is not None:
        # Two clicks or two tabs come one after the other from here on.
        InvoiceDraft.objects.select_for_update().get(pk=draft.pk)
    digest = digest_of(draft.data)
    if made := _made_before(draft, digest):
        return made
    content = DraftContent.from_json(draft.data)
    hold_numbers(content.connection_id)
    read, account = checked(content)
    invoice = Invoice(
        connection_id=account.connection_id,
        request_id=draft.request_id,
        intent_digest=digest,
        origin=InvoiceOrigin.CRM,
        tracked=True,
        status=InvoiceStatus.WAITING,
        deal_id=draft.deal_id,
        owner=by,
        created_by=by,
    )
    _fill(invoice, read, account)
    quote_left.guard(invoice, read.content)
    invoice.properties = _properties(content, None)
    try:
        with transaction.atomic():
            invoice.save(force_insert=True)
    except IntegrityError:
        if made := _made_before(draft, digest):
            return made
        raise
    InvoiceLine.objects.bulk_create(_lines(invoice, read.lines))
    contacts, companies = _associate(invoice)
    if draft.pk is not None:
        InvoiceDraft.objects.filter(pk=draft.pk).update(invoice=invoice, updated_at=timezone.now())
        move_files("invoicedraft", draft.pk, "invoice", invoice.pk, by=by)
    draft.invoice = invoice
    about = [*([invoice.deal] if invoice.deal else []), *contacts, *companies]
    emit("invoice.requested", invoice, by=by, about=about, unpriced=_unpriced(read), **_event_data(invoice))
    quote_rules.tell_override(invoice, read.content, by=by)
    return invoice


@needs("invoices.create")
@transaction.atomic
def correct_invoice(draft: InvoiceDraft, *, by: Any) -> Invoice:
    """Write the mended ``draft`` into the invoice that QuickBooks refused, and send it again.

    Raises DraftProblems, or NotCorrectable when QuickBooks has the invoice or may be about to have it.
    """
    invoice = Invoice.objects.select_for_update().defer("search").get(draft=draft)
    if not correctable(invoice):
        raise NotCorrectable(_("This invoice can't be changed here any more."))
    content = DraftContent.from_json(draft.data)
    hold_numbers(content.connection_id)
    read, account = checked(content, invoice_id=invoice.pk)
    if account.connection_id != invoice.connection_id:
        message = _("A refused invoice can't move to another QuickBooks company. Discard it and make a new one.")
        raise NotCorrectable(message)
    _fill(invoice, read, account)
    quote_left.guard(invoice, read.content)
    invoice.properties = _properties(content, invoice)
    invoice.intent_digest = digest_of(draft.data)
    invoice.updated_at = timezone.now()
    invoice.save()
    invoice.lines.all().delete()
    InvoiceLine.objects.bulk_create(_lines(invoice, read.lines))
    # Files that were put on the draft while it was mended.
    move_files("invoicedraft", draft.pk, "invoice", invoice.pk, by=by)
    about = [*([invoice.deal] if invoice.deal else []), *invoice.contacts.all(), *invoice.companies.all()]
    emit("invoice.corrected", invoice, by=by, about=about, unpriced=_unpriced(read), **_event_data(invoice))
    accounting().retry(invoice, by=by)
    return invoice


def hold_numbers(connection_id: int | None) -> None:
    """Two people who number an invoice of one company come one after the other: the second sees the first's number."""
    if connection_id is not None and accounting().form_options(connection_id).custom_numbers:
        list(Connection.objects.select_for_update(no_key=True).filter(pk=connection_id).values_list("pk"))


def _number_problems(read: ReadDraft, account: Account, invoice_id: int | None) -> list[Problem]:
    """A number that another document has, with the next free one."""
    if not read.number or not accounting().form_options(account.connection_id).custom_numbers:
        return []
    use = accounting().number_taken(account.connection_id, read.number, invoice_id=invoice_id)
    if use is None:
        return []
    text = _("The number %(number)s is taken by %(what)s. %(next)s is free.") % {
        "number": read.number,
        "what": use.words,
        "next": accounting().next_number(account.connection_id),
    }
    return [Problem(text, step="terms", field="number")]


def _deposit_problems(read: ReadDraft, account: Account) -> list[Problem]:
    """A deposit of more than the total, where the total is known."""
    if not read.deposit:
        return []
    totals = reckoned(read.content, account)
    if totals.tax is None or totals.deposit <= totals.total:
        return []
    text = _("The deposit is more than the total (%s).") % formatted(totals.total, read.content.currency)
    return [Problem(text, step="products", field="deposit")]


def _properties(content: DraftContent, invoice: Invoice | None) -> dict[str, Any]:
    """The custom properties, with the defaults of what was not typed. Raises DraftProblems."""
    try:
        return clean_values("invoice", content.properties, record=invoice)
    except BadValues as error:
        problems = [
            Problem(f"{error.labels.get(slot, slot)}: {text}", step="message", field=f"property:{slot}")
            for slot, text in error.problems.items()
        ]
        raise DraftProblems(problems) from error


def correctable(invoice: Invoice) -> bool:
    """Whether the invoice was refused by QuickBooks, so that its draft may be mended."""
    if invoice.external_id:
        return False
    mark = accounting().sync_marks([invoice.pk]).get(invoice.pk)
    return mark is not None and mark.state == SyncState.FAILED


def _made_before(draft: InvoiceDraft, digest: str) -> Invoice | None:
    made = Invoice.objects.defer("search").filter(request_id=draft.request_id).first()
    if made is not None and made.intent_digest != digest:
        raise IntentReused(made)
    return made


def _fill(invoice: Invoice, read: ReadDraft, account: Account) -> None:
    """The draft's values into the invoice's columns."""
    content, customer = read.content, read.content.customer
    known = None
    if customer.mode == CREATE:
        invoice.customer_external_id = ""
        invoice.new_customer = new_customer_of(customer)
    else:
        invoice.customer_external_id = customer.external_id
        invoice.new_customer = None
        known = accounting().customer(account.connection_id, customer.external_id)
    invoice.customer_name = known.name if known else customer.name.strip()
    usual = dict(known.billing_address) if known else dict(customer.billing_address)
    invoice.billing_address = _filled(content.billing_address) or usual
    invoice.shipping_address = _filled(content.shipping_address)
    invoice.recipient = content.recipient.strip() or customer.email.strip()
    invoice.cc, invoice.bcc = content.cc.strip(), content.bcc.strip()
    invoice.issued_on, invoice.due_on = read.issued_on, read.due_on
    invoice.terms_external_id, invoice.terms_name = content.terms.external_id, content.terms.name
    invoice.message, invoice.private_note = content.message, content.private_note
    invoice.currency = content.currency or account.currency
    invoice.exchange_rate = read.exchange_rate or Decimal(1)
    invoice.source = content.source if content.source in InvoiceSource.values else ""
    invoice.quote = Quote.objects.filter(pk=content.quote_id).first() if content.quote_id else None
    invoice.copied_from = Invoice.objects.filter(pk=content.copied_from).first() if content.copied_from else None
    invoice.class_external_id, invoice.class_name = content.class_id, content.class_name
    invoice.location_external_id, invoice.location_name = content.location_id, content.location_name
    options = accounting().form_options(account.connection_id)
    invoice.number = ""
    if options.custom_numbers:
        invoice.number = read.number or accounting().next_number(account.connection_id)
    _fill_totals(invoice, read, account)


def new_customer_of(customer: DraftCustomer) -> dict[str, Any]:
    """A customer to create on the way, as documents keep it."""
    return {
        "name": customer.name.strip(),
        "email": customer.email.strip(),
        "company_name": customer.company_name,
        "given_name": customer.given_name,
        "family_name": customer.family_name,
        "phone": customer.phone,
        "billing_address": customer.billing_address,
    }


def _fill_totals(invoice: Invoice, read: ReadDraft, account: Account) -> None:
    """What it comes to as reckoned here; QuickBooks' own figures take their place, and are compared with these."""
    content = read.content
    totals = reckoned(content, account)
    invoice.tax_mode = mode_of(content, account)
    invoice.tax_after_discount = content.tax_after_discount
    invoice.subtotal, invoice.discount_total = totals.subtotal, totals.discount
    invoice.discount_percent = read.discount_percent
    invoice.shipping_total, invoice.shipping_tax_code_external_id = totals.shipping, content.shipping_tax_code
    invoice.deposit = totals.deposit
    invoice.tax_total = totals.tax or Decimal(0)
    invoice.total, invoice.balance = totals.total, totals.balance
    invoice.expected_tax, invoice.expected_total = totals.tax, totals.total


def _filled(address: Mapping[str, str]) -> dict[str, str]:
    return {name: value.strip() for name, value in address.items() if value.strip()}


def _lines(invoice: Invoice, lines: tuple[ReadLine, ...]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            invoice=invoice,
            position=position,
            kind=LineKind.TEXT if line.draft.item.mode == TEXT else LineKind.ITEM,
            product_id=line.draft.product_id,
            new_item=new_item_of(line) if line.draft.item.mode == CREATE else None,
            item_external_id="" if line.draft.item.mode == CREATE else line.draft.item.external_id,
            item_name=line.draft.item.name or line.draft.name,
            description=line.draft.description,
            quantity=None if line.draft.item.mode == TEXT else line.quantity,
            unit_price=None if line.draft.item.mode == TEXT else line.unit_price,
            discount_percent=line.discount_percent,
            discount_amount=line.discount_amount,
            amount=line.amount,
            class_external_id=line.draft.class_id,
            class_name=line.draft.class_name,
            service_on=line.service_on,
            tax_code_external_id=line.draft.tax_code,
            tax_code_name=line.draft.tax_code_name,
        )
        for position, line in enumerate(lines)
    ]


def new_item_of(line: ReadLine) -> dict[str, str]:
    """An item to create on the way, as documents keep it."""
    item = line.draft.item
    price = item.unit_price or plain(line.unit_price)
    return {"name": item.name.strip(), "sku": item.sku, "unit_price": price, "description": line.draft.description}


def _associate(invoice: Invoice) -> tuple[list[Contact], list[Company]]:
    deal = invoice.deal
    if deal is None:
        return [], []
    contacts = list(deal.contacts.all())
    companies = [deal.company] if deal.company else []
    invoice.contacts.set(contacts)
    invoice.companies.set(companies)
    return contacts, companies


def _unpriced(read: ReadDraft) -> list[str]:
    """The names of lines that cost nothing because their price is 0, for the timeline."""
    free = [line.draft for line in read.lines if reading.costs_nothing(line.draft)]
    return [line.item.name or line.name for line in free]


def _event_data(invoice: Invoice) -> dict[str, Any]:
    return {
        "customer": invoice.customer_name,
        "currency": invoice.currency,
        "total": plain(invoice.total),
        "balance": plain(invoice.balance),
        "number": invoice.number,
    }
