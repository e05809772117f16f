"""HubSpot's word on invoices beside QuickBooks': matched by number and customer, with what differs in words.

An invoice that matches is put on HubSpot's deal. Where none does, the deal shows HubSpot's five properties as they
were, until an invoice of QuickBooks fills them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core.access import decided
from core.events import Draft, emit_many
from core.models import Origin
from core.money import formatted
from crm.models import Company, Contact, Deal, DealBilling, HubspotClaim, HubspotImport, HubspotRecord
from crm.services import deals
from crm.services.deals import DealBillingValues
from invoices.enums import InvoiceStatus
from invoices.models import HubspotMatch, Invoice, KeptApart
from invoices.services import links

Outcome = HubspotMatch.Outcome
BATCH = 500
# By number and customer they are the same invoice, whatever else differs.
SAME = (Outcome.MATCHED, Outcome.STATUS, Outcome.AMOUNT)
_LABELS = {str(label).casefold(): {str(value)} for value, label in InvoiceStatus.choices}
# The words of HubSpot's own invoices.
_STATUSES: dict[str, set[str]] = {
    **_LABELS,
    "draft": {InvoiceStatus.DRAFT, InvoiceStatus.WAITING},
    "open": {InvoiceStatus.WAITING, InvoiceStatus.SENT, InvoiceStatus.PARTIAL, InvoiceStatus.OVERDUE},
    "outstanding": {InvoiceStatus.WAITING, InvoiceStatus.SENT, InvoiceStatus.PARTIAL, InvoiceStatus.OVERDUE},
    "partially paid": {InvoiceStatus.PARTIAL},
    "paid": {InvoiceStatus.PAID},
    "void": {InvoiceStatus.VOIDED},
}


@dataclass
class _Known:
    """What a batch of claims needs of the database."""

    records: dict[tuple[str, str], int] = field(default_factory=dict)
    deals: dict[int, Deal] = field(default_factory=dict)
    companies: dict[int, str] = field(default_factory=dict)
    contacts: dict[int, str] = field(default_factory=dict)
    invoices: dict[str, list[Invoice]] = field(default_factory=dict)

    def ids(self, kind: str, hubspot_ids: Iterable[str]) -> list[int]:
        """Our records by HubSpot's ids."""
        return [self.records[kind, each] for each in hubspot_ids if (kind, each) in self.records]


@transaction.atomic
def ask(batch: HubspotImport) -> None:
    """Have a worker compare once more."""
    draft = Draft("hubspot_import.finished", "hubspotimport", batch.pk, data={"title": str(batch), "again": True})
    emit_many([draft], by=batch.owner, origin=Origin.PERSON)


@decided()
def compare(batch: HubspotImport) -> int:
    """Compare everything that the files of ``batch`` said, and do what follows from it; how many were compared."""
    last, count = 0, 0
    while claims := _claims(batch, last):
        with transaction.atomic():
            _compare(claims, by=batch.owner)
        last, count = claims[-1].pk, count + len(claims)
    return count


def _claims(batch: HubspotImport, after: int) -> list[HubspotClaim]:
    rows = HubspotClaim.objects.filter(job__batch=batch, pk__gt=after).select_related("match")
    return list(rows.order_by("pk")[:BATCH])


def _compare(claims: Sequence[HubspotClaim], *, by: Any) -> None:
    known = _known(claims)
    found = [_match(claim, known) for claim in claims]
    for match in found:
        if match.outcome in SAME and not match.linked and match.deal_id:
            match.linked = _link(match, known.deals[match.deal_id], by)
    _take_over([match for match in found if match.outcome not in SAME and match.claim.source == "deal"], known)
    HubspotMatch.objects.bulk_create(
        found, update_conflicts=True, unique_fields=["claim"],
        update_fields=["outcome", "why", "invoice", "deal_id", "linked", "taken_over"],
    )  # fmt: skip


