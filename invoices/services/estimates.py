"""Ask for a quote's estimate in accounting, and keep it in step with the quote."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import needs
from core.events import emit
from core.money import ZERO
from crm import amounts
from crm.enums import QuoteStatus
from crm.models import Quote, QuoteLine
from crm.services.quotes import related
from crm.taxes import plain_name
from invoices.enums import EstimateStatus, TaxMode
from invoices.models import Estimate, EstimateLine
from invoices.ports import Account, CustomerChoice, ItemChoice, TaxCodeChoice, accounting
from invoices.totals import plain

REMOTE = {
    QuoteStatus.DRAFT: EstimateStatus.PENDING,
    QuoteStatus.APPROVAL: EstimateStatus.PENDING,
    QuoteStatus.PUBLISHED: EstimateStatus.PENDING,
    QuoteStatus.ACCEPTED: EstimateStatus.ACCEPTED,
    QuoteStatus.DECLINED: EstimateStatus.REJECTED,
    QuoteStatus.CLOSED: EstimateStatus.CLOSED,
}
PUBLISHABLE = (QuoteStatus.DRAFT, QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED)


class NoEstimate(ValueError):
    """The quote can't become an estimate like this; the message says why."""


@dataclass(frozen=True)
class LineMatch:
    """What a line of the quote is in accounting: an item, or one that would be created; and its tax code."""

    line: QuoteLine
    item: ItemChoice | None
    tax_code: str = ""


@dataclass(frozen=True)
class Proposal:
    """What an estimate in one company would be made of."""

    account: Account
    customers: Sequence[CustomerChoice]
    new_customer: Mapping[str, Any]
    lines: Sequence[LineMatch]
    tax_codes: Sequence[TaxCodeChoice]


@dataclass(frozen=True)
class Wanted:
    """What a person chose. ``customer`` is empty for a new one; tax codes are by position, where they are needed."""

    connection_id: int
    customer: str = ""
    tax_codes: Mapping[int, str] = field(default_factory=dict)


def propose(quote: Quote, connection_id: int) -> Proposal:
    """Match customer and items. Raises NoEstimate for a company that can't be used."""
    account = next((each for each in accounting().accounts() if each.connection_id == connection_id), None)
    if account is None or not account.usable:
        raise NoEstimate(account.problem if account else _("This company is not connected."))
    customers = accounting().customer_matches(connection_id, deal_id=quote.deal_id) if quote.deal_id else []
    codes = accounting().tax_codes(connection_id) if account.needs_tax_codes else []
    lines = list(quote.lines.all())
    return Proposal(account, customers, _new_customer(quote), _match(lines, connection_id, codes), codes)


def nobody() -> str:
    """Why a quote without anybody to bill is no estimate."""
    return _("The quote needs a contact or a company: it becomes the customer.")


