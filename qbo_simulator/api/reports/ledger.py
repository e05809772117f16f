"""Documents as bookkeepers see them: which account each moves, by how much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from qbo_simulator.amounts import ZERO, cents, decimal_of
from qbo_simulator.company import Company
from qbo_simulator.store import Transaction

Body = dict[str, Any]
#: One for all: making one takes as long as reading a small document.
_DECODER = json.JSONDecoder(parse_float=Decimal)
#: Entity to the name that reports have for it.
NAMES = {
    "Invoice": "Invoice",
    "Payment": "Payment",
    "CreditMemo": "Credit Memo",
    "SalesReceipt": "Sales Receipt",
    "RefundReceipt": "Refund",
    "Estimate": "Estimate",
    "Bill": "Bill",
    "BillPayment": "Bill Payment (Check)",
    "VendorCredit": "Vendor Credit",
    "Purchase": "Expense",
    "PurchaseOrder": "Purchase Order",
    "Deposit": "Deposit",
    "Transfer": "Transfer",
    "JournalEntry": "Journal Entry",
    "CreditCardPaymentTxn": "Credit Card Payment",
}
SALES = ("Invoice", "CreditMemo", "SalesReceipt", "RefundReceipt")
NOT_POSTING = frozenset({"Estimate", "PurchaseOrder"})
#: Classes of accounts whose balance grows with a credit.
_CREDIT = frozenset({"Liability", "Equity", "Revenue"})


@dataclass
class Entry:
    """One line of a posting; a debit is positive."""

    account: str
    amount: Decimal
    memo: str = ""
    item: str | None = None
    quantity: Decimal = ZERO
    klass: str | None = None


@dataclass
class Document:
    """A transaction with its entries, the first of which is the account that it is about."""

    entity: str
    body: Body
    entries: list[Entry] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The Id of the transaction."""
        return str(self.body.get("Id"))

    @property
    def day(self) -> str:
        """Its date."""
        return str(self.body.get("TxnDate") or "")

    @property
    def kind(self) -> str:
        """What reports call it."""
        if self.entity == "BillPayment" and self.body.get("PayType") == "CreditCard":
            return "Bill Payment (Credit Card)"
        if self.entity == "Purchase":
            kinds = {"Check": "Check", "CreditCard": "Credit Card Expense", "Cash": "Cash Expense"}
            return kinds.get(str(self.body.get("PaymentType")), "Expense")
        return NAMES[self.entity]

    @property
    def number(self) -> str:
        """Its document or reference number."""
        return str(self.body.get("DocNumber") or self.body.get("PaymentRefNum") or "")

    @property
    def party(self) -> Body:
        """Customer, vendor or employee."""
        for name in ("CustomerRef", "VendorRef", "EntityRef", "EmployeeRef"):
            if isinstance(self.body.get(name), dict):
                return dict(self.body[name])
        return {}

    @property
    def memo(self) -> str:
        """The private note."""
        return str(self.body.get("PrivateNote") or "")

    @property
    def total(self) -> Decimal:
        """The total in home currency, as the document says it."""
        return _home(self.body, self.body.get("TotalAmt", self.body.get("Amount")))


def _home(body: Body, value: Any) -> Decimal:
    return cents(decimal_of(value) * (decimal_of(body.get("ExchangeRate")) or Decimal(1)))


def _reference(holder: Any, name: str) -> str | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    return str(value["value"]) if isinstance(value, dict) and value.get("value") else None