def _known(claims: Sequence[HubspotClaim]) -> _Known:
    known = _Known()
    wanted = {kind: {each for claim in claims for each in getattr(claim, f"{kind}_ids")} for kind in (
        "deal", "company", "contact")}  # fmt: skip
    for kind, ids in wanted.items():
        rows = HubspotRecord.objects.filter(object_type=kind, hubspot_id__in=ids).values_list("hubspot_id", "record_id")
        known.records |= {(kind, hubspot_id): pk for hubspot_id, pk in rows}
    held = Deal.objects.filter(pk__in=known.ids("deal", wanted["deal"]), archived_at=None).defer("search")
    known.deals = {deal.pk: deal for deal in held.prefetch_related("deal_contacts")}
    companies = {deal.company_id for deal in known.deals.values() if deal.company_id}
    companies |= set(known.ids("company", wanted["company"]))
    contacts = {link.contact_id for deal in known.deals.values() for link in deal.deal_contacts.all()}
    contacts |= set(known.ids("contact", wanted["contact"]))
    known.companies = dict(Company.objects.filter(pk__in=companies).values_list("pk", "name"))
    known.contacts = dict(Contact.objects.filter(pk__in=contacts).values_list("pk", "email"))
    numbers = {claim.number.strip() for claim in claims} - {""}
    invoices = Invoice.objects.filter(number__in=numbers, removed_at=None).exclude(external_id="").defer("search")
    for invoice in invoices.select_related("deal").prefetch_related("contacts", "companies").order_by("pk"):
        known.invoices.setdefault(invoice.number, []).append(invoice)
    return known


def _match(claim: HubspotClaim, known: _Known) -> HubspotMatch:
    before = getattr(claim, "match", None)
    deal_ids = [pk for pk in known.ids("deal", claim.deal_ids) if pk in known.deals]
    match = HubspotMatch(
        claim=claim, deal_id=deal_ids[0] if len(deal_ids) == 1 else None,
        linked=before.linked if before is not None else False,
        taken_over=before.taken_over if before is not None else False,
    )  # fmt: skip
    number = claim.number.strip()
    same_number = known.invoices.get(number, []) if number else []
    deal = known.deals.get(match.deal_id or 0)
    fitting = [invoice for invoice in same_number if _fits(invoice, claim, deal, known)]
    if not same_number:
        match.outcome = Outcome.UNKNOWN
        match.why = _("QuickBooks has no invoice %s.") % number if number else _("HubSpot names no invoice number.")
    elif not fitting:
        match.outcome = Outcome.CUSTOMER
        words = ", ".join(sorted({invoice.customer_name or "–" for invoice in same_number}))
        said = claim.recipient or claim.customer or (known.companies.get(deal.company_id or 0, "") if deal else "")
        match.why = _("In QuickBooks %(number)s is an invoice to %(customer)s, in HubSpot to %(other)s.") % {
            "number": number, "customer": words, "other": said or _("nobody that it names")}  # fmt: skip
    elif len(fitting) > 1:
        match.outcome = Outcome.SEVERAL
        match.why = _("%(count)d invoices to this customer have the number %(number)s.") % {
            "count": len(fitting), "number": number}  # fmt: skip
    else:
        match.invoice = fitting[0]
        match.outcome, match.why = _compared(claim, fitting[0])
        if fitting[0].deal_id and match.deal_id and fitting[0].deal_id != match.deal_id:
            match.why = " ".join(filter(None, [match.why, _("It is on the deal “%s”.") % fitting[0].deal]))
    return match


def _fits(invoice: Invoice, claim: HubspotClaim, deal: Deal | None, known: _Known) -> bool:
    """Whether the invoice is to whom HubSpot says: the same records, or the same words."""
    companies = set(known.ids("company", claim.company_ids)) | ({deal.company_id} if deal is not None else set())
    contacts = set(known.ids("contact", claim.contact_ids))
    contacts |= {link.contact_id for link in deal.deal_contacts.all()} if deal is not None else set()
    if companies & {each.pk for each in invoice.companies.all()} or contacts & {
        each.pk for each in invoice.contacts.all()
    }:
        return True
    said = [claim.recipient, claim.customer, *(known.companies.get(pk or 0, "") for pk in companies)]
    said += [known.contacts.get(pk, "") for pk in contacts]
    words = {" ".join(text.split()).casefold() for text in said} - {""}
    return bool(words & {" ".join(text.split()).casefold() for text in (invoice.customer_name, invoice.recipient)})


