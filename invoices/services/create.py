"""From a draft to an invoice: the intent is written here; `sync` carries it to QuickBooks."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.events import emit
from core.properties import put_defaults
from core.services.files import move_files
from crm.models import Company, Contact
from invoices import reading
from invoices.drafts import CREATE, DraftContent, ReadDraft, ReadLine
from invoices.enums import InvoiceOrigin, InvoiceStatus, SyncState, TaxMode
from invoices.models import Invoice, InvoiceDraft, InvoiceLine
from invoices.ports import Account, accounting
from invoices.reading import DraftProblems
from invoices.totals import plain


class IntentReused(Exception):
    """The request id was used before, for an invoice with other content."""

    def __init__(self, invoice: Invoice) -> None:
        super().__init__(_("This invoice was already created, with other content."))
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


def checked(content: DraftContent) -> tuple[ReadDraft, Account]:
    """The draft as values, once neither we nor QuickBooks would refuse it. Raises DraftProblems."""
    account = account_of(content.connection_id)
    read = reading.read(content, account)
    assert account is not None  # reading.read refuses a draft without a usable company
    refused = list(accounting().check_draft(account.connection_id, content.to_json()))
    if refused:
        raise DraftProblems(refused)
    return read, account


@transaction.atomic
def create_invoice(draft: InvoiceDraft, *, by: Any) -> Invoice:
    """The invoice of ``draft``, on its way to QuickBooks; the same draft again gives the same invoice.

    Raises DraftProblems, or IntentReused when the request id stands for other content already.
    """
    if draft.pk is not None:
        # Two clicks or two tabs come one after the other from here on.
        InvoiceDraft.objects.select_for_update().get(pk=draft.pk)
    digest = digest_of(draft.data)
    if made := _made_before(draft, digest):
        return made
    read, account = checked(DraftContent.from_json(draft.data))
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
    put_defaults("invoice", [invoice])
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
    emit("invoice.requested", invoice, by=by, about=about, **_event_data(invoice))
    return invoice


@transaction.atomic
def correct_invoice(draft: InvoiceDraft, *, by: Any) -> Invoice:
    """Write the mended ``draft`` into the invoice that QuickBooks refused, and send it again.

    Raises DraftProblems, or NotCorrectable when QuickBooks has the invoice or may be about to have it.
    """
    invoice = Invoice.objects.select_for_update().defer("search").get(draft=draft)
    if not correctable(invoice):
        raise NotCorrectable(_("This invoice can't be changed here any more."))
    read, account = checked(DraftContent.from_json(draft.data))
    if account.connection_id != invoice.connection_id:
        message = _("A refused invoice can't move to another QuickBooks company. Discard it and make a new one.")
        raise NotCorrectable(message)
    _fill(invoice, read, account)
    invoice.intent_digest = digest_of(draft.data)
    invoice.updated_at = timezone.now()
    invoice.save()
    invoice.lines.all().delete()
    InvoiceLine.objects.bulk_create(_lines(invoice, read.lines))
    about = [*([invoice.deal] if invoice.deal else []), *invoice.contacts.all(), *invoice.companies.all()]
    emit("invoice.corrected", invoice, by=by, about=about, **_event_data(invoice))
    accounting().retry(invoice, by=by)
    return invoice


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
        invoice.new_customer = {
            "name": customer.name.strip(),
            "email": customer.email.strip(),
            "company_name": customer.company_name,
            "given_name": customer.given_name,
            "family_name": customer.family_name,
            "phone": customer.phone,
            "billing_address": customer.billing_address,
        }
    else:
        invoice.customer_external_id = customer.external_id
        invoice.new_customer = None
        known = accounting().customer(account.connection_id, customer.external_id)
    invoice.customer_name = known.name if known else customer.name.strip()
    invoice.billing_address = dict(known.billing_address) if known else dict(customer.billing_address)
    invoice.recipient = content.recipient.strip() or customer.email.strip()
    invoice.issued_on, invoice.due_on = read.issued_on, read.due_on
    invoice.terms_external_id, invoice.terms_name = content.terms.external_id, content.terms.name
    invoice.message, invoice.private_note = content.message, content.private_note
    invoice.currency = content.currency or account.currency
    invoice.tax_mode = TaxMode(content.tax_mode) if account.needs_tax_codes else TaxMode.AUTOMATIC
    invoice.subtotal = invoice.total = invoice.balance = read.subtotal


def _lines(invoice: Invoice, lines: tuple[ReadLine, ...]) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            invoice=invoice,
            position=position,
            product_id=line.draft.product_id,
            new_item=_new_item(line) if line.draft.item.mode == CREATE else None,
            item_external_id="" if line.draft.item.mode == CREATE else line.draft.item.external_id,
            item_name=line.draft.item.name or line.draft.name,
            description=line.draft.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            amount=line.amount,
            service_on=line.service_on,
            tax_code_external_id=line.draft.tax_code,
            tax_code_name=line.draft.tax_code_name,
        )
        for position, line in enumerate(lines)
    ]


def _new_item(line: ReadLine) -> dict[str, str]:
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


def _event_data(invoice: Invoice) -> dict[str, Any]:
    return {
        "customer": invoice.customer_name,
        "currency": invoice.currency,
        "total": plain(invoice.total),
        "balance": plain(invoice.balance),
        "number": invoice.number,
    }
