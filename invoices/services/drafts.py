"""Wizards in progress: start, save, change company or customer, discard. Nothing here reaches QuickBooks."""

from collections.abc import Callable, Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from core.access import needs
from core.models import StoredFile
from crm.models import Deal, Quote
from crm.taxes import plain_name
from invoices import book_prices, reading
from invoices import terms as payment_terms
from invoices.drafts import EXISTING, TEXT, DraftContent, DraftCustomer, DraftItem, DraftLine, DraftTerms
from invoices.enums import InvoiceSource, TaxMode
from invoices.models import Approval, Invoice, InvoiceDraft
from invoices.ports import Account, CustomerChoice, ItemChoice, TaxCodeChoice, TermsChoice, accounting
from invoices.services import default_account, draft_sources, quote_rules
from invoices.services.create import account_of, correctable
from invoices.totals import plain

DRAFTS_SHOWN = 5


class DraftClosed(Exception):
    """The invoice of this draft was created; what is typed now can't change it."""


def open_draft(deal: Deal | None, *, by: Any) -> InvoiceDraft | None:
    """The wizard that this person left open on the deal."""
    return InvoiceDraft.objects.filter(deal=deal, owner=by, invoice=None).order_by("-updated_at").first()


def open_drafts(deal: Deal | None, *, by: Any) -> list[InvoiceDraft]:
    """All wizards that this person left open on the deal, the one typed into last first."""
    return list(InvoiceDraft.objects.filter(deal=deal, owner=by, invoice=None).order_by("-updated_at")[:DRAFTS_SHOWN])


@needs("invoices.create")
def start(deal: Deal | None, *, from_lines: bool, by: Any) -> InvoiceDraft:
    """A new draft, filled with what the deal says and accounting matches."""
    return start_from(InvoiceSource.DEAL if from_lines else InvoiceSource.SCRATCH, deal=deal, by=by)


@needs("invoices.create")
@transaction.atomic
def start_from(
    source: str,
    *,
    deal: Deal | None = None,
    quote: Quote | None = None,
    invoice: Invoice | None = None,
    estimate: Any = None,
    share: Decimal | None = None,
    lines: Sequence[DraftLine] | None = None,
    override_reason: str = "",
    again: bool = False,
    companies: Collection[int] | None = None,
    by: Any,
) -> InvoiceDraft:
    """A new wizard of ``by``, filled from a deal's lines, a quote, an earlier invoice (a copy) or an estimate.

    ``source`` is an ``InvoiceSource``. ``lines`` bill these instead of all lines of the source, ``share`` only so
    many percent of them. The deal follows from quote, invoice or estimate where it is not given. Raises
    ``quote_rules.QuoteNotUsable`` for a quote that is not published, or expired, unless ``by`` may override that and
    gives ``override_reason``; ``quote_rules.QuoteInvoiced`` for one that was invoiced, unless ``again``. A draft of
    the same deal into which nothing was typed is replaced; one that was worked on stays. ``companies``, as ids of
    connections, leaves only these to choose from.
    """
    if quote is not None:
        quote_rules.check(quote, reason=override_reason, again=again, by=by)
    document = invoice or estimate
    deal = deal or (quote.deal if quote is not None else getattr(document, "deal", None))
    content = DraftContent(
        source=InvoiceSource(source).value,
        quote_id=quote.pk if quote else None,
        copied_from=invoice.pk if invoice else None,
        estimate_id=estimate.pk if estimate else None,
        override_reason=override_reason.strip() if quote is not None and quote_rules.refusal(quote) else "",
    )
    content.lines = draft_sources.keyed(_source_lines(source, deal, quote, document) if lines is None else lines)
    usable = [account for account in accounting().accounts() if account.usable]
    if companies is not None:
        usable = [account for account in usable if account.connection_id in companies]
    step = _fill(content, usable, deal, document, currency=quote.currency if quote else "")
    if quote is not None and document is None and lines is None:
        content.discount = draft_sources.discount_of_quote(quote)
        _take_tax_codes(content, quote, usable)
    if share is not None:
        draft_sources.take_share(content, share)
    untouched = InvoiceDraft.objects.filter(
        deal=deal, owner=by, invoice=None, approval=Approval.NONE, updated_at=F("created_at")
    )
    untouched.exclude(pk__in=StoredFile.objects.filter(object_type="invoicedraft").values("object_id")).delete()
    now = timezone.now()
    data = content.to_json()
    return InvoiceDraft.objects.create(owner=by, deal=deal, data=data, step=step, created_at=now, updated_at=now)


