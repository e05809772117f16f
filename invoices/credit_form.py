"""The forms that use credit for an invoice and that credit one: an amount for each source or line."""

import datetime
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Max
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from core import money
from invoices.models import CreditDocument, Invoice, Payment
from invoices.payment_form import next_intent
from invoices.reading import LONGEST_MESSAGE, LONGEST_NOTE, number
from invoices.services import credit_memos, credits
from invoices.services.open_amounts import still_to_pay

ZERO = Decimal(0)
_INTENTS = uuid.UUID("0e6c6a44-95cf-4a7f-9f0c-2a9d3d0a6b77")


@dataclass(frozen=True)
class Row:
    """One line of such a form: what it is, how much is left of it, and what was typed."""

    name: str
    source: Any
    left: Decimal
    typed: str
    problem: str = ""

    @property
    def amount(self) -> Decimal | None:
        """What was typed; 0 for nothing, None for what is no amount."""
        try:
            return number(self.typed) if self.typed.strip() else ZERO
        except (money.NotAnAmount, ValueError):
            return None


def _rows(sources: Iterable[tuple[str, Any, Decimal]], data: Any, proposed: dict[str, str]) -> list[Row]:
    found = []
    for name, source, left in sources:
        typed = str(data.get(name, "")).strip() if data is not None else proposed.get(name, "")
        row = Row(name, source, left, typed)
        found.append(row if row.amount is not None else Row(name, source, left, typed, _("This is not an amount.")))
    return found


class ApplyForm:
    """Credit of the customer for an invoice. Unless something was typed, the oldest credit is used first."""

    def __init__(self, data: Any, *, invoice: Invoice) -> None:
        available = credits.available(invoice)
        self.invoice = invoice
        self.left = max(still_to_pay([invoice])[invoice.pk], ZERO)
        payments = [(f"payment_{payment.pk}", payment, left) for payment, left in available.payments]
        memos = [(f"memo_{memo.pk}", memo, left) for memo, left in available.memos]
        proposed, rest = {}, self.left
        for name, _source, left in [*memos, *payments]:
            part = min(left, rest)
            proposed[name] = str(money.rounded(part, invoice.currency)) if part else ""
            rest -= part
        self.payments = _rows(payments, data, proposed)
        self.memos = _rows(memos, data, proposed)
        self.request_id = _intent_of(data) or next_intent(invoice, of="credit")

    @property
    def rows(self) -> list[Row]:
        """All sources."""
        return [*self.memos, *self.payments]

    def wrong(self) -> bool:
        """Whether something is no amount."""
        return any(row.problem for row in self.rows)

    def chosen_payments(self) -> list[tuple[Payment, Decimal]]:
        """What is used of payments."""
        return [(row.source, row.amount) for row in self.payments if row.amount]

    def chosen_memos(self) -> list[tuple[CreditDocument, Decimal]]:
        """What is used of credit memos."""
        return [(row.source, row.amount) for row in self.memos if row.amount]


class CreditForm:
    """A credit memo for an invoice: how much of each line is given back. All of it, unless something was typed."""

    def __init__(self, data: Any, *, invoice: Invoice, today: datetime.date) -> None:
        self.invoice = invoice
        lines = [(f"line_{each.line.pk}", each.line, each.amount) for each in credit_memos.creditable(invoice)]
        whole = {name: str(money.rounded(left, invoice.currency)) for name, _line, left in lines if left}
        self.rows: Sequence[Row] = _rows(lines, data, whole)
        given = data or {}
        self.issued_text = str(given.get("issued_on", today.isoformat()))
        self.message = str(given.get("message", ""))
        self.note = str(given.get("note", ""))
        self.request_id = _intent_of(data) or _next_credit(invoice)

    @property
    def exhausted(self) -> bool:
        """Whether all of the invoice was credited."""
        return not any(row.left for row in self.rows)

    @property
    def issued_on(self) -> datetime.date | None:
        """The date, None when it can't be read."""
        try:
            return parse_date(self.issued_text)
        except ValueError:
            return None

    def problem(self) -> str:
        """What is wrong with what was typed, in a sentence; empty when it can be asked for."""
        if any(row.problem for row in self.rows):
            return str(_("An amount can't be read."))
        if self.issued_on is None:
            return str(_("Say the date of the credit memo."))
        if len(self.message) > LONGEST_MESSAGE:
            return str(_("The message may have at most %d characters.") % LONGEST_MESSAGE)
        if len(self.note) > LONGEST_NOTE:
            return str(_("A memo may have at most %d characters.") % LONGEST_NOTE)
        return ""

    def amounts(self) -> dict[int, Decimal]:
        """How much of each line is given back."""
        return {row.source.pk: row.amount for row in self.rows if row.amount}


def _intent_of(data: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(data["request_id"])) if data is not None and data.get("request_id") else None
    except ValueError:
        return None


def _next_credit(invoice: Invoice) -> uuid.UUID:
    """The request id of the invoice's next credit memo, the same in every form that is opened before it is made."""
    made = CreditDocument.objects.filter(invoice=invoice, request_id__isnull=False).aggregate(last=Max("pk"))
    return uuid.uuid5(_INTENTS, f"{invoice.pk}:{made['last']}")
