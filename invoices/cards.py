"""The invoice card of a deal, contact or company: everything it prints, computed here."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from crm.models import Deal, DealBilling
from invoices import differences, queries, suggestions
from invoices.card_sections import CardSection, sections_of
from invoices.differences import Difference
from invoices.enums import SyncState
from invoices.models import Invoice, InvoiceDraft
from invoices.ports import Account, AccountingUnavailable, SyncMark, accounting
from invoices.services import billing
from invoices.services.billing import amount_in
from invoices.services.drafts import open_draft
from invoices.suggestions import Suggested

SHOWN = 25
# While something is under way the card looks often, so that number and status appear by themselves.
BUSY_SECONDS, CALM_SECONDS = 2, 15
SOON = timedelta(minutes=2)
UNDER_WAY = (SyncState.CREATING, SyncState.WAITING)


@dataclass(frozen=True)
class Figure:
    """One total of the card."""

    label: str
    amount: Decimal
    currency: str
    alarming: bool = False


@dataclass(frozen=True)
class CardRow:
    """One invoice of the card."""

    invoice: Invoice
    mark: SyncMark
    converted: Decimal | None = None  # its total in the deal's currency, where that differs
    left_out: bool = False  # its currency can't be converted, so it is not in the totals
    skipped: bool = False  # the settings count invoices in the deal's own currency only
    difference: Difference | None = None  # QuickBooks came to another total than was reckoned
    draft: InvoiceDraft | None = None  # what to mend when QuickBooks refused it

    @property
    def name(self) -> str:
        """The number; while there is none, words."""
        return self.invoice.number or (_("New invoice") if not self.invoice.external_id else _("Without number"))

    @property
    def failed(self) -> bool:
        """Whether QuickBooks refused it."""
        return self.mark.state == SyncState.FAILED

    @property
    def living(self) -> bool:
        """Whether something can be done with it: QuickBooks has it, and it is not being voided or deleted."""
        gone = self.invoice.removed_at is not None or self.invoice.voided or self.invoice.ending
        return bool(self.invoice.external_id) and not gone


@dataclass(frozen=True)
class InvoiceCard:
    """The card. ``state`` is one of ``disconnected``, ``empty``, ``list``, ``error``."""

    object_type: str
    pk: int
    state: str
    url: str
    rows: Sequence[CardRow] = ()
    figures: Sequence[Figure] = ()
    accounts: Sequence[Account] = ()
    problems: Sequence[str] = ()
    currency: str = ""
    read_at: datetime | None = None
    draft: InvoiceDraft | None = None
    more: bool = False
    reason: str = ""
    seconds: int = CALM_SECONDS
    may_create: bool = False
    may_sync: bool = False
    may_connect: bool = False
    may_send: bool = False
    may_edit: bool = False
    may_void: bool = False
    may_record_payment: bool = False
    sections: Sequence[CardSection] = ()
    suggestions: Sequence[Suggested] = ()
    connection_ids: Sequence[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        """How many invoices it lists."""
        return len(self.rows)

    @property
    def any_left_out(self) -> bool:
        """Whether some invoice's money is not in the totals."""
        return any(row.left_out for row in self.rows)

    @property
    def any_skipped(self) -> bool:
        """Whether an invoice does not count because of its currency."""
        return any(row.skipped for row in self.rows)

    @property
    def create_url_name(self) -> str:
        """Only deals get invoices from here."""
        return "invoices:draft-new" if self.object_type == "deal" and self.may_create else ""


def card(object_type: str, pk: int, *, user: Any, url: str, deal: Deal | None = None) -> InvoiceCard:
    """The card of one record. Never raises for accounting: that becomes the card's error state."""
    rights = {
        "may_create": user.has_perm("invoices.create"),
        "may_sync": user.has_perm("invoices.view"),
        "may_connect": user.has_perm("qbo_connector.connect"),
        "may_send": user.has_perm("invoices.send"),
        "may_edit": user.has_perm("invoices.edit"),
        "may_void": user.has_perm("invoices.void"),
        "may_record_payment": user.has_perm("invoices.record_payment"),
    }
    try:
        accounts = list(accounting().accounts())
        # Asked before the rows are read: what ends in between is then asked for once too often, never missed.
        reading = bool(accounts) and accounting().reading([account.connection_id for account in accounts])
        invoices = _invoices(object_type, pk, user)
        marks = accounting().sync_marks([invoice.pk for invoice in invoices]) if invoices else {}
        shown_companies = sorted({i.connection_id for i in invoices} or {a.connection_id for a in accounts})
        read_at = accounting().age(shown_companies) if shown_companies else None
    except AccountingUnavailable as error:
        return InvoiceCard(object_type, pk, "error", url, reason=str(error), **rights)
    if not accounts and not invoices:
        return InvoiceCard(object_type, pk, "disconnected", url, seconds=CALM_SECONDS * 4, **rights)
    more, invoices = len(invoices) > SHOWN, invoices[:SHOWN]
    money = _Money.of(deal, invoices)
    rows = [_row(invoice, marks.get(invoice.pk), deal, money) for invoice in invoices]
    busy = reading or any(_under_way(row.mark) for row in rows)
    found_sections = sections_of(object_type, pk, user)
    return InvoiceCard(
        object_type,
        pk,
        "list" if rows or found_sections else "empty",
        url,
        rows=rows,
        figures=_deal_figures(deal) if deal is not None else _figures(object_type, pk, user),
        accounts=accounts,
        problems=_problems(accounts, invoices),
        currency=deal.currency if deal is not None else "",
        read_at=read_at,
        draft=open_draft(deal, by=user) if deal is not None and rights["may_create"] else None,
        more=more,
        seconds=BUSY_SECONDS if busy else CALM_SECONDS,
        connection_ids=shown_companies,
        sections=found_sections,
        suggestions=suggestions.invoices_for(deal, user) if deal is not None and rights["may_create"] else (),
        **rights,
    )