@needs("invoices.post")
@transaction.atomic
def request(quote: Quote, wanted: Wanted, *, by: Any) -> Estimate:
    """The quote's estimate, on its way to QuickBooks; asking twice gives the same one. Raises NoEstimate."""
    fresh = Quote.objects.select_for_update(of=("self",)).select_related("deal", "contact", "company").get(pk=quote.pk)
    made = Estimate.objects.filter(quote=fresh).first()
    if made is not None and made.removed_at is None:
        return made
    if fresh.status not in PUBLISHABLE or fresh.archived_at is not None:
        raise NoEstimate(_("A quote in this state is not sent to QuickBooks."))
    proposal = propose(fresh, wanted.connection_id)
    if not proposal.lines:
        raise NoEstimate(_("Add a line item first."))
    customer = next((c for c in proposal.customers if c.external_id == wanted.customer), None)
    if wanted.customer and customer is None:
        customer = accounting().customer(wanted.connection_id, wanted.customer)
        if customer is None:
            raise NoEstimate(_("This customer is not there any more."))
    if customer is None and not proposal.new_customer["name"]:
        raise NoEstimate(nobody())
    if customer is not None and customer.currency and customer.currency != fresh.currency:
        words = {"name": customer.name, "theirs": customer.currency, "ours": fresh.currency}
        raise NoEstimate(_("%(name)s is billed in %(theirs)s, this quote is in %(ours)s.") % words)
    if not proposal.account.multicurrency and fresh.currency != proposal.account.currency:
        raise NoEstimate(_("This company knows %s only.") % proposal.account.currency)
    if made is not None:
        made.delete()
    estimate = Estimate.objects.create(
        connection_id=wanted.connection_id,
        quote=fresh,
        request_id=uuid.uuid4(),
        customer_external_id=customer.external_id if customer else "",
        new_customer=None if customer else dict(proposal.new_customer),
        customer_name=customer.name if customer else proposal.new_customer["name"],
        recipient=(customer.email if customer else "") or (fresh.contact.email if fresh.contact else ""),
        issued_on=proposal.account.today,
        currency=fresh.currency,
        tax_mode=TaxMode.EXCLUSIVE if proposal.account.needs_tax_codes else TaxMode.AUTOMATIC,
        created_by=by,
        **_head(fresh),
    )
    lines = [
        _estimate_line(match, wanted.tax_codes.get(position, match.tax_code), fresh.currency)
        for position, match in enumerate(proposal.lines)
    ]
    known = {code.external_id: code.name for code in proposal.tax_codes}
    if proposal.account.needs_tax_codes and any(line.tax_code_external_id not in known for line in lines):
        raise NoEstimate(_("Each line needs a tax code of this company."))
    for line in lines:
        line.tax_code_name = known.get(line.tax_code_external_id, "")
    _write_lines(estimate, lines)
    emit("estimate.requested", estimate, by=by, about=[fresh, *related(fresh)], **event_data(estimate))
    return estimate


@transaction.atomic
def keep_up(quote_id: int) -> int | None:
    """Bring the estimate of a quote to its newest version; the estimate's id, None where there is none."""
    quote = Quote.objects.select_for_update(of=("self",)).filter(pk=quote_id).first()
    if quote is None:
        return None
    estimate = Estimate.objects.select_for_update(of=("self",)).filter(quote=quote).first()
    moved = estimate is None
    if estimate is None and quote.replaces_id and quote.status in (QuoteStatus.PUBLISHED, QuoteStatus.ACCEPTED):
        estimate = Estimate.objects.select_for_update(of=("self",)).filter(quote_id=quote.replaces_id).first()
        if estimate is not None:
            estimate.quote = quote
            estimate.save(update_fields=["quote"])
    if estimate is None or estimate.removed_at is not None:
        return None
    # What was published does not change: only a draft or a newer version can differ.
    if (moved or quote.status == QuoteStatus.DRAFT) and _rewrite(estimate, quote):
        Estimate.objects.filter(pk=estimate.pk).update(lines_waiting=True, **_head(quote))
    return estimate.pk


def wanted_status(estimate: Estimate) -> EstimateStatus:
    """The status that QuickBooks should have; what it has where the quote says nothing of it."""
    return REMOTE.get(QuoteStatus(estimate.quote.status), EstimateStatus(estimate.status))


def event_data(estimate: Estimate) -> dict[str, Any]:
    """What events say of an estimate."""
    return {
        "number": estimate.number,
        "quote": estimate.quote.number,
        "customer": estimate.customer_name,
        "currency": estimate.currency,
        "total": plain(estimate.total or estimate.subtotal - estimate.discount_total),
    }


def _rewrite(estimate: Estimate, quote: Quote) -> bool:
    """Write the quote's lines into the estimate where they differ; items stay with what they were.

    So do tax codes, unless the line names another one of the company.
    """
    before = list(estimate.lines.all())
    lines = list(quote.lines.all())
    printed = _printed_codes(estimate.connection_id, lines)
    wanted = [printed.get(plain_name(line.tax_code)) for line in lines]
    same_taxes = all(
        code is None or code.external_id == old.tax_code_external_id for code, old in zip(wanted, before, strict=False)
    )
    same = _content(before, estimate.expires_on, estimate.discount_total) == _wanted_content(lines, quote)
    if same and same_taxes:
        return False
    items = accounting().items_for_products(
        estimate.connection_id, [line.product_id for line in lines if line.product_id]
    )
    written = []
    for line, code in zip(lines, wanted, strict=True):
        old = next((each for each in before if _is_same(each, line)), None)
        match = LineMatch(line, items.get(line.product_id or 0))
        new = _estimate_line(match, old.tax_code_external_id if old else "", quote.currency)
        if old is not None:
            new.item_external_id, new.item_name = old.item_external_id, old.item_name
            new.new_item, new.tax_code_name = old.new_item, old.tax_code_name
        elif before and not new.tax_code_external_id:
            new.tax_code_external_id, new.tax_code_name = before[0].tax_code_external_id, before[0].tax_code_name
        if code is not None:
            new.tax_code_external_id, new.tax_code_name = code.external_id, code.name
        written.append(new)
    estimate.lines.all().delete()
    _write_lines(estimate, written)
    return True


