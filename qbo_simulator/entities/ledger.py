"""What a transaction does to the accounts: debits are positive, and only balance sheet accounts keep a balance."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from qbo_simulator.amounts import ZERO, cents

if TYPE_CHECKING:
    from qbo_simulator.books import Books

Body = dict[str, Any]
Posting = tuple[str | None, Decimal]

#: Classifications whose accounts start every year at nothing: QuickBooks shows their balance as zero.
_WITHOUT_BALANCE = ("Revenue", "Expense")
_EXPENSES = ("AccountBasedExpenseLineDetail", "ItemBasedExpenseLineDetail")
_TAX_ACCOUNTS = ("GlobalTaxPayable", "SalesTaxPayable")


def first_account(books: Books, *, kind: str | None = None, subtype: str | None = None) -> str | None:
    """Return the Id of the first active account of a type or subtype."""
    field, value = ("AccountType", kind) if kind else ("AccountSubType", subtype)
    key = f"{field}={value}"
    if key not in books.memory:
        row = books.tx.one(
            "SELECT id FROM objects WHERE realm = ? AND entity = 'Account' AND deleted = 0 AND active = 1 "
            "AND json_extract(body, ?) = ? ORDER BY number LIMIT 1",
            (books.company.realm, f"$.{field}", value),
        )
        books.memory[key] = row[0] if row else None
    return books.memory[key]


def _receivable(books: Books, body: Body, amount: Any) -> Posting:
    """Return the account of receivables in the currency of the form, with the amount in the account's currency."""
    code = _of(body, "CurrencyRef") or books.company.home_currency
    key = f"receivable {code}"
    if key not in books.memory:
        row = books.tx.one(
            "SELECT id FROM objects WHERE realm = ? AND entity = 'Account' AND deleted = 0 AND active = 1 AND "
            "json_extract(body, '$.AccountType') = 'Accounts Receivable' AND "
            "json_extract(body, '$.CurrencyRef.value') = ? ORDER BY number LIMIT 1",
            (books.company.realm, code),
        )
        books.memory[key] = row[0] if row else None
    if books.memory[key]:
        return books.memory[key], cents(amount)
    return first_account(books, kind="Accounts Receivable"), _home(body, amount)


def undeposited(books: Books) -> str | None:
    """Return the Id of the account in which payments wait for a deposit."""
    return first_account(books, subtype="UndepositedFunds")


def follow(books: Books, entity: str, new: Body | None, old: Body | None) -> None:
    """Move the balances of the accounts by what changed from ``old`` to ``new``; the SyncTokens stay."""
    if entity not in _POSTINGS:
        return
    moved: dict[str, Decimal] = {}
    for body, sign in ((new, 1), (old, -1)):
        for account, amount in _POSTINGS[entity](books, body) if body else ():
            if account is not None and amount:
                moved[account] = moved.get(account, ZERO) + sign * amount
    for account, amount in moved.items():
        if amount:
            _add(books, account, amount)


def _add(books: Books, identifier: str, amount: Decimal) -> None:
    body = books.shelf.get("Account", identifier)
    if body is None or body.get("Classification") in _WITHOUT_BALANCE:
        return
    body["CurrentBalance"] = cents(body.get("CurrentBalance")) + amount
    while True:
        body["CurrentBalanceWithSubAccounts"] = cents(body.get("CurrentBalanceWithSubAccounts")) + amount
        books.touch("Account", body, token=False)
        parent = books.shelf.get("Account", (body.get("ParentRef") or {}).get("value"))
        if parent is None:
            return
        body = parent


def _home(body: Body, amount: Any) -> Decimal:
    """Return an amount in the home currency."""
    return cents(cents(amount) * Decimal(str(body.get("ExchangeRate") or 1)))


def _of(holder: Body | None, field: str) -> str | None:
    return ((holder or {}).get(field) or {}).get("value")


def _taxes(books: Books, body: Body) -> Iterator[Posting]:
    for line in (body.get("TxnTaxDetail") or {}).get("TaxLine") or ():
        rate = _of(line.get("TaxLineDetail"), "TaxRateRef")
        yield tax_account(books, rate), -_home(body, line.get("Amount"))


def tax_account(books: Books, rate: str | None) -> str | None:
    """Return the Id of the account that holds what is owed to the agency of a tax rate."""
    key = f"tax {rate}"
    if key not in books.memory:
        agency = books.shelf.get("TaxAgency", _of(books.shelf.get("TaxRate", rate), "AgencyRef"))
        named = books.shelf.named(("Account",), f"{agency['DisplayName']} Payable") if agency else []
        found = named[0][1] if named else None
        for subtype in _TAX_ACCOUNTS:
            found = found or first_account(books, subtype=subtype)
        books.memory[key] = found
    return books.memory[key]


def _cost(books: Books, body: Body) -> Iterator[Posting]:
    for line in body.get("Line") or ():
        for part in (line, *((line.get("GroupLineDetail") or {}).get("Line") or ())):
            detail = part.get("SalesItemLineDetail") or {}
            item = _item(books, _of(detail, "ItemRef")) if detail.get("Qty") else None
            if item and item.get("TrackQtyOnHand"):
                yield _of(item, "AssetAccountRef"), -cents(detail["Qty"] * Decimal(str(item.get("PurchaseCost") or 0)))


def _item(books: Books, identifier: str | None) -> Body | None:
    return books.shelf.get("Item", identifier)