def _under_way(mark: SyncMark) -> bool:
    """Whether something may change any second; what has waited for long (QuickBooks away) is looked at calmly."""
    return mark.state in UNDER_WAY and (mark.since is None or timezone.now() - mark.since < SOON)


def _invoices(object_type: str, pk: int, user: Any) -> list[Invoice]:
    path = {"deal": "deal_id", "contact": "contacts__pk", "company": "companies__pk"}[object_type]
    found = queries.visible_to(user).filter(**{path: pk}, archived_at=None)
    return list(found.select_related("connection", "draft").order_by("-issued_on", "-pk")[: SHOWN + 1])


@dataclass(frozen=True)
class _Money:
    """How invoices in other currencies count towards the deal."""

    skipping: set[int] = field(default_factory=set)
    across: dict[tuple[int, str], Decimal] = field(default_factory=dict)

    @classmethod
    def of(cls, deal: Deal | None, invoices: Sequence[Invoice]) -> "_Money":
        """Two queries at most, none where all invoices are in the deal's currency."""
        others = [] if deal is None else [each for each in invoices if each.currency != deal.currency]
        if deal is None or not others:
            return cls()
        third = {
            (each.connection_id, deal.currency) for each in others if each.connection.home_currency != deal.currency
        }
        return cls(billing.skipping(), billing.rates_across(third))


def _row(invoice: Invoice, mark: SyncMark | None, deal: Deal | None, money: _Money) -> CardRow:
    found = mark or SyncMark(SyncState.NONE)
    draft = getattr(invoice, "draft", None) if found.state == SyncState.FAILED and not invoice.external_id else None
    difference = differences.explain(invoice)
    if deal is None or invoice.currency == deal.currency:
        return CardRow(invoice, found, draft=draft, difference=difference)
    if invoice.connection_id in money.skipping:
        return CardRow(invoice, found, skipped=True, draft=draft, difference=difference)
    home = invoice.connection.home_currency
    across = money.across.get((invoice.connection_id, deal.currency))
    amount = amount_in(invoice.total, deal.currency, invoice.currency, home, invoice.exchange_rate, across)
    return CardRow(invoice, found, converted=amount, left_out=amount is None, draft=draft, difference=difference)


def _deal_figures(deal: Deal) -> list[Figure]:
    billing: DealBilling | None = getattr(deal, "billing", None)
    if billing is None or not billing.invoices:
        return []
    figures = [
        Figure(_("Billed"), billing.billed, deal.currency),
        Figure(_("Paid"), billing.paid, deal.currency),
        Figure(_("Outstanding"), billing.outstanding, deal.currency),
    ]
    if billing.overdue:
        figures.append(Figure(_("Overdue"), billing.overdue, deal.currency, alarming=True))
    return figures


def _figures(object_type: str, pk: int, user: Any) -> list[Figure]:
    """Totals of a contact or company, by currency, because nothing says into which one to convert."""
    path = {"contact": "contacts__pk", "company": "companies__pk"}[object_type]
    rows = queries.visible_to(user).filter(**{path: pk}, removed_at=None).exclude(external_id="")
    figures: list[Figure] = []
    for found in queries.by_currency(rows):
        figures += [
            Figure(_("Billed"), found.total, found.currency),
            Figure(_("Paid"), found.total - found.balance, found.currency),
            Figure(_("Outstanding"), found.balance, found.currency),
        ]
    return figures


def _problems(accounts: Sequence[Account], invoices: Sequence[Invoice]) -> list[str]:
    """Why what is shown may be old, company by company."""
    if not accounts:
        return [_("QuickBooks is not connected any more. These are the last figures it gave.")]
    shown = {invoice.connection_id for invoice in invoices}
    return [
        f"{account.name}: {account.problem}"
        for account in accounts
        if not account.usable and account.problem and (account.connection_id in shown or not shown)
    ]