def _printed_codes(connection_id: int, lines: Sequence[QuoteLine]) -> dict[str, TaxCodeChoice]:
    """The company's tax codes by the name that a line prints; none where the company finds the tax itself."""
    if not any(line.tax_code for line in lines):
        return {}
    account = next((each for each in accounting().accounts() if each.connection_id == connection_id), None)
    needed = account is not None and account.needs_tax_codes
    return {plain_name(code.name): code for code in (accounting().tax_codes(connection_id) if needed else ())}


def _is_same(old: EstimateLine, line: QuoteLine) -> bool:
    if line.product_id:
        return old.product_id == line.product_id
    return line.name in (old.item_name, (old.new_item or {}).get("name"))


def _content(lines: Sequence[EstimateLine], expires_on: Any, discount: Decimal) -> Any:
    return ([(line.quantity, line.amount, line.description or line.item_name) for line in lines], expires_on, discount)


def _wanted_content(lines: Sequence[QuoteLine], quote: Quote) -> Any:
    rows = [(line.quantity, amounts.line_amount(line, quote.currency), _description(line)) for line in lines]
    return (rows, quote.expires_on, quote.subtotal - quote.amount)


def _head(quote: Quote) -> dict[str, Any]:
    return {
        "expires_on": quote.expires_on,
        "message": quote.notes[:1000],
        "subtotal": quote.subtotal,
        "discount_percent": quote.discount_percent or None,
        "discount_total": quote.subtotal - quote.amount,
    }


def _new_customer(quote: Quote) -> dict[str, Any]:
    company = quote.company or (quote.deal.company if quote.deal else None)
    contact = quote.contact
    party: Any = company or contact
    return {
        "name": str(party) if party else "",
        "email": (contact.email if contact else "") or (company.email if company else ""),
        "company_name": company.name if company else "",
        "given_name": contact.first_name if contact else "",
        "family_name": contact.last_name if contact else "",
        "phone": (party.phone if party else "") or "",
        "billing_address": dict(party.billing_address or {}) if party else {},
    }


def _match(lines: Sequence[QuoteLine], connection_id: int, codes: Sequence[TaxCodeChoice]) -> list[LineMatch]:
    items = accounting().items_for_products(connection_id, [line.product_id for line in lines if line.product_id])
    by_name = {plain_name(code.name): code.external_id for code in codes}
    known = set(by_name.values())
    found = []
    for line in lines:
        item = items.get(line.product_id or 0)
        code = by_name.get(plain_name(line.tax_code), "")
        if not code and item is not None and item.tax_code_external_id in known:
            code = item.tax_code_external_id
        found.append(LineMatch(line, item, code))
    return found


def _estimate_line(match: LineMatch, tax_code: str, currency: str) -> EstimateLine:
    line, item = match.line, match.item
    amount = amounts.line_amount(line, currency)
    off = amounts.gross_amount(line, currency) - amount
    created = {"name": line.name, "sku": "", "unit_price": plain(line.unit_price), "description": line.description}
    return EstimateLine(
        product_id=line.product_id,
        item_external_id=item.external_id if item else "",
        item_name=item.name if item else line.name,
        new_item=None if item else created,
        description=_description(line),
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent if line.discount_percent and not line.discount_amount else None,
        discount_amount=max(off, ZERO),
        amount=amount,
        tax_code_external_id=tax_code,
    )


def _description(line: QuoteLine) -> str:
    return line.description or line.name


def _write_lines(estimate: Estimate, lines: Sequence[EstimateLine]) -> None:
    for position, line in enumerate(lines):
        line.estimate, line.position = estimate, position
    EstimateLine.objects.bulk_create(lines)