def _take_tax_codes(content: DraftContent, quote: Quote, usable: list[Account]) -> None:
    """The company's tax codes that are called as the quote's lines print them."""
    account = next((each for each in usable if each.connection_id == content.connection_id), None)
    printed = [line.tax_code for line in quote.lines.all()]
    if account is None or not account.needs_tax_codes or not any(printed):
        return
    codes = accounting().tax_codes(account.connection_id)
    known = {plain_name(code.name): code.external_id for code in codes}
    for line, name in zip(content.lines, printed, strict=True):
        line.tax_code = known.get(plain_name(name), line.tax_code)
    name_tax_codes(content, codes)


def _source_lines(source: str, deal: Deal | None, quote: Quote | None, document: Any) -> list[DraftLine]:
    if document is not None:
        return draft_sources.lines_of_document(document)
    if quote is not None:
        return draft_sources.lines_of_quote(quote)
    return draft_sources.lines_of_deal(deal) if deal is not None and source == InvoiceSource.DEAL else []


def _fill(content: DraftContent, usable: list[Account], deal: Deal | None, document: Any, *, currency: str) -> str:
    """Choose the company and look everything up in it; returns the step to begin with."""
    own = next((each for each in usable if document is not None and each.connection_id == document.connection_id), None)
    if own is not None:
        _copy(content, own, document)
        return "customer"
    proposed = default_account.proposed(usable, deal=deal, currency=currency or (deal.currency if deal else ""))
    if proposed is None:
        return "account"
    choose_account(content, proposed.account, deal_id=deal.pk if deal else None)
    return "account" if len(usable) > 1 else "customer"


def _copy(content: DraftContent, account: Account, document: Any) -> None:
    """Fill a draft from a document of the same company: its customer, its items and everything it says."""
    lines = content.lines
    content.lines = []
    choose_account(content, account, deal_id=None)
    content.lines = lines
    choice = accounting().customer(account.connection_id, document.customer_external_id)
    if choice is not None:
        choose_customer(content, choice, account)
        content.currency = document.currency
    draft_sources.copy_document(content, document)
    available = accounting().terms(account.connection_id)
    terms = next((each for each in available if each.external_id == document.terms_external_id), None)
    if terms is not None:
        choose_terms(content, terms)
    match_items(content, account)
    if account.needs_tax_codes:
        name_tax_codes(content, accounting().tax_codes(account.connection_id))
    else:
        content.tax_mode = TaxMode.AUTOMATIC


@transaction.atomic
def save(draft: InvoiceDraft, change: Callable[[DraftContent], None], *, step: str = "") -> DraftContent:
    """Apply ``change`` to the stored content under a lock. Raises DraftClosed once the invoice is on its way."""
    locked = InvoiceDraft.objects.select_for_update().get(pk=draft.pk)
    if not still_open(locked):
        raise DraftClosed(locked.pk)
    content = DraftContent.from_json(locked.data)
    change(content)
    draft.data, draft.step, draft.updated_at = content.to_json(), step or locked.step, timezone.now()
    InvoiceDraft.objects.filter(pk=draft.pk).update(data=draft.data, step=draft.step, updated_at=draft.updated_at)
    return content


def follow_rate(draft: InvoiceDraft, before: Mapping[str, Any]) -> None:
    """Convert prices that nobody typed once the rate they follow is another than in ``before``.

    ``before`` is what the draft held until now. The accounting system may be asked, so nothing is locked meanwhile.
    """
    content = DraftContent.from_json(draft.data)
    basis = book_prices.basis(content)
    account = account_of(content.connection_id)
    if account is None or not basis or basis == book_prices.basis(DraftContent.from_json(before)):
        return
    rate = book_prices.rate_of(content, account)

    def change(kept: DraftContent) -> None:
        if book_prices.basis(kept) == basis:
            book_prices.follow(kept, rate)

    save(draft, change)


def still_open(draft: InvoiceDraft) -> bool:
    """Whether typing can still change anything: no invoice was made of it yet, or QuickBooks refused that one."""
    return draft.invoice is None or correctable(draft.invoice)


@needs("invoices.create")
def discard(draft: InvoiceDraft, *, by: Any) -> bool:
    """Throw the draft away; False when it has become an invoice meanwhile."""
    deleted, _rows = InvoiceDraft.objects.filter(Q(owner=by), pk=draft.pk, invoice=None).delete()
    return bool(deleted)


