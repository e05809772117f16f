"""The form of a payment of several invoices: what was typed, how the amount is spread, and what follows from it."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import money
from core.money import formatted
from invoices import queries
from invoices.forms import AmountField
from invoices.models import CreditUse, Invoice, Payment
from invoices.ports import DepositAccount, PaymentMethodChoice
from invoices.reading import number
from invoices.services.open_amounts import still_to_pay
from invoices.services.payments import LONGEST_REFERENCE, Received

ZERO = Decimal(0)
OFFERED = 50
PART = "part_"
SPREAD_OF = "spread_of"
_INTENTS = uuid.UUID("5d0d8f8e-52a3-4f0c-9a59-8b1c3f6c2a10")


def open_invoices(invoice: Invoice, user: Any, also: Sequence[int] = ()) -> list[Invoice]:
    """Invoices that ``user`` could pay together with ``invoice``: it first, then the oldest; ``also`` these."""
    if not invoice.customer_external_id:
        return [invoice]
    rows = queries.visible_to(user).filter(
        connection_id=invoice.connection_id,
        customer_external_id=invoice.customer_external_id,
        currency=invoice.currency,
        voided=False,
        removed_at=None,
        ending="",
    )
    rows = rows.filter(Q(balance__gt=0) | Q(pk__in=also)).exclude(external_id="").exclude(pk=invoice.pk)
    return [invoice, *rows.defer("search").order_by("issued_on", "pk")[:OFFERED]]


def next_intent(invoice: Invoice, *, of: str = "payment") -> uuid.UUID:
    """The request id of the next payment of this invoice's customer.

    Two forms that were opened on the same state carry the same id, so that both together record one payment.
    """
    customer = {"connection_id": invoice.connection_id, "customer_external_id": invoice.customer_external_id}
    last = Payment.objects.filter(**customer, request_id__isnull=False).aggregate(last=Max("pk"))["last"]
    used = CreditUse.objects.filter(invoice=invoice).aggregate(last=Max("pk"))["last"]
    return uuid.uuid5(_INTENTS, f"{of}:{invoice.pk}:{last}:{used}")


def correction_of(payment: Payment) -> uuid.UUID:
    """The request id of what is recorded in place of a refused payment."""
    return uuid.uuid5(_INTENTS, f"correction:{payment.pk}")


@dataclass(frozen=True)
class PartLine:
    """One invoice of the form: what is open, and what was typed for it."""

    invoice: Invoice
    left: Decimal
    typed: str
    problem: str = ""

    @property
    def name(self) -> str:
        """The name of its field."""
        return f"{PART}{self.invoice.pk}"


def spread(amount: Decimal, invoices: Sequence[Invoice], left: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """How much of an amount each invoice gets: in their order, each until it is paid."""
    found: dict[int, Decimal] = {}
    for invoice in invoices:
        part = max(min(amount, left[invoice.pk]), ZERO)
        found[invoice.pk] = part
        amount -= part
    return found


class PaymentForm(forms.Form):
    """A payment of invoices of one customer. What no invoice gets stays as the customer's credit."""

    request_id = forms.UUIDField(widget=forms.HiddenInput)
    amount = AmountField(label=gettext_lazy("Amount received"))
    received_on = forms.DateField(
        label=gettext_lazy("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    method = forms.ChoiceField(label=gettext_lazy("Payment method"), required=False)
    reference = forms.CharField(
        label=gettext_lazy("Reference"),
        required=False,
        max_length=LONGEST_REFERENCE,
        help_text=gettext_lazy("A cheque's number, for example."),
    )
    account = forms.ChoiceField(label=gettext_lazy("Deposit to"), required=False)
    rate = AmountField(label=gettext_lazy("Exchange rate"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Memo"), required=False, max_length=3900, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self,
        data: Any,
        *,
        invoice: Invoice,
        user: Any,
        methods: Sequence[PaymentMethodChoice],
        accounts: Sequence[DepositAccount],
        today: Any,
        request_id: uuid.UUID | None = None,
        before: Payment | None = None,
    ) -> None:
        self.invoice, self.before, self._spread_of = invoice, before, ""
        self.invoices = open_invoices(invoice, user, [*_named_in(data), *_parts_of(before)])
        self.left = still_to_pay(self.invoices)
        self.home = invoice.connection.home_currency
        super().__init__(data, initial=self._initial(today, request_id))
        self.names = {method.external_id: method.name for method in methods}
        self.account_names = {
            account.external_id: account.name
            for account in accounts
            if account.currency in ("", invoice.currency, self.home)
        }
        _offer(self, "method", [("", _("Not given")), *self.names.items()])
        _offer(self, "account", [("", _("As QuickBooks proposes")), *self.account_names.items()])
        if invoice.currency == self.home:
            del self.fields["rate"]
        else:
            words = {"currency": invoice.currency, "home": self.home}
            self.fields["rate"].label = _("%(home)s for one %(currency)s") % words

    def _initial(self, today: Any, request_id: uuid.UUID | None) -> dict[str, Any]:
        before = self.before
        if before is not None:
            for part in before.applications.all():
                # What the refused payment holds is free for the one in its place.
                if part.invoice_id in self.left and not before.removed_at:
                    self.left[part.invoice_id] += part.amount
            return {
                "request_id": request_id,
                "amount": money.rounded(before.amount, before.currency),
                "received_on": before.received_on,
                "method": before.method_external_id,
                "account": before.deposit_account_external_id,
                "reference": before.reference,
                "rate": before.exchange_rate.normalize(),
                "note": before.note,
            }
        return {
            "request_id": request_id,
            "amount": money.rounded(max(self.left[self.invoice.pk], ZERO), self.invoice.currency),
            "received_on": today,
            "rate": self.invoice.exchange_rate.normalize(),
        }

    def clean(self) -> dict[str, Any]:
        """The parts as Decimals under ``parts``; what is no amount is told at its line."""
        cleaned: dict[str, Any] = super().clean() or {}
        parts, self.wrong = self._parts(self.data)
        parts = self._spread_anew(parts, cleaned.get("amount"))
        if self.wrong:
            self.add_error(None, _("An amount for an invoice can't be read."))
        cleaned["parts"] = parts
        return cleaned

    def _spread_anew(self, parts: dict[int, Decimal], amount: Decimal | None) -> dict[int, Decimal]:
        """The parts for the typed ``amount``, where they are still those that were proposed for another one.

        Whoever types an amount and sends the form at once is faster than the proposal.
        """
        try:
            proposed_for = number(str(self.data.get(SPREAD_OF, "")))
        except (money.NotAnAmount, ValueError):
            return parts
        proposed = {pk: part for pk, part in spread(proposed_for, self.invoices, self.left).items() if part}
        untouched = {pk: part for pk, part in parts.items() if part} == proposed
        if amount is None or not untouched or sum(parts.values()) <= amount:
            return parts
        return {pk: part for pk, part in spread(amount, self.invoices, self.left).items() if part}

    @property
    def spread_of(self) -> str:
        """The amount that the shown parts were proposed for, empty where somebody typed them."""
        return self._spread_of

    def _parts(self, data: Any) -> tuple[dict[int, Decimal], set[int]]:
        found: dict[int, Decimal] = {}
        wrong: set[int] = set()
        for invoice in self.invoices:
            text = str(data.get(f"{PART}{invoice.pk}", "")).strip()
            if not text:
                continue
            try:
                found[invoice.pk] = number(text)
            except (money.NotAnAmount, ValueError):
                wrong.add(invoice.pk)
        return found, wrong

    def typed_amount(self) -> Decimal | None:
        """The amount as it stands in the form, None when it can't be read."""
        text = str(self.data.get("amount", "") if self.is_bound else self.initial["amount"]).strip()
        try:
            return number(text)
        except (money.NotAnAmount, ValueError):
            return None

    def lines(self, *, spread_again: bool = False) -> list[PartLine]:
        """The invoices with what each gets: as typed, or the amount spread over them."""
        amount = self.typed_amount()
        if self.is_bound and not spread_again:
            self._spread_of = str(self.data.get(SPREAD_OF, ""))
            _found, wrong = self._parts(self.data)
            return [
                PartLine(
                    invoice,
                    self.left[invoice.pk],
                    str(self.data.get(f"{PART}{invoice.pk}", "")).strip(),
                    _("This is not an amount.") if invoice.pk in wrong else "",
                )
                for invoice in self.invoices
            ]
        kept = self._kept()
        self._spread_of = "" if kept or amount is None else str(amount)
        parts = kept or spread(amount or ZERO, self.invoices, self.left)
        return [
            PartLine(invoice, self.left[invoice.pk], self._shown(parts.get(invoice.pk, ZERO)))
            for invoice in self.invoices
        ]

    def _kept(self) -> dict[int, Decimal]:
        if self.before is None or self.is_bound:
            return {}
        return {part.invoice_id: part.amount for part in self.before.applications.all() if part.invoice_id}

    def _shown(self, amount: Decimal) -> str:
        return str(money.rounded(amount, self.invoice.currency)) if amount else ""

    def outcome(self, lines: Sequence[PartLine]) -> tuple[str, str]:
        """What recording it comes to, in a sentence, and its tone: what stays as credit, what stays open."""
        currency = self.invoice.currency
        amount = self.typed_amount()
        parts = [(line, _readable(line.typed)) for line in lines]
        if amount is None or any(part is None for _line, part in parts):
            return "", "info"
        total = sum((part for _line, part in parts if part), ZERO)
        if total > amount:
            words = {"more": formatted(total - amount, currency), "amount": formatted(amount, currency)}
            return _("The invoices get %(more)s more than the %(amount)s that came in.") % words, "danger"
        over = [line for line, part in parts if part and part > line.left]
        if over:
            words = {"number": str(over[0].invoice), "left": formatted(over[0].left, currency)}
            return _("Invoice %(number)s has only %(left)s to pay.") % words, "danger"
        told = []
        if amount > total:
            words = {"rest": formatted(amount - total, currency), "customer": self.invoice.customer_name}
            told.append(_("%(rest)s stays as credit of %(customer)s, for a later invoice.") % words)
        short = [(line, line.left - part) for line, part in parts if part and part < line.left]
        for line, left in short:
            told.append(
                _("%(left)s of invoice %(number)s stays open.")
                % {"left": formatted(left, currency), "number": line.invoice}
            )
        if not told:
            told.append(_("The invoices are paid in full."))
        return " ".join(told), "info"

    def received(self) -> Received:
        """What was typed, for ``services.payments.record``."""
        given = self.cleaned_data
        by_id = {invoice.pk: invoice for invoice in self.invoices}
        return Received(
            amount=given["amount"],
            received_on=given["received_on"],
            parts=[(by_id[pk], part) for pk, part in given["parts"].items() if part],
            method_external_id=given.get("method", ""),
            method_name=self.names.get(given.get("method", ""), ""),
            reference=given["reference"],
            note=given["note"],
            deposit_account_external_id=given.get("account", ""),
            deposit_account_name=self.account_names.get(given.get("account", ""), ""),
            exchange_rate=given.get("rate") or None,
        )


def _named_in(data: Any) -> list[int]:
    """The invoices for which something was typed: they stay in the form, also when they are paid by now."""
    named = [name.removeprefix(PART) for name in data or () if name.startswith(PART) and str(data[name]).strip()]
    return [int(pk) for pk in named if pk.isdecimal()]


def _parts_of(payment: Payment | None) -> list[int]:
    return [part.invoice_id for part in payment.applications.all() if part.invoice_id] if payment else []


def _readable(text: str) -> Decimal | None:
    try:
        return number(text) if text else ZERO
    except (money.NotAnAmount, ValueError):
        return None


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Fill a choice; without anything to choose from, it is left out."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices
    if len(choices) == 1:
        del form.fields[name]