def _invoice(books: Books, body: Body) -> Iterator[Posting]:
    yield _receivable(books, body, cents(body.get("TotalAmt")) - cents(body.get("Deposit")))
    if body.get("Deposit"):
        yield _of(body, "DepositToAccountRef") or undeposited(books), _home(body, body["Deposit"])
    yield from _taxes(books, body)
    yield from _cost(books, body)


def _credit_memo(books: Books, body: Body) -> Iterator[Posting]:
    yield _receivable(books, body, -cents(body.get("TotalAmt")))
    yield from ((account, -amount) for account, amount in (*_taxes(books, body), *_cost(books, body)))


def _sales_receipt(books: Books, body: Body) -> Iterator[Posting]:
    yield _of(body, "DepositToAccountRef") or undeposited(books), _home(body, body.get("TotalAmt"))
    yield from _taxes(books, body)
    yield from _cost(books, body)


def _refund_receipt(books: Books, body: Body) -> Iterator[Posting]:
    yield _of(body, "DepositToAccountRef"), -_home(body, body.get("TotalAmt"))
    yield from ((account, -amount) for account, amount in (*_taxes(books, body), *_cost(books, body)))


def _payment(books: Books, body: Body) -> Iterator[Posting]:
    amount = _home(body, body.get("TotalAmt"))
    yield _of(body, "DepositToAccountRef") or undeposited(books), amount
    yield _receivable(books, body, -cents(body.get("TotalAmt")))


def _deposit(books: Books, body: Body) -> Iterator[Posting]:
    yield _of(body, "DepositToAccountRef"), _home(body, body.get("TotalAmt"))
    back = body.get("CashBack") or {}
    yield _of(back, "AccountRef"), _home(body, back.get("Amount"))
    for line in body.get("Line") or ():
        account = undeposited(books) if line.get("LinkedTxn") else _of(line.get("DepositLineDetail"), "AccountRef")
        yield account, -_home(body, line.get("Amount"))


def _expenses(books: Books, body: Body, sign: int = 1) -> Iterator[Posting]:
    for line in body.get("Line") or ():
        detail: Body = next((line[name] for name in _EXPENSES if isinstance(line.get(name), dict)), {})
        account = _of(detail, "AccountRef")
        if account is None:
            item = _item(books, _of(detail, "ItemRef")) or {}
            account = _of(item, "AssetAccountRef" if item.get("TrackQtyOnHand") else "ExpenseAccountRef")
        yield account, sign * _home(body, line.get("Amount"))
    yield from ((account, -sign * amount) for account, amount in _taxes(books, body))


def _bill(books: Books, body: Body) -> Iterator[Posting]:
    yield _of(body, "APAccountRef"), -_home(body, body.get("TotalAmt"))
    yield from _expenses(books, body)


def _vendor_credit(books: Books, body: Body) -> Iterator[Posting]:
    yield _of(body, "APAccountRef"), _home(body, body.get("TotalAmt"))
    yield from _expenses(books, body, -1)


def _purchase(books: Books, body: Body) -> Iterator[Posting]:
    sign = -1 if body.get("Credit") else 1
    yield _of(body, "AccountRef"), -sign * _home(body, body.get("TotalAmt"))
    yield from _expenses(books, body, sign)


def _bill_payment(books: Books, body: Body) -> Iterator[Posting]:
    amount = _home(body, body.get("TotalAmt"))
    yield _of(body, "APAccountRef") or first_account(books, kind="Accounts Payable"), amount
    yield _of(body.get("CheckPayment"), "BankAccountRef") or _of(body.get("CreditCardPayment"), "CCAccountRef"), -amount


def _transfer(books: Books, body: Body) -> Iterator[Posting]:
    amount = _home(body, body.get("Amount"))
    yield _of(body, "FromAccountRef"), -amount
    yield _of(body, "ToAccountRef"), amount


def _card_payment(books: Books, body: Body) -> Iterator[Posting]:
    amount = _home(body, body.get("Amount"))
    yield _of(body, "BankAccountRef"), -amount
    yield _of(body, "CreditCardAccountRef"), amount


def _journal_entry(books: Books, body: Body) -> Iterator[Posting]:
    for line in body.get("Line") or ():
        detail = line.get("JournalEntryLineDetail") or {}
        sign = -1 if detail.get("PostingType") == "Credit" else 1
        yield _of(detail, "AccountRef"), sign * _home(body, line.get("Amount"))


def _adjustment(books: Books, body: Body) -> Iterator[Posting]:
    for line in body.get("Line") or ():
        detail = line.get("ItemAdjustmentLineDetail") or {}
        item = _item(books, _of(detail, "ItemRef")) or {}
        value = cents((detail.get("QtyDiff") or ZERO) * Decimal(str(item.get("PurchaseCost") or 0)))
        yield _of(item, "AssetAccountRef"), value
        yield _of(body, "AdjustAccountRef"), -value


_POSTINGS = {
    "Invoice": _invoice,
    "CreditMemo": _credit_memo,
    "SalesReceipt": _sales_receipt,
    "RefundReceipt": _refund_receipt,
    "Payment": _payment,
    "Deposit": _deposit,
    "Bill": _bill,
    "VendorCredit": _vendor_credit,
    "Purchase": _purchase,
    "BillPayment": _bill_payment,
    "Transfer": _transfer,
    "CreditCardPaymentTxn": _card_payment,
    "JournalEntry": _journal_entry,
    "InventoryAdjustment": _adjustment,
}