def choose_account(content: DraftContent, account: Account, *, deal_id: int | None) -> None:
    """Create the invoice in this company: customer, items, terms and tax codes are looked up in its books."""
    if content.connection_id == account.connection_id:
        return
    content.connection_id = account.connection_id
    content.currency = account.currency
    content.number = content.exchange_rate = content.shipping_tax_code = ""
    content.class_id = content.class_name = content.location_id = content.location_name = ""
    content.message = content.message or accounting().form_options(account.connection_id).message
    content.tax_mode = TaxMode.EXCLUSIVE if account.needs_tax_codes else TaxMode.AUTOMATIC
    content.customer = DraftCustomer()
    content.terms = DraftTerms()
    for line in content.lines:
        line.tax_code = line.tax_code_name = line.class_id = line.class_name = ""
        line.item = line.item if line.item.mode == TEXT else DraftItem()
        if line.home_price:
            line.unit_price = line.home_price = ""  # a price of the other company's books
    match_items(content, account)
    if not content.issued_on:
        content.issued_on = account.today.isoformat()
    matches = accounting().customer_matches(account.connection_id, deal_id=deal_id) if deal_id else []
    if matches and matches[0].certain:
        choose_customer(content, matches[0], account)
    else:
        default = next((terms for terms in accounting().terms(account.connection_id) if terms.default), None)
        choose_terms(content, default)
    if account.needs_tax_codes:
        name_tax_codes(content, accounting().tax_codes(account.connection_id))


def match_items(content: DraftContent, account: Account) -> None:
    """Give lines that have a product, but no item yet, the item of that product."""
    waiting = [line for line in content.lines if line.product_id and not line.item.mode]
    found = accounting().items_for_products(
        account.connection_id, [line.product_id for line in waiting if line.product_id]
    )
    matched = [(line, found[pk]) for line in waiting if (pk := line.product_id or 0) in found]
    items = book_prices.priced([item for _line, item in matched], content, account)
    for (line, _item), item in zip(matched, items, strict=True):
        choose_item(line, item)


def choose_item(line: DraftLine, item: ItemChoice) -> None:
    """Sell ``item`` on this line; what was typed stays, what is empty is filled."""
    line.item = DraftItem(mode=EXISTING, external_id=item.external_id, name=item.name, reason=item.reason)
    line.description = line.description or item.description
    if line.home_price or not line.unit_price.strip():
        line.unit_price = "" if item.unit_price is None else plain(item.unit_price)
        line.home_price = "" if item.home_price is None else plain(item.home_price)
    if item.tax_code_external_id and not line.tax_code:
        line.tax_code = item.tax_code_external_id


def choose_customer(content: DraftContent, choice: CustomerChoice, account: Account) -> None:
    """Invoice this customer: its e-mail, currency, terms and tax code become the defaults."""
    if content.recipient.strip() in ("", content.customer.email):
        content.recipient = choice.email
    content.customer = DraftCustomer(
        mode=EXISTING,
        external_id=choice.external_id,
        name=choice.name,
        email=choice.email,
        reason=choice.reason,
        billing_address=dict(choice.billing_address),
    )
    content.billing_address, content.shipping_address = {}, dict(choice.shipping_address)
    content.currency, content.exchange_rate = choice.currency or account.currency, ""
    if choice.tax_code_external_id:
        for line in content.lines:
            line.tax_code = line.tax_code or choice.tax_code_external_id
        if account.needs_tax_codes:
            name_tax_codes(content, accounting().tax_codes(account.connection_id))
    available = accounting().terms(account.connection_id)
    own = next((terms for terms in available if terms.external_id == choice.terms_external_id), None)
    if own is not None or not content.terms.external_id:
        choose_terms(content, own or next((terms for terms in available if terms.default), None))


def choose_terms(content: DraftContent, terms: TermsChoice | None) -> None:
    """Set the terms, and the due date that follows from them."""
    content.terms = DraftTerms(terms.external_id, terms.name) if terms else DraftTerms()
    if terms is not None:
        compute_due(content, terms)


def compute_due(content: DraftContent, terms: TermsChoice | None) -> None:
    """The due date from the invoice date and the terms; untouched when either says nothing."""
    try:
        issued_on = reading.date(content.issued_on)
    except ValueError:
        return
    due = payment_terms.due_on(issued_on, terms) if issued_on and terms else None
    if due is not None:
        content.due_on = due.isoformat()


def name_tax_codes(content: DraftContent, codes: Sequence[TaxCodeChoice]) -> None:
    """Write the name of each line's tax code beside it; a code that the company does not have is dropped."""
    names = {code.external_id: code.name for code in codes}
    for line in content.lines:
        line.tax_code = line.tax_code if line.tax_code in names else ""
        line.tax_code_name = names.get(line.tax_code, "")