class Ledger:
    """One company's books, read for a report."""

    def __init__(self, tx: Transaction, company: Company) -> None:
        self.tx = tx
        self.company = company

    def bodies(self, entity: str, where: str = "1", parameters: tuple[Any, ...] = ()) -> Iterator[Body]:
        """Return the objects of an entity that meet a condition on the columns, by Id."""
        rows = self.tx.execute(
            f"SELECT body FROM objects WHERE realm = ? AND entity = ? AND deleted = 0 AND {where} ORDER BY number",  # noqa: S608
            (self.company.realm, entity, *parameters),
        )
        for row in rows:
            yield _DECODER.decode(row[0])

    @cached_property
    def accounts(self) -> dict[str, Body]:
        """Every account by Id, inactive ones too."""
        return {str(body["Id"]): body for body in self.bodies("Account")}

    @cached_property
    def items(self) -> dict[str, Body]:
        """Every item by Id."""
        return {str(body["Id"]): body for body in self.bodies("Item")}

    def account_of_type(self, kind: str, subtype: str | None = None) -> str:
        """Return the first account of a type, of the subtype when there is one; an empty text without any."""
        found = [body for body in self.accounts.values() if body.get("AccountType") == kind]
        exact = [body for body in found if body.get("AccountSubType") == subtype] if subtype else []
        return str((exact or found or [{"Id": ""}])[0]["Id"])

    def grows_with_credit(self, account: str) -> bool:
        """Whether a credit is shown as a positive figure of this account."""
        return self.accounts.get(account, {}).get("Classification") in _CREDIT

    def documents(self, first: str, last: str, entities: tuple[str, ...] = tuple(NAMES)) -> list[Document]:
        """Return the transactions of a period with their entries, by date."""
        found = []
        for entity in entities:
            for body in self.bodies(entity, "txn_date >= ? AND txn_date <= ?", (first, last)):
                found.append(self.posted(entity, body))
        return sorted(found, key=lambda document: (document.day, int(document.id) if document.id.isdecimal() else 0))

    def posted(self, entity: str, body: Body) -> Document:
        """Return a transaction with the entries that it makes; they add up to nothing."""
        document = Document(entity, body)
        if entity in NOT_POSTING:
            return document
        maker = getattr(self, f"_post_{entity.lower()}", None)
        document.entries = [entry for entry in maker(body) if entry.account] if maker else []
        rest = sum((entry.amount for entry in document.entries), ZERO)
        if rest and document.entries:
            document.entries[-1].amount -= rest
        return document

    # -- who posts what --------------------------------------------------------------------------------------------

    @cached_property
    def _receivable(self) -> str:
        return self.account_of_type("Accounts Receivable")

    @cached_property
    def _payable(self) -> str:
        return self.account_of_type("Accounts Payable")

    @cached_property
    def _undeposited(self) -> str:
        return self.account_of_type("Other Current Asset", "UndepositedFunds")

    def _sale(self, body: Body, account: str, sign: int) -> Iterator[Entry]:
        yield Entry(account, sign * _home(body, body.get("TotalAmt")), str(body.get("PrivateNote") or ""))
        if down := sign * _home(body, body.get("Deposit")):
            yield Entry(account, -down, "Deposit")
            yield Entry(_reference(body, "DepositToAccountRef") or self._undeposited, down, "Deposit")
        stock: list[Entry] = []
        for line in _flat(body.get("Line")):
            detail = line.get(str(line.get("DetailType"))) or {}
            memo = str(line.get("Description") or "")
            amount = sign * _home(body, line.get("Amount"))
            if line.get("DetailType") == "DiscountLineDetail":
                account = _reference(detail, "DiscountAccountRef") or self.company.discount_account or self._income
                yield Entry(account, amount, memo)
            elif line.get("DetailType") == "SalesItemLineDetail":
                item = _reference(detail, "ItemRef")
                known = self.items.get(item or "", {})
                account = _reference(detail, "ItemAccountRef") or _reference(known, "IncomeAccountRef") or self._income
                quantity = sign * decimal_of(detail.get("Qty"))
                yield Entry(account, -amount, memo, item, quantity, _reference(detail, "ClassRef"))
                cost = cents(quantity * decimal_of(known.get("PurchaseCost")))
                if known.get("Type") == "Inventory" and cost:
                    spent, held = _reference(known, "ExpenseAccountRef"), _reference(known, "AssetAccountRef")
                    if spent and held:
                        stock += [Entry(spent, cost, memo), Entry(held, -cost, memo)]
        for tax in (body.get("TxnTaxDetail") or {}).get("TaxLine") or ():
            rate = _reference(tax.get("TaxLineDetail"), "TaxRateRef")
            yield Entry(self._tax_account(rate), -sign * _home(body, tax.get("Amount")), "Tax")
        yield from stock

    @cached_property
    def _income(self) -> str:
        return self.account_of_type("Income")

    def _tax_account(self, rate: str | None) -> str:
        names = self._tax_names.get(rate or "", "")
        for identifier, account in self.accounts.items():
            if account.get("Name") == f"{names} Payable":
                return identifier
        return self.account_of_type("Other Current Liability", "GlobalTaxPayable")

    @cached_property
    def _tax_names(self) -> dict[str, str]:
        agencies = {str(body["Id"]): str(body.get("DisplayName")) for body in self.bodies("TaxAgency")}
        rates = self.bodies("TaxRate")
        return {str(body["Id"]): agencies.get(_reference(body, "AgencyRef") or "", "") for body in rates}

    def _post_invoice(self, body: Body) -> Iterator[Entry]:
        return self._sale(body, self._receivable, 1)

    def _post_creditmemo(self, body: Body) -> Iterator[Entry]:
        return self._sale(body, self._receivable, -1)

    def _post_salesreceipt(self, body: Body) -> Iterator[Entry]:
        return self._sale(body, _reference(body, "DepositToAccountRef") or self._undeposited, 1)

    def _post_refundreceipt(self, body: Body) -> Iterator[Entry]:
        return self._sale(body, _reference(body, "DepositToAccountRef") or self._undeposited, -1)

    def _post_payment(self, body: Body) -> Iterator[Entry]:
        amount = _home(body, body.get("TotalAmt"))
        yield Entry(_reference(body, "DepositToAccountRef") or self._undeposited, amount)
        yield Entry(_reference(body, "ARAccountRef") or self._receivable, -amount)

    def _bought(self, body: Body, account: str, sign: int) -> Iterator[Entry]:
        yield Entry(account, -sign * _home(body, body.get("TotalAmt")), str(body.get("PrivateNote") or ""))
        for line in _flat(body.get("Line")):
            detail = line.get(str(line.get("DetailType"))) or {}
            item = _reference(detail, "ItemRef")
            known = self.items.get(item or "", {})
            held = "AssetAccountRef" if known.get("Type") == "Inventory" else "ExpenseAccountRef"
            target = _reference(detail, "AccountRef") or _reference(known, held) or self.account_of_type("Expense")
            amount = sign * _home(body, line.get("Amount"))
            memo = str(line.get("Description") or "")
            yield Entry(
                target, amount, memo, item, sign * decimal_of(detail.get("Qty")), _reference(detail, "ClassRef")
            )

    def _post_bill(self, body: Body) -> Iterator[Entry]:
        return self._bought(body, _reference(body, "APAccountRef") or self._payable, 1)

    def _post_vendorcredit(self, body: Body) -> Iterator[Entry]:
        return self._bought(body, _reference(body, "APAccountRef") or self._payable, -1)

    def _post_purchase(self, body: Body) -> Iterator[Entry]:
        account = _reference(body, "AccountRef") or self.account_of_type("Bank")
        return self._bought(body, account, -1 if body.get("Credit") is True else 1)

    def _post_billpayment(self, body: Body) -> Iterator[Entry]:
        amount = _home(body, body.get("TotalAmt"))
        paid = _reference(body.get("CheckPayment"), "BankAccountRef")
        paid = paid or _reference(body.get("CreditCardPayment"), "CCAccountRef") or self.account_of_type("Bank")
        yield Entry(paid, -amount)
        yield Entry(_reference(body, "APAccountRef") or self._payable, amount)

    def _post_deposit(self, body: Body) -> Iterator[Entry]:
        yield Entry(_reference(body, "DepositToAccountRef") or "", _home(body, body.get("TotalAmt")))
        back = body.get("CashBack") or {}
        yield Entry(_reference(back, "AccountRef") or "", _home(body, back.get("Amount")), "Cash back")
        for line in _flat(body.get("Line")):
            detail = line.get("DepositLineDetail") or {}
            account = _reference(detail, "AccountRef") or self._undeposited
            yield Entry(account, -_home(body, line.get("Amount")), str(line.get("Description") or ""))

    def _moved(self, body: Body, amount: Decimal, source: str, target: str) -> Iterator[Entry]:
        yield Entry(_reference(body, source) or "", -amount)
        yield Entry(_reference(body, target) or "", amount)

    def _post_transfer(self, body: Body) -> Iterator[Entry]:
        return self._moved(body, _home(body, body.get("Amount")), "FromAccountRef", "ToAccountRef")

    def _post_creditcardpaymenttxn(self, body: Body) -> Iterator[Entry]:
        return self._moved(body, _home(body, body.get("Amount")), "BankAccountRef", "CreditCardAccountRef")

    def _post_journalentry(self, body: Body) -> Iterator[Entry]:
        for line in body.get("Line") or ():
            detail = line.get("JournalEntryLineDetail") or {}
            sign = -1 if detail.get("PostingType") == "Credit" else 1
            account = _reference(detail, "AccountRef") or ""
            yield Entry(account, sign * _home(body, line.get("Amount")), str(line.get("Description") or ""))


def _flat(lines: Any) -> Iterator[Body]:
    """Return the lines that carry amounts, those of bundles too."""
    for line in lines or ():
        if not isinstance(line, dict):
            continue
        group = line.get("GroupLineDetail")
        if isinstance(group, dict):
            yield from _flat(group.get("Line"))
        elif line.get("DetailType") != "SubTotalLineDetail":
            yield line
