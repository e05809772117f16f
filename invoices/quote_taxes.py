"""The taxes that a quote's lines can carry: the tax codes of the connected companies."""

from core.registry import SalesTax, sales_taxes
from invoices.ports import accounting


def offered(currency: str) -> list[SalesTax]:
    """The sales tax codes of the companies, of those whose home currency is ``currency`` first."""
    accounts = sorted(accounting().accounts(), key=lambda account: account.currency != currency)
    return [
        SalesTax(code.name, code.percent)
        for account in accounts
        if account.usable
        for code in accounting().tax_codes(account.connection_id)
    ]


def register() -> None:
    """Offer them to the editor of line items."""
    sales_taxes.append(offered)
