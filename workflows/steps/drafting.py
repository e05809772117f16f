"""From a deal or quote to an invoice draft without anybody looking: what is missing is created, or it is a reason."""

from typing import Any

from django.utils.translation import gettext as _

from crm.models import Deal, Quote
from invoices.drafts import CREATE, EXISTING, TEXT, DraftContent, DraftCustomer, DraftItem
from invoices.enums import InvoiceSource
from invoices.models import InvoiceDraft
from invoices.ports import Account, accounting
from invoices.services import default_account, drafts
from workflows.steps.registry import Settings

CREATE_MISSING, USE_DEFAULT, FAIL = "create", "default", "fail"


class CantDraft(Exception):
    """There is no complete draft to be had; the message says what is missing."""


def usable_accounts(settings: Settings) -> list[Account]:
    """The companies that a step may bill in: the one that it names, else all. Raises CantDraft where there is none."""
    named = str(settings.get("company") or "")
    meant = [each for each in accounting().accounts() if named in ("", str(each.connection_id))]
    usable = [each for each in meant if each.usable]
    if not usable:
        problem = meant[0].problem if named and meant else ""
        raise CantDraft(problem or _("No QuickBooks company can be used."))
    return usable


def proposed_account(record: Deal | Quote, settings: Settings) -> Account:
    """The company in which a deal or quote is billed. Raises CantDraft."""
    deal = record.deal if isinstance(record, Quote) else record
    usable = usable_accounts(settings)
    proposal = default_account.proposed(usable, deal=deal, currency=record.currency)
    return proposal.account if proposal is not None else usable[0]


def draft_for(record: Deal | Quote, settings: Settings, *, by: Any) -> InvoiceDraft:
    """A draft of ``by`` that lacks nothing a workflow can give it. Raises CantDraft and what quotes refuse."""
    quote = record if isinstance(record, Quote) else None
    deal = quote.deal if quote is not None else record
    source = InvoiceSource.QUOTE if quote is not None else InvoiceSource.DEAL
    account = proposed_account(record, settings)
    companies = [account.connection_id]
    draft = drafts.start_from(
        source, deal=deal if isinstance(deal, Deal) else None, quote=quote, companies=companies, by=by
    )
    drafts.save(draft, lambda content: complete(content, record, account, settings))
    return draft


def complete(content: DraftContent, record: Deal | Quote, account: Account, settings: Settings) -> None:
    """Fill in the customer, items and tax codes that were not found in the company. Raises CantDraft."""
    if not content.lines:
        raise CantDraft(_("There are no line items."))
    if content.customer.mode != EXISTING:
        _fill_customer(content, record, settings)
    _fill_items(content, account, settings)
    if account.needs_tax_codes:
        _fill_tax_codes(content, account, settings)


def _fill_customer(content: DraftContent, record: Deal | Quote, settings: Settings) -> None:
    company, contact = parties_of(record)
    party: Any = company or contact
    if party is None:
        raise CantDraft(_("There is no contact or company to be the customer."))
    if settings.get("customer", CREATE_MISSING) == FAIL:
        raise CantDraft(_("QuickBooks has no customer that is linked to %s.") % party)
    content.customer = DraftCustomer(
        mode=CREATE,
        name=str(party),
        email=(contact.email if contact else "") or (company.email if company else ""),
        company_name=company.name if company else "",
        given_name=contact.first_name if contact else "",
        family_name=contact.last_name if contact else "",
        phone=party.phone or "",
        billing_address=dict(party.billing_address or {}),
    )
    content.recipient = content.recipient or content.customer.email


def parties_of(record: Deal | Quote) -> tuple[Any, Any]:
    """Company and contact of a deal or quote; None where there is none."""
    deal = record.deal if isinstance(record, Quote) else record
    contact = record.contact if isinstance(record, Quote) else None
    if contact is None and deal is not None:
        first = deal.deal_contacts.select_related("contact").order_by("-primary", "pk").first()
        contact = first.contact if first else None
    company = record.company or (deal.company if deal is not None else None)
    return company, contact


def _fill_items(content: DraftContent, account: Account, settings: Settings) -> None:
    waiting = [line for line in content.lines if not line.item.mode]
    if not waiting:
        return
    how = settings.get("items", CREATE_MISSING)
    names = ", ".join(line.name for line in waiting[:3])
    if how == FAIL:
        raise CantDraft(_("QuickBooks has no item for: %s.") % names)
    item = accounting().default_item(account.connection_id) if how == USE_DEFAULT else None
    if how == USE_DEFAULT and item is None:
        raise CantDraft(_("The company’s settings name no default item, and QuickBooks has none for: %s.") % names)
    for line in waiting:
        if item is not None:
            drafts.choose_item(line, item)
        else:
            line.item = DraftItem(mode=CREATE, name=line.name, unit_price=line.unit_price)


def _fill_tax_codes(content: DraftContent, account: Account, settings: Settings) -> None:
    codes = accounting().tax_codes(account.connection_id)
    wanted = str(settings.get("tax_code") or "").strip().casefold()
    usual = next((code.external_id for code in codes if wanted and code.name.casefold() == wanted), "")
    for line in content.lines:
        if line.item.mode != TEXT and not line.tax_code:
            line.tax_code = usual
    drafts.name_tax_codes(content, codes)