def _compared(claim: HubspotClaim, invoice: Invoice) -> tuple[Outcome, str]:
    """What differs between what HubSpot says and an invoice that is the same by number and customer."""
    told: list[str] = []
    outcome = Outcome.MATCHED
    expected = _STATUSES.get(claim.status.strip().casefold())
    if expected is not None and invoice.status not in expected:
        outcome = Outcome.STATUS
        words = {"one": claim.status, "other": invoice.get_status_display()}
        told.append(_("Status: %(one)s in HubSpot, %(other)s in QuickBooks.") % words)
    if claim.due_on is not None and claim.due_on != invoice.due_on:
        other = invoice.due_on.isoformat() if invoice.due_on else "–"
        words = {"one": claim.due_on.isoformat(), "other": other}
        told.append(_("Due date: %(one)s in HubSpot, %(other)s in QuickBooks.") % words)
    other_money = claim.source == "invoice" and claim.currency and claim.currency != invoice.currency
    if claim.amount is not None and (claim.amount != invoice.total or other_money):
        outcome = Outcome.AMOUNT
        told.insert(0, _("Amount: %(one)s in HubSpot, %(other)s in QuickBooks.") % {
            "one": formatted(claim.amount, claim.currency or invoice.currency),
            "other": formatted(invoice.total, invoice.currency)})  # fmt: skip
    return outcome, " ".join(told)


def _link(match: HubspotMatch, deal: Deal, by: Any) -> bool:
    """Put the invoice on HubSpot's deal, unless it is on one or a person took it off this one."""
    invoice = match.invoice
    if invoice is None or invoice.deal_id:
        return False
    if KeptApart.objects.filter(invoice=invoice, object_type="deal", object_id=deal.pk).exists():
        return False
    linked = bool(links.add([invoice.pk], deal, by=by, origin=Origin.IMPORT).linked)
    if linked:
        invoice.deal = deal
    return linked


def _take_over(matches: Sequence[HubspotMatch], known: _Known) -> None:
    """Write HubSpot's five properties on deals that no invoice of QuickBooks fills them for."""
    ids = [match.deal_id for match in matches if match.deal_id]
    billed = set(DealBilling.objects.filter(deal_id__in=ids, invoices__gt=0).values_list("deal_id", flat=True))
    values = []
    for match in matches:
        claim = match.claim
        if not match.deal_id or match.deal_id in billed:
            continue
        status = _STATUSES.get(claim.status.strip().casefold(), set())
        values.append(
            DealBillingValues(
                deal_id=match.deal_id, invoice_amount_billed=claim.amount, invoice_recipient=claim.recipient,
                invoice_number=claim.number, invoice_status=next(iter(status)) if len(status) == 1 else "",
                invoice_due_on=claim.due_on, currency=claim.currency or known.deals[match.deal_id].currency,
            )
        )  # fmt: skip
        match.taken_over = True
    deals.set_billing(values)


@decided()
@transaction.atomic
def undo(batch: HubspotImport) -> int:
    """Take invoices off the deals that the comparison put them on, and forget what HubSpot said."""
    rows = HubspotMatch.objects.filter(claim__job__batch=batch).select_related("invoice", "claim")
    count = 0
    for match in rows.filter(linked=True, invoice__isnull=False):
        deal = Deal.objects.filter(pk=match.deal_id or 0).first()
        if match.invoice is None or deal is None:
            continue
        if links.take_off(match.invoice, deal, by=batch.owner, origin=Origin.IMPORT):
            # It is the import that is taken back: nobody said that they don't belong together.
            KeptApart.objects.filter(invoice=match.invoice, object_type="deal", object_id=deal.pk).delete()
            count += 1
    taken = [match for match in rows.filter(taken_over=True) if match.deal_id]
    held = DealBilling.objects.filter(deal_id__in=[match.deal_id for match in taken], invoices=0)
    numbers = dict(held.values_list("deal_id", "invoice_number"))
    mine = [match for match in taken if numbers.get(match.deal_id or 0) == match.claim.number]
    deals.set_billing([DealBillingValues(deal_id=match.deal_id or 0) for match in mine])
    HubspotClaim.objects.filter(job__batch=batch).delete()
    return count + len(mine)
